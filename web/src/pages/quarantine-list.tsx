import { Link } from 'react-router-dom';
import { LinkButton } from '../parts/link-button';
import { CheckCircleOutlined } from '@ant-design/icons';
import { api } from '../api';
import { mayAny } from '../app/may';
import { useUser } from '../app/session';
import { useI18n } from '../i18n';
import { waitingRows } from '../parts/batch-table';
import { DataTable, type Column } from '../parts/data-table';
import { DatasetSelect } from '../parts/dataset-select';
import { EmptyState } from '../parts/empty-state';
import { Page, Section } from '../parts/page';
import { ProblemBox } from '../parts/problem-box';
import { Mark } from '../parts/tags';
import { useFilters } from '../parts/use-filters';
import { useLoad } from '../parts/use-load';
import { formatTime } from '../text';
import type { Batch } from '../types';

/* The files that have rows waiting for a person. */
export default function QuarantineList() {
  const { t, pick } = useI18n();
  const user = useUser();
  const { values, set, key } = useFilters(['dataset']);
  /* A list of batches tells no reasons: they are asked for those that have rows waiting. */
  const list = useLoad(async (s) => {
    const { batches } = await api.batches({ dataset: values.dataset, state: 'done', limit: 200 }, s);
    const open = batches.filter((b) => waitingRows(b) > 0).slice(0, 30);
    return Promise.all(open.map((b) => (b.reasons ? b : api.batch(String(b.id), s).catch(() => b))));
  }, [key]);
  const rows = list.data ?? (list.problem ? [] : null);
  const columns: Column<Batch>[] = [
    { key: 'file', title: t('batch.file'), isHead: true, render: (b) => <><Link className="cell-main" to={`/batches/${b.id}/quarantine`}>{b.file.name}</Link><span className="cell-sub">{pick(b.title)}</span></> },
    { key: 'left', title: t('quarantine.waiting'), align: 'right', render: (b) => <strong className="num">{t('rows.n', { n: waitingRows(b) })}</strong> },
    { key: 'why', title: t('batch.reasons'), render: (b) => (
      <span className="marks">
        {b.reasons?.slice(0, 3).map((r) => <Mark key={`${r.code}/${r.field}`} tone="warn">{`${pick(r.field_title)}${pick(r.title)} ${r.count}`}</Mark>)}
        {(b.reasons?.length ?? 0) > 3 && <span className="soft">{t('lineage.more', { n: (b.reasons?.length ?? 0) - 3 })}</span>}
      </span>
    ) },
    { key: 'at', title: t('batch.at'), render: (b) => <span className="nowrap num">{formatTime(b.at)}</span> },
    { key: 'by', title: t('batch.by'), render: (b) => pick(b.by.name) },
    { key: 'go', title: t('table.action'), render: (b) => <LinkButton to={`/batches/${b.id}/quarantine`} size="small" type="primary">{t('quarantine.start')}</LinkButton> },
  ];
  return (
    <Page title={t('quarantine.list')} lead={t('quarantine.list.lead')}>
      <Section title={t('quarantine.list.files')}>
        {list.problem && <ProblemBox problem={list.problem} onRetry={list.reload} />}
        <DataTable
          id="quarantine-files" label={t('quarantine.list.files')} columns={columns} rows={rows} rowKey={(b) => String(b.id)} linkOf={(b) => `/batches/${b.id}/quarantine`}
          toolbar={<DatasetSelect value={values.dataset ?? ''} onChange={(dataset) => set({ dataset })} />}
          empty={<EmptyState icon={<CheckCircleOutlined />} what={t('quarantine.list.empty')} how={t('quarantine.list.how')} action={mayAny(user, 'intake') && <LinkButton to="/intake">{t('menu.intake.load')}</LinkButton>} />}
        />
      </Section>
    </Page>
  );
}
