/* Which column of the file is which field: shown with samples, corrected by hand, remembered by the server. */
import { useEffect, useMemo, useState } from 'react';
import { Alert, Button, Select } from 'antd';
import { CheckCircleOutlined, ExclamationCircleOutlined, QuestionCircleOutlined } from '@ant-design/icons';
import { api } from '../api';
import { useI18n } from '../i18n';
import { problemOf, type ApiProblem } from '../problem';
import type { Batch, Dataset, Mapping, MappingColumn, MatchHow } from '../types';
import { DataTable, type Column } from './data-table';
import { Loaded, Section } from './page';
import { ProblemBox } from './problem-box';
import { Mark } from './tags';
import { useLoad } from './use-load';

const HOW: Record<MatchHow, ['good' | 'warn' | 'plain', JSX.Element]> = {
  remembered: ['good', <CheckCircleOutlined key="i" />],
  exact: ['good', <CheckCircleOutlined key="i" />],
  alias: ['good', <CheckCircleOutlined key="i" />],
  similar: ['warn', <ExclamationCircleOutlined key="i" />],
  none: ['plain', <QuestionCircleOutlined key="i" />],
};

interface EditorProps {
  batch: Batch;
  dataset: Dataset | null;
  onStarted: (b: Batch) => void;
  onCancel: () => void;
}

function Editor({ batch, dataset, mapping, onStarted, onCancel }: EditorProps & { dataset: Dataset; mapping: Mapping }) {
  const { t, pick } = useI18n();
  const [chosen, setChosen] = useState<(string | null)[]>(() => mapping.columns.map((c) => c.field));
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  useEffect(() => setChosen(mapping.columns.map((c) => c.field)), [mapping]);

  const taken = useMemo(() => new Map(chosen.map((f, i) => [f, i])), [chosen]);
  const missing = dataset.fields.filter((f) => f.is_required && !taken.has(f.name));
  const twice = dataset.fields.filter((f) => chosen.filter((c) => c === f.name).length > 1);
  const ignored = chosen.filter((c) => c === null).length;
  const set = (at: number, field: string | null) => setChosen((old) => old.map((f, i) => (i === at ? field : f)));

  const start = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const columns: (string | null)[] = [];
      mapping.columns.forEach((c, i) => { columns[c.index] = chosen[i] ?? null; });
      onStarted(await api.start(String(batch.id), Array.from(columns, (c) => c ?? null)));
    } catch (cause) {
      setProblem(problemOf(cause));
      setBusy(false);
    }
  };

  const at = (c: MappingColumn) => mapping.columns.indexOf(c);
  const columns: Column<MappingColumn>[] = [
    { key: 'header', title: t('mapping.header'), isHead: true, render: (c) => <span className="cell-main">{c.header || t('mapping.noname', { n: c.index + 1 })}</span> },
    { key: 'samples', title: t('mapping.samples'), render: (c) => <span className="samples">{c.samples.slice(0, 3).map((s, i) => <span key={i} title={s}>{s || '␣'}</span>)}</span> },
    { key: 'field', title: t('mapping.field'), render: (c) => (
      <Select
        showSearch
        optionFilterProp="label"
        style={{ width: 220, maxWidth: '100%' }}
        aria-label={t('mapping.field.of', { header: c.header })}
        value={chosen[at(c)] ?? ''}
        onChange={(v: string) => set(at(c), v || null)}
        options={[{ value: '', label: t('mapping.ignore') }, ...dataset.fields.map((f) => ({ value: f.name, label: `${pick(f.title)}${f.is_required ? ' *' : ''}` }))]}
      />
    ) },
    { key: 'how', title: t('mapping.how'), render: (c) => {
      const isOwn = chosen[at(c)] !== c.field;
      if (isOwn) return <Mark tone="act" icon={<CheckCircleOutlined />}>{t('mapping.how.own')}</Mark>;
      const [tone, icon] = HOW[c.how] ?? HOW.none;
      return <Mark tone={tone} icon={icon}>{t(`mapping.how.${c.how}`)}</Mark>;
    } },
  ];

  return (
    <Section title={t('mapping.title')} extra={<span className="soft">{mapping.sheet ? t('mapping.sheet', { name: mapping.sheet }) : ''} {t('mapping.headrow', { n: mapping.header_row })}</span>}>
      <p className="soft">{t('mapping.lead')}</p>
      {problem && <ProblemBox problem={problem} onClose={() => setProblem(null)} />}
      {batch.same_as !== null && <Alert className="problem" type="info" showIcon message={t('batch.same')} />}
      {missing.length > 0 && <Alert className="problem" type="warning" showIcon message={t('mapping.missing', { names: missing.map((f) => pick(f.title)).join(t('app.comma')) })} description={t('mapping.missing.how')} />}
      {twice.length > 0 && <Alert className="problem" type="error" showIcon message={t('mapping.twice', { names: twice.map((f) => pick(f.title)).join(t('app.comma')) })} />}
      <DataTable id="mapping" label={t('mapping.title')} columns={columns} rows={mapping.columns} rowKey={(c) => String(c.index)} empty={<p>{t('mapping.none')}</p>} />
      <div className="bad-acts">
        <Button type="primary" size="large" loading={isBusy} disabled={twice.length > 0 || missing.length > 0} onClick={() => void start()}>{t('mapping.start')}</Button>
        <Button size="large" onClick={onCancel}>{t('mapping.cancel')}</Button>
        {ignored > 0 && <span className="soft">{t('mapping.ignored', { n: ignored })}</span>}
      </div>
    </Section>
  );
}

export function MappingEditor(p: EditorProps) {
  const load = useLoad((s) => api.mapping(String(p.batch.id), s), [p.batch.id]);
  return <Loaded load={load}>{(m) => (p.dataset ? <Editor {...p} dataset={p.dataset} mapping={m} /> : null)}</Loaded>;
}
