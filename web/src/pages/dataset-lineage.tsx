import { Link } from 'react-router-dom';
import { ArrowRightOutlined } from '@ant-design/icons';
import { api } from '../api';
import { useI18n } from '../i18n';
import { BatchTable } from '../parts/batch-table';
import { DataTable, type Column } from '../parts/data-table';
import { EmptyState } from '../parts/empty-state';
import { Loaded, Section } from '../parts/page';
import { useLoad } from '../parts/use-load';
import { formatCount, formatNumber, formatTime } from '../text';
import type { Dataset, Lineage } from '../types';

type User = Lineage['grants'][number];

export default function DatasetLineage({ dataset }: { dataset: Dataset }) {
  const { t, lang, pick } = useI18n();
  const load = useLoad((s) => api.lineage(dataset.id, s), [dataset.id]);
  const columns: Column<User>[] = [
    { key: 'organisation', title: t('lineage.user'), isHead: true, render: (g) => <Link to={`/grants/${g.id}`} className="cell-main">{pick(g.organisation)}</Link> },
    { key: 'purpose', title: t('request.purpose'), render: (g) => <span className="cell-wrap">{g.purpose}</span> },
    { key: 'uses', title: t('lineage.uses'), align: 'right', render: (g) => <span className="num">{formatNumber(g.uses)}</span> },
    { key: 'last', title: t('grant.last'), render: (g) => g.last_used ? formatTime(g.last_used) : t('grant.never') },
  ];
  return (
    <Loaded load={load}>
      {(l) => (
        <>
          <Section title={t('lineage.title')}>
            <p className="soft">{t('lineage.lead')}</p>
            <div className="flow">
              <div className="flow-col">
                {l.batches.length === 0 && <span className="soft">{t('batch.empty')}</span>}
                {l.batches.slice(0, 4).map((b) => (
                  <Link key={b.id} to={`/batches/${b.id}`} className="flow-box">{b.file.name}<small>{formatTime(b.at)} · {t('rows.n', { n: b.counts?.rows ?? 0 })}</small></Link>
                ))}
                {l.batches.length > 4 && <span className="soft">{t('lineage.more', { n: l.batches.length - 4 })}</span>}
              </div>
              <div className="flow-arrow"><ArrowRightOutlined aria-hidden /></div>
              <div className="flow-box flow-mid"><strong>{pick(dataset.title)}</strong><small>{t('lineage.holds', { n: formatCount(dataset.records ?? 0, lang) })}</small></div>
              <div className="flow-arrow"><ArrowRightOutlined aria-hidden /></div>
              <div className="flow-col">
                {l.grants.length === 0 && <span className="soft">{t('lineage.nobody')}</span>}
                {l.grants.slice(0, 4).map((g) => (
                  <Link key={g.id} to={`/grants/${g.id}`} className="flow-box">{pick(g.organisation)}<small>{t('lineage.uses.n', { n: g.uses })}</small></Link>
                ))}
                {l.grants.length > 4 && <span className="soft">{t('lineage.more', { n: l.grants.length - 4 })}</span>}
              </div>
            </div>
          </Section>
          <Section title={t('lineage.batches')}><BatchTable id="lineage-batches" rows={l.batches} hideDataset /></Section>
          <Section title={t('lineage.users')}>
            <DataTable id="lineage-users" label={t('lineage.users')} columns={columns} rows={l.grants} rowKey={(g) => String(g.id)} linkOf={(g) => `/grants/${g.id}`}
              empty={<EmptyState what={t('lineage.nobody')} how={t('lineage.nobody.how')} />} />
          </Section>
        </>
      )}
    </Loaded>
  );
}
