/* A decision over everybody: begun, watched, stopped, what came out, and those of before. */
import { useState } from 'react';
import { Link } from 'react-router-dom';
import { Button, Progress, Select, Space, Table } from 'antd';
import { api } from '../api';
import { useI18n } from '../i18n';
import { Chart } from '../parts/chart';
import { DataTable, type Column } from '../parts/data-table';
import { EmptyState } from '../parts/empty-state';
import { Loaded, Section } from '../parts/page';
import { ProblemBox } from '../parts/problem-box';
import { useLoad, usePoll } from '../parts/use-load';
import { problemOf, type ApiProblem } from '../problem';
import { formatTime } from '../text';
import { Inputs, shown, type Values } from './rule-inputs';
import type { RuleDetail, RuleRun, SimulatedCases, SimulatedGroup, SimulatedReport, SimulationAsked } from '../types';

/* What is on screen: sums, and what they were asked with. */
interface Found { report: SimulatedReport; ask: SimulationAsked | null; run: string; model: string; data: string; digest: string; isLimited: boolean; before?: string }

/* Amounts where the decision gives any, else how many. */
function Groups({ field, groups, compares, isAmount }: { field: string; groups: SimulatedGroup[]; compares: boolean; isAmount: boolean }) {
  const { t, pick } = useI18n();
  const named = (g: SimulatedGroup) => (g.title ? pick(g.title) : g.value === 'null' ? t('rule.none') : g.value);
  const size = (g: SimulatedGroup) => (isAmount ? g.total : g.rows);
  const top = [...groups].sort((a, b) => size(b) - size(a));
  const most = top.slice(0, 15).reverse();
  const measure = t(isAmount ? 'rule.total' : 'rule.rows');
  const doesCompare = compares && isAmount;
  return (
    <>
      <h3>{t('rule.by', { field })}</h3>
      <Chart label={t('rule.by', { field })} option={{
        grid: { left: 8, right: 24, top: 24, bottom: 8, containLabel: true },
        xAxis: { type: 'value', name: measure },
        yAxis: { type: 'category', data: most.map(named) },
        series: [{ type: 'bar', name: measure, data: most.map(size) }, ...(doesCompare ? [{ type: 'bar' as const, name: t('rule.draft.total'), data: most.map((g) => g.against_total ?? 0) }] : [])],
      }} />
      <Table<SimulatedGroup> rowKey="value" size="small" dataSource={top} pagination={{ pageSize: 10, hideOnSinglePage: true, showSizeChanger: false }} tableLayout="fixed" columns={[
        { title: field, key: 'value', render: (_, g) => <>{named(g)}{g.title && <div className="soft">{g.value}</div>}</> }, { title: t('rule.rows'), dataIndex: 'rows', align: 'right' },
        ...(isAmount ? [{ title: t('rule.total'), dataIndex: 'total', align: 'right' as const }] : []),
        ...(doesCompare ? [{ title: t('rule.draft.total'), dataIndex: 'against_total', align: 'right' as const }, { title: t('rule.gain'), dataIndex: 'lose', align: 'right' as const }, { title: t('rule.lose'), dataIndex: 'gain', align: 'right' as const }] : []),
        ...(compares && !isAmount ? [{ title: t('rule.changed'), dataIndex: 'changed', align: 'right' as const }] : []),
      ]} />
    </>
  );
}

/* Who gains or loses: the records behind a difference, for those who may see them. */
function Behind({ rule, dataset, ask }: { rule: RuleDetail; dataset: string; ask: SimulationAsked }) {
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

function Result({ rule, found }: { rule: RuleDetail; found: Found }) {
  const { t, pick } = useI18n();
  const { all, classes, by, fields } = found.report;
  const compares = all.against_total !== undefined;
  const isAmount = all.numbers > 0;
  const figures: [string, number | undefined][] = [
    [t('rule.rows'), all.rows],
    ...(isAmount ? [[t('rule.total'), all.total] as [string, number]] : []),
    ...(compares && isAmount ? ([[t('rule.draft.total'), all.against_total], [t('rule.gain'), all.lose], [t('rule.lose'), all.gain]] as [string, number | undefined][]) : []),
    ...(compares && !isAmount ? ([[t('rule.changed'), all.changed]] as [string, number | undefined][]) : []),
    ...(compares ? ([[t('rule.stay'), all.stay]] as [string, number | undefined][]) : []),
  ];
  return (
    <>
      <dl className="rule-figures">
        {figures.map(([name, n]) => <div key={name}><dt>{name}</dt><dd>{(n ?? 0).toLocaleString()}</dd></div>)}
      </dl>
      <p className="soft">{t('rule.record', { model: found.model.slice(0, 12), data: found.data })}</p>
      {found.before !== undefined && <p role="note">{t(found.before === found.digest ? 'rule.run.same' : 'rule.run.other')}</p>}
      {compares && found.ask && <Behind key={found.run} rule={rule} dataset={found.ask.dataset} ask={found.ask} />}
      {classes.length > 0 && (
        <Table size="small" rowKey={(c) => String(c.value)} dataSource={[...classes].sort((a, b) => String(a.value).localeCompare(String(b.value)))} pagination={false} tableLayout="fixed" columns={[
          { title: t('rule.class'), key: 'value', render: (_, c) => c.value ?? t('rule.class.others') }, { title: t('rule.rows'), dataIndex: 'rows', align: 'right' },
          ...(compares ? [{ title: t('rule.draft.rows'), dataIndex: 'against_rows', align: 'right' as const }] : []),
        ]} />
      )}
      {found.isLimited && <p role="note">{t('rule.limited')}</p>}
      {Object.entries(by).map(([field, groups]) => <Groups key={field} field={fields[field] ? pick(fields[field]) : field} groups={groups} compares={compares} isAmount={isAmount} />)}
    </>
  );
}

/* Those of before: looked at again, or run again to see whether the same comes out. */
function Runs({ rule, runs, isBusy, onOpen, onAgain }: { rule: RuleDetail; runs: RuleRun[]; isBusy: boolean; onOpen: (r: RuleRun) => void; onAgain: (r: RuleRun) => void }) {
  const { t } = useI18n();
  const columns: Column<RuleRun>[] = [
    { key: 'at', title: t('rule.run.at'), isHead: true, render: (r) => formatTime(r.at) },
    { key: 'login', title: t('rule.run.who'), render: (r) => r.login },
    { key: 'version', title: t('rule.version'), render: (r) => (r.version ? t('rule.version.n', { version: r.version }) : t('rule.run.package')) + (r.compares ? t('rule.run.compares') : '') },
    { key: 'rows', title: t('rule.rows'), align: 'right', render: (r) => r.rows.toLocaleString() },
    { key: 'state', title: t('rule.version.state'), render: (r) => t(r.state === 'done' ? 'rule.run.done' : 'rule.run.stopped') },
    { key: 'ms', title: t('rule.run.took'), align: 'right', render: (r) => t('rule.run.seconds', { n: (r.ms / 1000).toFixed(1) }) },
    { key: 'actions', title: t('rule.version.actions'), render: (r) => (
      <Space wrap>
        {r.state === 'done' && <Button size="small" disabled={isBusy} onClick={() => onOpen(r)}>{t('rule.version.open')}</Button>}
        <Button size="small" disabled={isBusy} onClick={() => onAgain(r)}>{t('rule.run.again')}</Button>
      </Space>
    ) },
  ];
  return (
    <>
      <h3 className="rule-runs">{t('rule.runs')}</h3>
      <DataTable id="rule-runs" label={t('rule.runs')} columns={columns} rows={runs} rowKey={(r) => r.run} empty={<EmptyState what={t('rule.runs.none', { rule: rule.id })} />} />
    </>
  );
}

/* A town of a division's code; ten years of age of a date, as of today in China. */
function cutOf(field: string, cut: 'town' | 'age'): string {
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' }).format(new Date());
  return cut === 'age' ? `${field}.age@${today}` : `${field}.town`;
}

function newRun(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
}

export function Simulation({ rule, draft }: { rule: RuleDetail; draft: () => Promise<string | number | null> }) {
  const { t, pick } = useI18n();
  const [dataset, setDataset] = useState(rule.datasets[0]?.id ?? '');
  const [decision, setDecision] = useState(rule.decisions[rule.decisions.length - 1]?.name ?? '');
  const [values, setValues] = useState<Values>({});
  const [by, setBy] = useState<string[]>([]);
  const [found, setFound] = useState<Found | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [running, setRunning] = useState<{ run: string; rows: number; expected: number; isStopping: boolean } | null>(null);
  const [isStopped, setStopped] = useState(false);
  const [isKeptBack, setKeptBack] = useState(false);
  const runs = useLoad((s) => api.ruleRuns(rule.id, s), [rule.id]);
  const fields = rule.datasets.find((d) => d.id === dataset)?.fields ?? [];
  const known = new Set(fields.filter((f) => f.is_input).flatMap((f) => [f.name, f.title.zh, f.title.en]));
  const missing = rule.inputs.filter((i) => !known.has(i.name)).map((i) => i.name);
  usePoll(() => {
    if (!running) return;
    api.ruleRun(rule.id, running.run).then((now) => {
      if (now.state === 'running') setRunning((old) => (old?.run === now.run ? { ...old, rows: now.rows, expected: now.expected } : old));
    }, () => undefined); /* it has not begun yet, or has ended: its own answer tells */
  }, 300, running !== null);
  const start = async (make: () => Promise<SimulationAsked>, before?: string) => {
    const run = newRun();
    setRunning({ run, rows: 0, expected: 0, isStopping: false });
    setProblem(null);
    setFound(null);
    setStopped(false);
    setKeptBack(false);
    try {
      const ask = await make();
      const got = await api.simulate(rule.id, { ...ask, run });
      if (got.state === 'stopped') setStopped(true);
      else setFound({ report: got, ask, run, model: got.record.model, data: got.record.data, digest: got.record.report ?? '', isLimited: got.is_limited, before });
    } catch (cause) {
      setProblem(problemOf(cause));
    } finally {
      setRunning(null);
      runs.reload();
    }
  };
  const begin = () => start(async () => {
    const against = await draft();
    const parameters = Object.fromEntries(Object.entries(values).filter(([name, v]) => missing.includes(name) && v !== null && v !== ''));
    return { dataset, decision, parameters, by, ...(against !== null ? { against } : {}) };
  });
  const stop = async () => {
    if (!running) return;
    setRunning({ ...running, isStopping: true });
    await api.stopRun(rule.id, running.run).catch(() => undefined); /* it had ended by then */
  };
  /* As it was asked, of the version it was asked of. */
  const stored = async (r: RuleRun) => {
    const kept = await api.ruleRun(rule.id, r.run);
    if (kept.state === 'running') throw new Error(kept.run);
    if (!kept.request) return { kept, ask: null }; /* against somebody's draft */
    const { run: _run, ...ask } = kept.request;
    return { kept, ask: { ...ask, version: r.version } };
  };
  const open = async (r: RuleRun) => {
    setProblem(null);
    try {
      const { kept, ask } = await stored(r);
      if (kept.report) setFound({ report: kept.report, ask, run: kept.run, model: kept.model, data: kept.data, digest: kept.report_digest, isLimited: kept.is_limited });
    } catch (cause) {
      setProblem(problemOf(cause));
    }
  };
  const again = async (r: RuleRun) => {
    setProblem(null);
    try {
      const { ask } = await stored(r);
      setKeptBack(ask === null);
      if (ask) await start(async () => ask, r.state === 'done' ? r.report_digest : undefined);
    } catch (cause) {
      setProblem(problemOf(cause));
    }
  };
  if (rule.datasets.length === 0) return <Section title={t('rule.all')}><p>{t('rule.all.none')}</p></Section>;
  const percent = running && running.expected > 0 ? Math.min(99, Math.floor((running.rows / running.expected) * 100)) : 0;
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
          options={[
            ...fields.flatMap((f) => (f.cut ? [{ value: cutOf(f.name, f.cut.name), label: t('rule.cut', { cut: pick(f.cut.title), field: pick(f.title) }) }] : [])),
            ...fields.filter((f) => f.is_counted_by).map((f) => ({ value: f.name, label: pick(f.title) })),
          ]} />
      </Space>
      {missing.length > 0 && <><p>{t('rule.parameters')}</p><Inputs rule={rule} values={values} onChange={setValues} names={missing} /></>}
      <Space wrap>
        <Button type="primary" loading={running !== null} onClick={() => void begin()}>{t('rule.run')}</Button>
        {running && <Button disabled={running.isStopping} onClick={() => void stop()}>{t('rule.run.stop')}</Button>}
      </Space>
      {running && (
        <div className="rule-progress">
          <Progress percent={percent} status="active" aria-label={t('rule.running')} />
          {running.rows > 0 && <p className="soft">{t('rule.run.so.far', { rows: running.rows.toLocaleString(), expected: running.expected.toLocaleString() })}</p>}
        </div>
      )}
      <div aria-live="polite">
        {running && <p role="status">{t('rule.running')}</p>}
        {isKeptBack && <p role="status">{t('rule.run.kept.back')}</p>}
        {isStopped && <p role="status">{t('rule.run.was.stopped')}</p>}
        {problem && <ProblemBox problem={problem} />}
        {found && <Result rule={rule} found={found} />}
      </div>
      <Loaded load={runs}>
        {(kept) => <Runs rule={rule} runs={kept.runs} isBusy={running !== null} onOpen={(r) => void open(r)} onAgain={(r) => void again(r)} />}
      </Loaded>
    </Section>
  );
}
