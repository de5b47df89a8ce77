import { Link } from 'react-router-dom';
import { Button, Select } from 'antd';
import { DatabaseOutlined } from '@ant-design/icons';
import { api } from '../api';
import { useI18n } from '../i18n';
import { DataTable, type Column } from '../parts/data-table';
import { EmptyState } from '../parts/empty-state';
import { Page, Section } from '../parts/page';
import { ProblemBox } from '../parts/problem-box';
import { SearchBox } from '../parts/search-box';
import { GradeTag, LateTag, Score, ShareTag } from '../parts/tags';
import { useFilters } from '../parts/use-filters';
import { useLoad } from '../parts/use-load';
import { updateWords } from '../parts/update-words';
import { formatCount, formatDay } from '../text';
import type { DatasetSummary, Grade } from '../types';

/* The catalogue is short: it is ordered here.  Without a wish, the largest first: that is what people come for. */
const ORDERS: Record<string, (d: DatasetSummary) => string | number> = {
  records: (d) => d.records ?? 0,
  fresh: (d) => d.last_batch_at ?? '',
  score: (d) => d.score ?? 0,
};
function ordered(datasets: DatasetSummary[], order: string): DatasetSummary[] {
  const by = ORDERS[order.replace('-', '')] ?? ORDERS.records;
  const sign = order.startsWith('-') ? -1 : 1;
  return by ? [...datasets].sort((a, b) => (by(a) < by(b) ? -sign : by(a) > by(b) ? sign : 0)) : datasets;
}

const GRADES: Grade[] = ['L1', 'L2', 'L3', 'L4'];

export default function Catalogue() {
  const { t, lang, pick } = useI18n();
  const { values, set } = useFilters(['q', 'package', 'grade', 'order']);
  const list = useLoad((s) => api.datasets({ q: values.q, package: values.package, grade: values.grade }, s), [values.q, values.package, values.grade]);
  const all = useLoad(() => api.datasets(), []);
  const order = values.order ?? '-records';
  const packages = [...new Map((all.data?.datasets ?? []).map((d) => [d.package, pick(d.package_title)])).entries()];
  const columns: Column<DatasetSummary>[] = [
    { key: 'title', title: t('dataset.name'), isHead: true, render: (d) => (
      <><Link to={`/datasets/${d.id}`} className="cell-main">{pick(d.title)}</Link><span className="cell-sub">{pick(d.package_title)} · {t('dataset.fields.n', { n: d.field_count })}</span></>
    ) },
    { key: 'owner', title: t('dataset.owner'), render: (d) => pick(d.owner.title) },
    { key: 'grade', title: t('dataset.grade'), render: (d) => <GradeTag grade={d.grade} /> },
    { key: 'share', title: t('dataset.share'), render: (d) => <ShareTag share={d.share} /> },
    { key: 'records', canOrder: true, title: t('dataset.records'), align: 'right', render: (d) => <span className="num">{d.records === null ? '—' : formatCount(d.records, lang)}</span> },
    { key: 'fresh', canOrder: true, title: t('dataset.fresh'), render: (d) => (
      <span className="marks"><span className="num">{d.last_batch_at ? formatDay(d.last_batch_at) : t('dataset.fresh.never')}</span>{d.is_late && <LateTag />}</span>
    ) },
    { key: 'update', title: t('dataset.update'), isExtra: true, render: (d) => updateWords(t, d.update) },
    { key: 'score', canOrder: true, title: t('dataset.score'), align: 'right', render: (d) => <Score value={d.score} /> },
    { key: 'id', title: t('dataset.id'), isExtra: true, render: (d) => <code>{d.id}</code> },
  ];
  const isFiltered = Boolean(values.q || values.package || values.grade);
  return (
    <Page title={t('menu.catalogue')} lead={t('catalogue.lead')}>
      <Section title={<>{t('catalogue.list')} <span className="soft num">{list.data?.datasets.length ?? ''}</span></>}>
        {list.problem && <ProblemBox problem={list.problem} onRetry={list.reload} />}
        <DataTable
          id="catalogue"
          label={t('catalogue.list')}
          canChoose
          columns={columns}
          rows={list.data ? ordered(list.data.datasets, order) : list.problem ? [] : null}
          order={order}
          onOrder={(o) => set({ order: o })}
          rowKey={(d) => d.id}
          linkOf={(d) => `/datasets/${d.id}`}
          isLoading={list.isLoading}
          toolbar={
            <>
              <SearchBox value={values.q ?? ''} onSearch={(q) => set({ q })} label={t('catalogue.search')} />
              <Select aria-label={t('catalogue.package')} value={values.package ?? ''} onChange={(v) => set({ package: v })} style={{ width: 170 }}
                options={[{ value: '', label: t('catalogue.package.any') }, ...packages.map(([value, label]) => ({ value, label }))]} />
              <Select aria-label={t('dataset.grade')} value={values.grade ?? ''} onChange={(v) => set({ grade: v })} style={{ width: 150 }}
                options={[{ value: '', label: t('catalogue.grade.any') }, ...GRADES.map((g) => ({ value: g, label: `${g} ${t(`grade.${g}`)}` }))]} />
            </>
          }
          empty={isFiltered
            ? <EmptyState icon={<DatabaseOutlined />} what={t('catalogue.nothing')} how={t('catalogue.nothing.how')} action={<Button onClick={() => set({ q: '', package: '', grade: '' })}>{t('filter.clear')}</Button>} />
            : <EmptyState icon={<DatabaseOutlined />} what={t('catalogue.empty')} how={t('catalogue.empty.how')} />}
        />
      </Section>
    </Page>
  );
}
