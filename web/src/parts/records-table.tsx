/* The rows of a dataset, for the dataset page and for the pages that packages declare. */
import { useMemo, useState } from 'react';
import { Link } from 'react-router-dom';
import { Button, Dropdown, Input, Select, Tag } from 'antd';
import { LinkButton } from './link-button';
import { DownloadOutlined, FilterOutlined, TableOutlined } from '@ant-design/icons';
import { api } from '../api';
import { useI18n } from '../i18n';
import { csvRow } from '../text';
import type { Dataset, Field, Records } from '../types';
import { useAnnounce } from './announce';
import { DataTable, Pager, shownColumns, type Column } from './data-table';
import { EmptyState } from './empty-state';
import { FieldValue, useCodes } from './field-value';
import { ProblemBox } from './problem-box';
import { SearchBox } from './search-box';
import { MaskedMark } from './tags';
import { useFilters } from './use-filters';
import { useLoad } from './use-load';

type Row = Records['records'][number];

/* Saves what is on screen, as it is on screen: masked stays masked. */
function saveCsv(name: string, head: string[], rows: unknown[][]) {
  const text = `\ufeff${[head, ...rows].map(csvRow).join('\r\n')}\r\n`;
  const a = document.createElement('a');
  a.href = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 10000);
}

function FilterValue({ field, value, onChange }: { field: Field; value: string; onChange: (v: string) => void }) {
  const { t, pick } = useI18n();
  const codes = useCodes(field.code);
  const [text, setText] = useState(value);
  const label = t('filter.value', { field: pick(field.title) });
  if (codes && codes.items.length <= 400)
    return (
      <Select showSearch optionFilterProp="label" aria-label={label} placeholder={label} value={value || undefined} onChange={onChange} style={{ width: 180 }}
        options={codes.items.map((i) => ({ value: i.code, label: `${pick(i.title)} ${i.code}` }))} />
    );
  return <Input aria-label={label} placeholder={label} style={{ width: 180 }} value={text} onChange={(e) => setText(e.target.value)} onPressEnter={() => onChange(text.trim())} onBlur={() => text.trim() && onChange(text.trim())} />;
}

function AddFilter({ fields, onAdd }: { fields: Field[]; onAdd: (name: string, value: string) => void }) {
  const { t, pick } = useI18n();
  const [field, setField] = useState<Field | null>(null);
  return (
    <>
      <Select
        showSearch
        optionFilterProp="label"
        aria-label={t('filter.add')}
        suffixIcon={<FilterOutlined />}
        placeholder={t('filter.add')}
        style={{ width: 160 }}
        value={field?.name}
        onChange={(name: string) => setField(fields.find((f) => f.name === name) ?? null)}
        options={fields.map((f) => ({ value: f.name, label: pick(f.title) }))}
      />
      {field && <FilterValue key={field.name} field={field} value="" onChange={(v) => { onAdd(field.name, v); setField(null); }} />}
    </>
  );
}

function FilterTag({ field, value, onClose }: { field: Field; value: string; onClose: () => void }) {
  const { t, pick } = useI18n();
  const codes = useCodes(field.code);
  const item = codes?.items.find((i) => i.code === value);
  return (
    <Tag closable onClose={onClose} closeIcon={<span aria-label={t('filter.remove')}>×</span>} className="filter-tag">
      {pick(field.title)} = {item ? pick(item.title) : value}
    </Tag>
  );
}

interface RecordsTableProps {
  dataset: Dataset;
  /* A package page fixes the columns and the filters; without it all fields serve. */
  columns?: string[];
  filters?: string[];
  order?: string | null;
  id?: string;
}

export function RecordsTable({ dataset, columns: only, filters, order: startOrder, id }: RecordsTableProps) {
  const { t, pick, lang } = useI18n();
  const announce = useAnnounce();
  const filterFields = useMemo(
    () => (filters ? filters.map((n) => dataset.fields.find((f) => f.name === n)).filter((f): f is Field => Boolean(f)) : dataset.fields),
    [dataset, filters],
  );
  const names = useMemo(() => ['q', 'after', 'order', ...filterFields.map((f) => f.name)], [filterFields]);
  const { values, set, key } = useFilters(names);
  const order = values.order ?? startOrder ?? null;
  const asked = { ...values, order, after: null };
  const list = useLoad((s) => api.records(dataset.id, { ...values, order, limit: 50 }, s), [dataset.id, key]);

  const masked = useMemo(() => new Set(list.data?.masked ?? []), [list.data]);
  const columns = useMemo<Column<Row>[]>(() => {
    const fields = only ? only.map((n) => dataset.fields.find((f) => f.name === n)).filter((f): f is Field => Boolean(f)) : dataset.fields;
    return fields.map((f, i) => ({
      key: f.name,
      title: pick(f.title),
      mark: masked.has(f.name) ? <MaskedMark /> : undefined,
      isHead: i === 0,
      isExtra: !only && i >= 9,
      canOrder: !masked.has(f.name),
      align: f.type === 'number' || (f.type === 'integer' && !f.code) ? 'right' : undefined,
      render: (r) => {
        const v = <FieldValue field={f} value={r[f.name]} isMasked={masked.has(f.name)} isMarkQuiet />;
        return i === 0 ? <Link to={`/datasets/${encodeURIComponent(dataset.id)}/records/${encodeURIComponent(r._key)}`}>{v}</Link> : v;
      },
    }));
  }, [dataset, only, masked, pick]);
  const tableId = id ?? `records-${dataset.id}`;
  const rows = list.data?.records ?? (list.problem ? [] : null);
  const key0 = dataset.fields.find((f) => f.is_key);
  const name0 = dataset.fields.find((f) => f.name === dataset.title_field);
  const searchable = [...new Set([key0, name0].filter((f): f is Field => Boolean(f)).map((f) => pick(f.title)))].join(t('filter.or'));
  const active = filterFields.filter((f) => values[f.name]);

  const save = () => {
    const cols = shownColumns(tableId, columns);
    saveCsv(`${pick(dataset.title)}.csv`, cols.map((c) => c.title), (rows ?? []).map((r) => cols.map((c) => r[c.key])));
    announce(t('records.saved', { n: rows?.length ?? 0 }), 'done');
  };

  return (
    <>
      {list.problem && <ProblemBox problem={list.problem} onRetry={list.reload} />}
      <DataTable
        id={tableId}
        label={t('records.title')}
        canChoose
        columns={columns}
        rows={rows}
        rowKey={(r) => r._key}
        linkOf={(r) => `/datasets/${encodeURIComponent(dataset.id)}/records/${encodeURIComponent(r._key)}`}
        isLoading={list.isLoading}
        order={order}
        onOrder={(o) => set({ order: o })}
        toolbar={
          <>
            <SearchBox value={values.q ?? ''} onSearch={(q) => set({ q })} label={t('records.search', { fields: searchable })} />
            <AddFilter fields={filterFields.filter((f) => !masked.has(f.name) || f.is_key || f.name === dataset.title_field)} onAdd={(name, v) => set({ [name]: v })} />
            {active.map((f) => <FilterTag key={f.name} field={f} value={values[f.name] ?? ''} onClose={() => set({ [f.name]: '' })} />)}
            <Dropdown
              disabled={!rows?.length}
              menu={{ items: [
                { key: 'page', label: t('records.export'), onClick: save },
                { key: 'csv', label: <a href={api.exportAddress(dataset.id, 'csv', { ...asked, lang })} download>{t('export.file')}</a> },
                { key: 'xlsx', label: <a href={api.exportAddress(dataset.id, 'xlsx', { ...asked, lang })} download>{t('export.book')}</a> },
                { type: 'divider' }, { key: 'note', disabled: true, label: t('export.note') },
              ] }}
            >
              <Button icon={<DownloadOutlined />}>{t('records.out')}</Button>
            </Dropdown>
          </>
        }
        foot={<Pager next={list.data?.next ?? null} after={values.after ?? null} count={rows?.length ?? 0} total={list.data?.total} onGo={(after) => set({ after })} />}
        empty={active.length || values.q
          ? <EmptyState icon={<TableOutlined />} what={t('records.nothing')} how={t('records.nothing.how')} action={<Button onClick={() => set(Object.fromEntries(names.map((n) => [n, ''])))}>{t('filter.clear')}</Button>} />
          : <EmptyState icon={<TableOutlined />} what={t('records.empty')} how={t('records.empty.how')} action={dataset.may.intake && <LinkButton to={`/intake/${encodeURIComponent(dataset.id)}`} type="primary">{t('dataset.load')}</LinkButton>} />}
      />
      {list.data?.is_limited && <p className="soft">{t('records.limited')}</p>}
      {masked.size > 0 && <p className="soft">{t('records.masked', { n: masked.size })}</p>}
    </>
  );
}
