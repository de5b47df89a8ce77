import { Link } from 'react-router-dom';
import { Segmented, Select } from 'antd';
import { CheckCircleOutlined, FlagOutlined } from '@ant-design/icons';
import { api } from '../api';
import { useI18n } from '../i18n';
import { DataTable, Pager, type Column } from '../parts/data-table';
import { useDataset, useDatasets } from '../parts/dataset-select';
import { EmptyState } from '../parts/empty-state';
import { FieldValue } from '../parts/field-value';
import { LinkButton } from '../parts/link-button';
import { Page, Section } from '../parts/page';
import { ProblemBox } from '../parts/problem-box';
import { DueIn, StateTag } from '../parts/tags';
import { useFilters } from '../parts/use-filters';
import { useLoad } from '../parts/use-load';
import { formatDay } from '../text';
import type { Case, CaseState } from '../types';

/* "Education: 41 -> 21" as people say it. */
function Change({ c }: { c: Case }) {
  const { t, pick } = useI18n();
  const field = useDataset(c.dataset)?.fields.find((f) => f.name === c.field);
  if (c.kind !== 'wrong-value') return <>—</>;
  const show = (v: unknown) => (field ? <FieldValue field={field} value={v} isMarkQuiet /> : String(v ?? '—'));
  return (
    <span className="case-change">
      <span className="soft">{pick(c.field_title) || pick(field?.title) || c.field} </span>
      <span className="was">{show(c.value)}</span> → <strong>{c.proposed ? show(c.proposed) : t('case.unknown')}</strong>
    </span>
  );
}

const STATES: CaseState[] = ['open', 'fixed', 'rejected'];

export default function Cases() {
  const { t, pick } = useI18n();
  const datasets = useDatasets();
  const { values, set, key } = useFilters(['box', 'state', 'after']);
  const box = values.box === 'mine' ? 'mine' : 'owner';
  const state = values.state ?? 'open';
  const list = useLoad((s) => api.cases({ box, state: state === 'any' ? '' : state, after: values.after }, s), [key]);
  const titleOf = (c: Case) => pick(c.title) || pick(datasets.find((d) => d.id === c.dataset)?.title) || c.dataset;
  const columns: Column<Case>[] = [
    { key: 'what', title: t('case.what'), isHead: true, render: (c) => <><Link className="cell-main" to={`/cases/${c.id}`}>{t(`case.kind.${c.kind}`)} · {titleOf(c)}</Link><span className="cell-sub">{c.note}</span></> },
    { key: 'value', title: t('case.change'), render: (c) => <Change c={c} /> },
    { key: 'reporter', title: t('case.reporter'), render: (c) => c.reporter?.login ? <>{pick(c.reporter.name)}<span className="cell-sub">{pick(c.reporter.organisation)}</span></> : t('case.system') },
    { key: 'state', title: t('batch.state'), render: (c) => <StateTag state={c.state} /> },
    { key: 'due', title: t('case.due'), render: (c) => c.state === 'open' ? <DueIn due={c.due} daysLeft={c.days_left} /> : <span className="num">{formatDay(c.closed_at)}</span> },
    { key: 'at', title: t('case.at'), render: (c) => <span className="nowrap num">{formatDay(c.at)}</span> },
  ];
  return (
    <Page title={t('menu.cases')} lead={t(box === 'owner' ? 'cases.lead.owner' : 'cases.lead.mine')}>
      <Section title={t('cases.list')}>
        {list.problem && <ProblemBox problem={list.problem} onRetry={list.reload} />}
        <DataTable
          id="cases" label={t('cases.list')} columns={columns} rows={list.data?.cases ?? (list.problem ? [] : null)} rowKey={(c) => String(c.id)} linkOf={(c) => `/cases/${c.id}`} isLoading={list.isLoading}
          toolbar={
            <>
              <Segmented aria-label={t('requests.box')} value={box} onChange={(v) => set({ box: v === 'owner' ? '' : v })} options={[{ value: 'owner', label: t('cases.owner') }, { value: 'mine', label: t('cases.mine') }]} />
              <Select aria-label={t('batch.state')} value={state} onChange={(v) => set({ state: v === 'open' ? '' : v })} style={{ width: 150 }} options={[...STATES.map((s) => ({ value: s as string, label: t(`state.${s}`) })), { value: 'any', label: t('filter.state.any') }]} />
            </>
          }
          foot={<Pager next={list.data?.next ?? null} after={values.after ?? null} count={list.data?.cases.length ?? 0} onGo={(after) => set({ after })} />}
          empty={box === 'owner'
            ? <EmptyState icon={<CheckCircleOutlined />} what={t('cases.empty.owner')} how={t('cases.empty.owner.how')} />
            : <EmptyState icon={<FlagOutlined />} what={t('cases.empty.mine')} how={t('cases.empty.mine.how')} action={<LinkButton to="/datasets" type="primary">{t('menu.catalogue')}</LinkButton>} />}
        />
      </Section>
    </Page>
  );
}
