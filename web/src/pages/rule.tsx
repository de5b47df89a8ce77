import { useRef, useState } from 'react';
import { Link, useParams } from 'react-router-dom';
import { Button, Input, InputNumber, Select, Space, Table } from 'antd';
import { api } from '../api';
import { useI18n } from '../i18n';
import { Chart } from '../parts/chart';
import { DataTable, type Column } from '../parts/data-table';
import { Drawing, type DrawingHandle } from '../parts/drawing';
import { EmptyState } from '../parts/empty-state';
import { Loaded, Page, Section } from '../parts/page';
import { ProblemBox } from '../parts/problem-box';
import { useLoad } from '../parts/use-load';
import { problemOf, type ApiProblem } from '../problem';
import { Versions, type Opened } from './rule-versions';
import type { Decided, RuleDetail, RuleStep, Simulated, SimulatedCases, SimulatedGroup } from '../types';

type Values = Record<string, string | number | boolean | null>;

/* A FEEL value as people read it. */
function shown(v: unknown): string {
  if (v === null || v === undefined) return '—';
  if (typeof v === 'object' && v !== null && 'value' in v) return String((v as { value: unknown }).value);
  return typeof v === 'object' ? JSON.stringify(v) : String(v);
}

function Inputs({ rule, values, onChange, names }: { rule: RuleDetail; values: Values; onChange: (v: Values) => void; names?: string[] }) {
  const { t } = useI18n();
  return (
    <div className="rule-inputs">
      {rule.inputs.filter((i) => !names || names.includes(i.name)).map((input) => {
        const id = `in-${names ? 's' : 'd'}-${input.id}`;
        const set = (v: string | number | boolean | null) => onChange({ ...values, [input.name]: v });
        return (
          <div key={input.id} className="rule-input">
            <label htmlFor={id}>{input.name}</label>
            {input.type === 'number' ? (
              <InputNumber id={id} value={values[input.name] as number | null} onChange={(v) => set(v)} stringMode={false} style={{ width: '100%' }} />
            ) : input.type === 'boolean' ? (
              <Select id={id} value={values[input.name] as boolean | null} allowClear onChange={(v) => set(v ?? null)} style={{ width: '100%' }}
                options={[{ value: true, label: t('app.yes') }, { value: false, label: t('app.no') }]} />
            ) : (
              <Input id={id} type={input.type === 'date' ? 'date' : 'text'} value={(values[input.name] as string | null) ?? ''} onChange={(e) => set(e.target.value || null)} />
            )}
          </div>
        );
      })}
    </div>
  );
}

function Steps({ steps }: { steps: RuleStep[] }) {
  const { t } = useI18n();
  return (
    <ol className="rule-steps">
      {steps.map((s, i) => (
        <li key={i}>
          {s.table !== undefined ? (
            <>{t('rule.hit', { table: s.table, rule: String(s.rule) })} <strong>{(s.outputs ?? []).map(shown).join(', ')}</strong></>
          ) : (
            <>{s.input !== undefined ? t('rule.given', { name: s.input }) : t('rule.found', { name: s.decision ?? '' })} <strong>{shown(s.value)}</strong></>
          )}
        </li>
      ))}
    </ol>
  );
}

function TryOne({ rule }: { rule: RuleDetail }) {
  const { t } = useI18n();
  const [decision, setDecision] = useState(rule.decisions[rule.decisions.length - 1]?.name ?? '');
  const [values, setValues] = useState<Values>({});
  const [decided, setDecided] = useState<Decided | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const decide = async () => {
    setBusy(true);
    setProblem(null);
    try {
      setDecided(await api.decide(rule.id, { decision, inputs: values }));
    } catch (cause) {
      setProblem(problemOf(cause));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Section title={t('rule.try')}>
      <p className="lead">{t('rule.try.lead')}</p>
      <Space wrap>
        <label htmlFor="rule-case">{t('rule.case')}</label>
        <Select id="rule-case" style={{ minWidth: 220 }} placeholder={t('rule.case.pick')} options={rule.cases.map((c, i) => ({ value: i, label: c.name }))}
          onChange={(i: number) => {
            const c = rule.cases[i];
            if (!c) return;
            setDecision(c.decision);
            setValues(c.given as Values);
            setDecided(null);
          }} />
        <label htmlFor="rule-decision">{t('rule.decision')}</label>
        <Select id="rule-decision" style={{ minWidth: 180 }} value={decision} onChange={setDecision} options={rule.decisions.map((d) => ({ value: d.name, label: d.name }))} />
      </Space>
      <Inputs rule={rule} values={values} onChange={setValues} />
      <Button type="primary" loading={isBusy} onClick={() => void decide()}>{t('rule.decide')}</Button>
      {problem && <ProblemBox problem={problem} />}
      <div aria-live="polite">
        {decided && (
          <>
            <p className="rule-result">{decided.decision}: <strong>{shown(decided.result)}</strong></p>
            <Steps steps={decided.steps} />
          </>
        )}
      </div>
    </Section>
  );
}

function Groups({ field, groups, compares }: { field: string; groups: SimulatedGroup[]; compares: boolean }) {
  const { t, pick } = useI18n();
  const named = (g: SimulatedGroup) => (g.title ? pick(g.title) : g.value || t('rule.none'));
  const top = [...groups].sort((a, b) => b.total - a.total);
  const most = top.slice(0, 15).reverse();
  return (
    <>
      <h3>{t('rule.by', { field })}</h3>
      <Chart label={t('rule.by', { field })} option={{
        grid: { left: 8, right: 24, top: 24, bottom: 8, containLabel: true },
        xAxis: { type: 'value', name: t('rule.total') },
        yAxis: { type: 'category', data: most.map(named) },
        series: [{ type: 'bar', name: t('rule.total'), data: most.map((g) => g.total) }, ...(compares ? [{ type: 'bar' as const, name: t('rule.draft.total'), data: most.map((g) => g.against_total ?? 0) }] : [])],
      }} />
      <Table<SimulatedGroup> rowKey="value" size="small" dataSource={top} pagination={{ pageSize: 10, hideOnSinglePage: true, showSizeChanger: false }} tableLayout="fixed" columns={[
        { title: field, key: 'value', render: (_, g) => <>{named(g)}{g.title && <div className="soft">{g.value}</div>}</> }, { title: t('rule.rows'), dataIndex: 'rows', align: 'right' }, { title: t('rule.total'), dataIndex: 'total', align: 'right' },
        ...(compares ? [{ title: t('rule.draft.total'), dataIndex: 'against_total', align: 'right' as const }, { title: t('rule.gain'), dataIndex: 'lose', align: 'right' as const }, { title: t('rule.lose'), dataIndex: 'gain', align: 'right' as const }] : []),
      ]} />
    </>
  );
}

/* Who gains or loses: the records behind a difference, for those who may see them. */
function Behind({ rule, dataset, ask }: { rule: RuleDetail; dataset: string; ask: Record<string, unknown> }) {
  const { t } = useI18n();
  const [found, setFound] = useState<(SimulatedCases & { what: 'gain' | 'lose' }) | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [isBusy, setBusy] = useState(false);
  /* The server counts what is in force against the draft; people ask the other way round. */
  const open = async (what: 'gain' | 'lose') => {
    setBusy(true);
    setProblem(null);
    setFound(null);
    try {
      setFound({ ...(await api.simulatedCases(rule.id, { ...ask, what: what === 'gain' ? 'lose' : 'gain' })), what });
    } catch (cause) {
      setProblem(problemOf(cause));
    } finally {
      setBusy(false);
    }
  };
  const columns: Column<SimulatedCases['cases'][number]>[] = [
    { key: 'title', title: t('rule.case'), isHead: true, render: (c) => <Link to={`/datasets/${dataset}/records/${encodeURIComponent(c.key)}`}>{c.title ?? c.key}</Link> },
    { key: 'result', title: t('rule.cases.now'), render: (c) => shown(c.result) },
    { key: 'against', title: t('rule.cases.draft'), render: (c) => shown(c.against) },
  ];
  return (
    <>
      <Space wrap>
        <Button loading={isBusy} onClick={() => void open('gain')}>{t('rule.cases.open')}{t('rule.gain')}</Button>
        <Button loading={isBusy} onClick={() => void open('lose')}>{t('rule.cases.open')}{t('rule.lose')}</Button>
      </Space>
      {problem && <ProblemBox problem={problem} />}
      {found && (
        <>
          <h3>{t(found.what === 'gain' ? 'rule.cases.gain' : 'rule.cases.lose', { n: found.total })}</h3>
          {found.cases.length < found.total && <p className="soft">{t('rule.cases.some', { n: found.cases.length })}</p>}
          <DataTable id="rule-behind" label={t('rule.case')} columns={columns} rows={found.cases} rowKey={(c) => c.key} empty={<EmptyState what={t('rule.cases.nobody')} />} />
        </>
      )}
    </>
  );
}

function Everybody({ rule, draft }: { rule: RuleDetail; draft: () => Promise<string | number | null> }) {
  const { t, pick } = useI18n();
  const [dataset, setDataset] = useState(rule.datasets[0]?.id ?? '');
  const [decision, setDecision] = useState(rule.decisions[rule.decisions.length - 1]?.name ?? '');
  const [values, setValues] = useState<Values>({});
  const [by, setBy] = useState<string[]>([]);
  const [found, setFound] = useState<(Simulated & { ask: Record<string, unknown>; at: number }) | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const fields = rule.datasets.find((d) => d.id === dataset)?.fields ?? [];
  const known = new Set(fields.filter((f) => f.is_input).flatMap((f) => [f.name, f.title.zh, f.title.en]));
  const missing = rule.inputs.filter((i) => !known.has(i.name)).map((i) => i.name);
  const run = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const against = await draft();
      const parameters = Object.fromEntries(Object.entries(values).filter(([name, v]) => missing.includes(name) && v !== null && v !== ''));
      const ask = { dataset, decision, parameters, by, ...(against !== null ? { against } : {}) };
      setFound({ ...(await api.simulate(rule.id, ask)), ask, at: Date.now() });
    } catch (cause) {
      setProblem(problemOf(cause));
    } finally {
      setBusy(false);
    }
  };
  if (rule.datasets.length === 0) return <Section title={t('rule.all')}><p>{t('rule.all.none')}</p></Section>;
  const compares = found?.all.against_total !== undefined;
  return (
    <Section title={t('rule.all')}>
      <p className="lead">{t('rule.all.lead')}</p>
      <Space wrap>
        <label htmlFor="sim-dataset">{t('rule.dataset')}</label>
        <Select id="sim-dataset" style={{ minWidth: 200 }} value={dataset} onChange={(d: string) => { setDataset(d); setBy([]); setFound(null); }} options={rule.datasets.map((d) => ({ value: d.id, label: pick(d.title) }))} />
        <label htmlFor="sim-decision">{t('rule.decision')}</label>
        <Select id="sim-decision" style={{ minWidth: 180 }} value={decision} onChange={setDecision} options={rule.decisions.map((d) => ({ value: d.name, label: d.name }))} />
        <label htmlFor="sim-by">{t('rule.group')}</label>
        <Select id="sim-by" mode="multiple" style={{ minWidth: 220 }} value={by} onChange={setBy}
          options={fields.filter((f) => f.is_counted_by).map((f) => ({ value: f.name, label: pick(f.title) }))} />
      </Space>
      {missing.length > 0 && <><p>{t('rule.parameters')}</p><Inputs rule={rule} values={values} onChange={setValues} names={missing} /></>}
      <Button type="primary" loading={isBusy} onClick={() => void run()}>{t('rule.run')}</Button>
      <div aria-live="polite">
        {isBusy && <p role="status">{t('rule.running')}</p>}
        {problem && <ProblemBox problem={problem} />}
        {found && (
          <>
            <dl className="rule-figures">
              <div><dt>{t('rule.rows')}</dt><dd>{found.all.rows.toLocaleString()}</dd></div>
              <div><dt>{t('rule.total')}</dt><dd>{found.all.total.toLocaleString()}</dd></div>
              {compares && <><div><dt>{t('rule.draft.total')}</dt><dd>{(found.all.against_total ?? 0).toLocaleString()}</dd></div>
                <div><dt>{t('rule.gain')}</dt><dd>{(found.all.lose ?? 0).toLocaleString()}</dd></div>
                <div><dt>{t('rule.lose')}</dt><dd>{(found.all.gain ?? 0).toLocaleString()}</dd></div>
                <div><dt>{t('rule.stay')}</dt><dd>{(found.all.stay ?? 0).toLocaleString()}</dd></div></>}
            </dl>
            <p className="soft">{t('rule.record', { model: found.record.model.slice(0, 12), data: found.record.data })}</p>
            {compares && <Behind key={found.at} rule={rule} dataset={dataset} ask={found.ask} />}
            {found.classes.length > 0 && (
              <Table size="small" rowKey={(c) => String(c.value)} dataSource={[...found.classes].sort((a, b) => String(a.value).localeCompare(String(b.value)))} pagination={false} tableLayout="fixed" columns={[
                { title: t('rule.class'), key: 'value', render: (_, c) => c.value ?? t('rule.class.others') }, { title: t('rule.rows'), dataIndex: 'rows', align: 'right' },
                ...(compares ? [{ title: t('rule.draft.rows'), dataIndex: 'against_rows', align: 'right' as const }] : []),
              ]} />
            )}
            {found.is_limited && <p role="note">{t('rule.limited')}</p>}
            {Object.entries(found.by).map(([field, groups]) => <Groups key={field} field={found.fields[field] ? pick(found.fields[field]) : field} groups={groups} compares={compares} />)}
          </>
        )}
      </div>
    </Section>
  );
}

type RuleCase = RuleDetail['cases'][number];

/* The package's own cases: what was given, what must come out. */
function Cases({ rule }: { rule: RuleDetail }) {
  const { t } = useI18n();
  const columns: Column<RuleCase>[] = [
    { key: 'name', title: t('rule.case'), isHead: true, render: (c) => c.name },
    { key: 'decision', title: t('rule.decision'), render: (c) => c.decision },
    { key: 'given', title: t('rule.given.head'), render: (c) => <span className="cell-wrap">{Object.entries(c.given).map(([k, v]) => `${k} ${shown(v)}`).join(t('app.comma'))}</span> },
    { key: 'expect', title: t('rule.expect'), render: (c) => shown(c.expect) },
  ];
  return <DataTable id="rule-cases" label={t('rule.cases.all')} columns={columns} rows={rule.cases} rowKey={(c) => c.name} empty={<EmptyState what={t('rule.cases.none')} />} />;
}

/* One decision model: drawn, tried, simulated. */
export default function RulePage() {
  const { t, pick } = useI18n();
  const { rule: id = '' } = useParams();
  const load = useLoad((s) => api.rule(id, s), [id]);
  const [isEditing, setEditing] = useState(false);
  const drawing = useRef<DrawingHandle>(null);
  const versions = useLoad((s) => api.ruleVersions(id, s), [id]);
  const [opened, setOpened] = useState<Opened | null>(null);
  const [against, setAgainst] = useState<number | null>(null);
  const title = load.data ? pick(load.data.title) : t('rule.one');
  return (
    <Page title={title} trail={[[t('rules.title'), '/rules']]} lead={load.data ? pick(load.data.package_title) : undefined}>
      <Loaded load={load}>
        {(rule) => (
          <>
            <Section title={t('rule.drawing')} extra={<Button onClick={() => { setEditing(!isEditing); if (isEditing) setOpened(null); }}>{isEditing ? t('rule.draft.drop') : t('rule.draft.make')}</Button>}>
              {isEditing && <p role="status">{t('rule.draft.lead')}</p>}
              <Drawing ref={drawing} xml={opened?.xml ?? rule.xml} isEditing={isEditing} label={title} />
            </Section>
            <Versions rule={rule} load={versions} opened={opened} onCompare={setAgainst} onDecided={load.reload}
              text={isEditing ? async () => (drawing.current ? drawing.current.text() : (opened?.xml ?? rule.xml)) : null}
              onOpen={(o) => { setOpened(o); setEditing(o.state === 'draft' || isEditing); }} />
            <TryOne rule={rule} />
            {against !== null && <p role="note">{t('rule.against', { version: against })} <Button size="small" onClick={() => setAgainst(null)}>{t('rule.against.drop')}</Button></p>}
            <Everybody rule={rule} draft={async () => (against !== null ? against : isEditing && drawing.current ? drawing.current.text() : null)} />
            <Section title={t('rule.cases')}><Cases rule={rule} /></Section>
            <Section title={t('rule.text')}>
              <details>
                <summary>{t('rule.text.show')}</summary>
                <pre className="rule-text" tabIndex={0}>{rule.xml}</pre>
              </details>
            </Section>
          </>
        )}
      </Loaded>
    </Page>
  );
}
