import { useI18n } from '../i18n';
import { DIMENSIONS, type Dimensions } from '../types';
import { Score } from './tags';

/* The six dimensions of GB/T 36344, each with its own figure; one that was not tested says so. */
export function DimensionBars({ dimensions }: { dimensions: Dimensions }) {
  const { t } = useI18n();
  return (
    <dl className="dims">
      {DIMENSIONS.map((d) => {
        const v = dimensions[d];
        return (
          <div key={d}>
            <dt title={t(`dimension.${d}.hint`)}>{t(`dimension.${d}`)}</dt>
            <dd className="bar" aria-hidden="true"><i style={{ width: `${Math.max(0, Math.min(100, v ?? 0))}%` }} /></dd>
            <dd>{v === null || v === undefined ? <span className="soft">{t('quality.untested')}</span> : <Score value={v} />}</dd>
          </div>
        );
      })}
    </dl>
  );
}
