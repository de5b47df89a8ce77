/* ECharts with only the parts that are used, loaded when the first chart is; one theme. */
import { useEffect, useRef } from 'react';
import type { EChartsOption } from 'echarts';
import { COLOR } from '../theme';

const loadEcharts = () => import('./echarts-core');

const THEME = {
  color: [COLOR.act, '#0f766e', '#96580a', '#6d28d9', '#b3261e', '#475569'],
  textStyle: { fontFamily: 'inherit', color: COLOR.ink },
  line: { symbolSize: 6, lineStyle: { width: 2 } },
  categoryAxis: { axisLine: { lineStyle: { color: COLOR.line } }, axisLabel: { color: COLOR.soft }, axisTick: { show: false } },
  valueAxis: { axisLabel: { color: COLOR.soft }, splitLine: { lineStyle: { color: '#edf0f4' } }, nameTextStyle: { color: COLOR.soft } },
};

/* `label` says in words what the chart shows: the chart itself is silent to a screen reader. */
export function Chart({ option, label }: { option: EChartsOption; label: string }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let end: () => void = () => undefined;
    let isGone = false;
    void loadEcharts().then(({ init }) => {
      if (isGone || !box.current) return;
      const chart = init(box.current, THEME, { renderer: 'svg' });
      chart.setOption({ animation: false, ...option });
      const watch = new ResizeObserver(() => chart.resize());
      watch.observe(box.current);
      end = () => {
        watch.disconnect();
        chart.dispose();
      };
    });
    return () => {
      isGone = true;
      end();
    };
  }, [option]);
  return <div className="chart" role="img" aria-label={label} ref={box} />;
}
