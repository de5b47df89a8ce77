import { lazy, Suspense } from 'react';
import { Link, useParams, useSearchParams } from 'react-router-dom';
import { ImportOutlined, ShareAltOutlined } from '@ant-design/icons';
import { api } from '../api';
import { useI18n } from '../i18n';
import { LinkButton } from '../parts/link-button';
import { Loaded, Page } from '../parts/page';
import { GradeTag, LateTag, Score, ShareTag } from '../parts/tags';
import { useLoad } from '../parts/use-load';
import { updateWords } from '../parts/update-words';
import { formatCount, formatDay, type Lang } from '../text';
import type { Dataset } from '../types';

const Fields = lazy(() => import('./dataset-fields'));
const RecordsTab = lazy(() => import('./dataset-records'));
const QualityTab = lazy(() => import('./dataset-quality'));
const LineageTab = lazy(() => import('./dataset-lineage'));

const TABS = ['fields', 'records', 'quality', 'lineage'] as const;
type Tab = (typeof TABS)[number];

/* A description may be in one language only; a Chinese page does without an English one. */
function describe(lang: Lang, text: Dataset['description'], pick: (t: unknown) => string): string {
  const s = pick(text);
  return lang === 'zh' && !/[\u4e00-\u9fff]/.test(s) ? '' : s;
}

function Body({ tab, d }: { tab: Tab; d: Dataset }) {
  if (tab === 'records') return <RecordsTab dataset={d} />;
  if (tab === 'quality') return <QualityTab dataset={d} />;
  if (tab === 'lineage') return <LineageTab dataset={d} />;
  return <Fields dataset={d} />;
}

export default function DatasetPage() {
  const { t, lang, pick } = useI18n();
  const { dataset: id = '' } = useParams();
  const [search] = useSearchParams();
  const load = useLoad((s) => api.dataset(id, s), [id]);
  const tab = TABS.find((x) => x === search.get('tab')) ?? 'fields';
  const d = load.data;
  return (
    <Page
      title={d ? pick(d.title) : t('dataset.one')}
      trail={[[t('menu.catalogue'), '/datasets']]}
      lead={d ? describe(lang, d.description, pick) : undefined}
      tags={d && <><GradeTag grade={d.grade} /><ShareTag share={d.share} />{d.is_late && <LateTag />}</>}
      actions={d && (
        <>
          {d.may.request && d.share !== 'none' && <LinkButton to={`/requests/new?dataset=${encodeURIComponent(id)}`} icon={<ShareAltOutlined />}>{t('dataset.ask')}</LinkButton>}
          {d.may.intake && <LinkButton to={`/intake/${encodeURIComponent(id)}`} type="primary" icon={<ImportOutlined />}>{t('dataset.load')}</LinkButton>}
        </>
      )}
    >
      <Loaded load={load}>
        {(it) => (
          <>
            <div className="figures">
              <div><span className="figure-n">{it.records === null ? '—' : formatCount(it.records, lang)}</span><span className="figure-t">{t('dataset.records')}</span></div>
              <div><span className="figure-n"><Score value={it.quality?.score ?? it.score} /></span><span className="figure-t">{t('dataset.score')}</span></div>
              <div><span className="figure-n">{it.last_batch_at ? formatDay(it.last_batch_at) : '—'}</span><span className="figure-t">{t('dataset.fresh')} · {updateWords(t, it.update)}</span></div>
              <div><span className="figure-n">{formatCount(it.quarantined, lang)}</span><span className="figure-t">{it.quarantined > 0 && it.may.fix ? <Link to={`/quarantine?dataset=${encodeURIComponent(id)}`}>{t('dataset.quarantined.fix')}</Link> : t('dataset.quarantined')}</span></div>
              <div><span className="figure-n figure-name">{pick(it.owner.title)}</span><span className="figure-t">{t('dataset.owner')}{it.standard_ref ? ` · ${it.standard_ref}` : ''}</span></div>
            </div>
            <nav className="tabs" aria-label={t('dataset.tabs')}>
              {TABS.map((key) => (
                <Link key={key} to={key === 'fields' ? '?' : `?tab=${key}`} aria-current={key === tab ? 'page' : undefined}>{t(`dataset.tab.${key}`)}</Link>
              ))}
            </nav>
            <Suspense fallback={null}><Body tab={tab} d={it} /></Suspense>
          </>
        )}
      </Loaded>
    </Page>
  );
}
