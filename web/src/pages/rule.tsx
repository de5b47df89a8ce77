import { useRef, useState } from 'react';
import { useParams } from 'react-router-dom';
import { Button, Select, Space } from 'antd';
import { api } from '../api';
import { useI18n } from '../i18n';
import { DataTable, type Column } from '../parts/data-table';
import { Drawing, type DrawingHandle } from '../parts/drawing';
import { EmptyState } from '../parts/empty-state';
import { Loaded, Page, Section } from '../parts/page';
import { ProblemBox } from '../parts/problem-box';
import { useLoad } from '../parts/use-load';
import { problemOf, type ApiProblem } from '../problem';
import { Inputs, shown, type Values } from './rule-inputs';
import { Simulation } from './rule-simulation';
import { Versions, type Opened } from './rule-versions';
import type { Decided, RuleDetail, RuleStep } from '../types';

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
            <Simulation rule={rule} draft={async () => (against !== null ? against : isEditing && drawing.current ? drawing.current.text() : null)} />
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
