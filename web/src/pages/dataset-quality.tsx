import { useMemo } from 'react';
import type { EChartsOption } from 'echarts';
import { api } from '../api';
import { useI18n } from '../i18n';
import { Chart } from '../parts/chart';
import { DataTable, type Column } from '../parts/data-table';
import { DimensionBars } from '../parts/dimensions';
import { EmptyState } from '../parts/empty-state';
import { Loaded, Section } from '../parts/page';
import { Score } from '../parts/tags';
import { useLoad } from '../parts/use-load';
import { formatDay, formatNumber, formatPercent } from '../text';
import type { Dataset, Quality } from '../types';

type Rule = Quality['rules'][number];

function Trend({ trend }: { trend: Quality['trend'] }) {
  const { t } = useI18n();
  const option = useMemo<EChartsOption>(() => {
    const low = Math.min(...trend.map((x) => x.score));
    const step = low >= 80 ? 5 : 20;
    return {
      grid: { left: 44, right: 16, top: 30, bottom: 28 },
      tooltip: { trigger: 'axis' },
      xAxis: { type: 'category', data: trend.map((x) => formatDay(x.day).slice(5)) },
      yAxis: { type: 'value', name: t('quality.axis'), min: Math.max(0, Math.floor((low - 1) / step) * step), max: 100, interval: step },
      series: [{ type: 'line', name: t('dataset.score'), data: trend.map((x) => Math.round(x.score * 10) / 10) }],
    };
  }, [trend, t]);
  const first = trend[0];
  const last = trend[trend.length - 1];
  if (!first || !last || trend.length < 2) return <p className="soft">{t('quality.trend.few')}</p>;
  return <Chart option={option} label={t('quality.trend.label', { from: first.day, a: first.score.toFixed(1), to: last.day, b: last.score.toFixed(1) })} />;
}

export default function DatasetQuality({ dataset }: { dataset: Dataset }) {
  const { t, pick } = useI18n();
  const load = useLoad((s) => api.quality(dataset.id, s), [dataset.id]);
  const titleOf = (name: string) => pick(dataset.fields.find((f) => f.name === name)?.title) || name || t('quality.whole');
  const columns: Column<Rule>[] = [
    { key: 'title', title: t('quality.rule'), isHead: true, render: (r) => <span className="cell-main">{pick(r.title) || r.code}</span> },
    { key: 'field', title: t('field.title'), render: (r) => pick(r.field_title) || titleOf(r.field) },
    { key: 'dimension', title: t('quality.dimension'), render: (r) => t(`dimension.${r.dimension}`) },
    { key: 'tested', title: t('quality.tested'), align: 'right', render: (r) => <span className="num">{formatNumber(r.tested)}</span> },
    { key: 'failed', title: t('quality.failed'), align: 'right', render: (r) => <span className="num">{formatNumber(r.tested - r.passed)}</span> },
    { key: 'rate', title: t('quality.rate'), align: 'right', render: (r) => <span className="num">{formatPercent(r.passed, r.tested)}</span> },
  ];
  return (
    <Loaded load={load}>
      {(q) => (
        <>
          <Section title={t('quality.now')}>
            <div className="quality-now">
              <div>
                <p className="big-score"><Score value={q.current.score} /></p>
                <p className="soft">{t('quality.how')}</p>
                <DimensionBars dimensions={q.current.dimensions} />
              </div>
              <div>
                <h3>{t('quality.trend')}</h3>
                <Trend trend={q.trend} />
              </div>
            </div>
          </Section>
          <Section title={t('quality.rules')}>
            <DataTable
              id="rules"
              label={t('quality.rules')}
              columns={columns}
              rows={[...q.rules].sort((a, b) => b.tested - b.passed - (a.tested - a.passed))}
              rowKey={(r) => `${r.field}/${r.code}`}
              empty={<EmptyState what={t('quality.rules.empty')} how={t('quality.rules.how')} />}
            />
          </Section>
        </>
      )}
    </Loaded>
  );
}
