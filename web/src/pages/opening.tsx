import { useState } from 'react';
import { Alert, Button, Checkbox, Form, Input, InputNumber, Modal, Select } from 'antd';
import { GlobalOutlined } from '@ant-design/icons';
import { api } from '../api';
import { mayDo } from '../app/may';
import { useUser } from '../app/session';
import { useI18n } from '../i18n';
import { useAnnounce } from '../parts/announce';
import { DataTable, type Column } from '../parts/data-table';
import { EmptyState } from '../parts/empty-state';
import { Page, Section } from '../parts/page';
import { ProblemBox } from '../parts/problem-box';
import { Mark } from '../parts/tags';
import { useLoad } from '../parts/use-load';
import { problemOf, type ApiProblem } from '../problem';
import { formatNumber } from '../text';
import type { OpenChoices, OpenMeasures, OpenRelease } from '../open-types';
import type { Dataset } from '../types';
import type { WordKey } from '../words';

const TONE = { prepared: 'warn', open: 'good', refused: 'plain', withdrawn: 'plain' } as const;

function Releases({ rows, onDone }: { rows: OpenRelease[] | null; onDone: () => void }) {
  const { t, pick } = useI18n();
  const user = useUser();
  const announce = useAnnounce();
  const [asking, setAsking] = useState<{ id: number; what: 'refuse' | 'withdraw' } | null>(null);
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const run = async (id: number, what: 'approve' | 'refuse' | 'withdraw', why?: string) => {
    setProblem(null);
    try {
      await api.decideOpening(id, what, why);
      announce(t('opening.done'), 'done');
      setAsking(null);
      setReason('');
      onDone();
    } catch (cause) {
      setProblem(problemOf(cause));
    }
  };
  const columns: Column<OpenRelease>[] = [
    { key: 'title', title: t('opening.zh'), isHead: true, render: (r) => <>{r.state === 'open' ? <a href={`/open/${r.id}`}>{pick(r.title)}</a> : pick(r.title)}<span className="cell-sub">{r.name} · {t('open.version')} {r.version}</span></> },
    { key: 'state', title: t('opening.state'), render: (r) => <Mark tone={TONE[r.state]}>{t(`opening.state.${r.state}`)}</Mark> },
    { key: 'k', title: t('open.k'), render: (r) => (r.kind === 'records' ? `k = ${r.measures.k ?? 0}` : `ε = ${r.measures.epsilon ?? 0}`) },
    { key: 'rows', title: t('open.rows'), align: 'right', render: (r) => formatNumber(r.rows) },
    { key: 'downloads', title: t('open.downloads'), align: 'right', render: (r) => formatNumber(r.downloads) },
    { key: 'act', title: t('opening.actions'), render: (r) => mayDo(user, 'approve', r.dataset) && (
      <span className="marks">
        {r.state === 'prepared' && r.login !== user.login && <Button size="small" type="primary" onClick={() => void run(r.id, 'approve')}>{t('opening.approve')}</Button>}
        {r.state === 'prepared' && r.login !== user.login && <Button size="small" onClick={() => setAsking({ id: r.id, what: 'refuse' })}>{t('opening.refuse')}</Button>}
        {r.state === 'open' && <Button size="small" onClick={() => setAsking({ id: r.id, what: 'withdraw' })}>{t('opening.withdraw')}</Button>}
      </span>) },
  ];
  return (
    <Section title={t('opening.list')}>
      {problem && <ProblemBox problem={problem} onClose={() => setProblem(null)} />}
      <DataTable id="opening" label={t('opening.list')} columns={columns} rows={rows} rowKey={(r) => String(r.id)} empty={<EmptyState icon={<GlobalOutlined />} what={t('opening.none')} how={t('opening.none.how')} />} />
      <Modal open={asking !== null} title={t(asking?.what === 'withdraw' ? 'opening.withdraw' : 'opening.refuse')} okButtonProps={{ disabled: !reason.trim() }} onCancel={() => setAsking(null)} onOk={() => asking && void run(asking.id, asking.what, reason.trim())}>
        <Input.TextArea aria-label={t('opening.reason')} placeholder={t('opening.reason')} rows={3} value={reason} onChange={(e) => setReason(e.target.value)} />
      </Modal>
    </Section>
  );
}

function Measured({ m, refused }: { m: OpenMeasures; refused: string | null }) {
  const { t } = useI18n();
  return <Alert className="problem" role="status" showIcon type={refused ? 'warning' : 'success'} message={t('opening.measured', { k: m.k_before ?? 0, all: m.records ?? 0, n: m.suppressed ?? 0, after: m.k ?? 0 })} description={refused ?? undefined} />;
}

type Picked = Record<string, { treatment: string; role: 'quasi' | 'sensitive' }>;

function Prepare({ choices, onDone }: { choices: OpenChoices; onDone: () => void }) {
  const { t, pick, lang } = useI18n();
  const announce = useAnnounce();
  const [id, setId] = useState('');
  const [kind, setKind] = useState<'records' | 'counts'>('records');
  const [picked, setPicked] = useState<Picked>({});
  const [k, setK] = useState(5);
  const [epsilon, setEpsilon] = useState(0.5);
  const [isSuppressing, setSuppressing] = useState(false);
  const [words, setWords] = useState({ name: '', zh: '', en: '', description: '', licence: 'CC-BY-4.0' });
  const [measured, setMeasured] = useState<{ measures: OpenMeasures | null; refused: { zh: string; en: string } | null } | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const dataset = useLoad((s) => (id ? api.dataset(id, s) : Promise.resolve(null)), [id]);
  const about = choices.datasets.find((d) => d.id === id);
  const offered = (f: Dataset['fields'][number]) =>
    choices.treatments.filter((x) => x.for === 'any' || (x.for === 'date' && f.format === 'date') || (x.for === 'number' && (f.type === 'integer' || f.type === 'number')) || (x.for === 'text' && f.type === 'string' && f.format !== 'date'));
  const body = () => ({
    dataset: id, kind, suppress: isSuppressing, name: words.name, title: { zh: words.zh, en: words.en }, description: words.description, licence: words.licence,
    fields: Object.entries(picked).map(([name, p]) => ({ name, ...p })), ...(kind === 'records' ? { k } : { epsilon }),
  });
  const run = async (what: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    try {
      await what();
    } catch (cause) {
      setProblem(problemOf(cause));
    }
    setBusy(false);
  };
  const choose = (name: string, treatment: string) => {
    const next = { ...picked };
    if (treatment === 'drop') delete next[name];
    else next[name] = { treatment, role: picked[name]?.role ?? 'quasi' };
    setPicked(next);
    setMeasured(null);
  };
  const word = (key: keyof typeof words, label: WordKey, isLong = false) => (
    <Form.Item label={t(label)} htmlFor={`opening-${key}`} required>
      {isLong ? <Input.TextArea id={`opening-${key}`} rows={2} value={words[key]} onChange={(e) => setWords({ ...words, [key]: e.target.value })} /> : <Input id={`opening-${key}`} value={words[key]} onChange={(e) => setWords({ ...words, [key]: e.target.value })} />}
    </Form.Item>
  );
  return (
    <Section title={t('opening.new')}>
      <Select aria-label={t('opening.dataset')} placeholder={t('opening.dataset')} style={{ width: 320, maxWidth: '100%' }} value={id || undefined}
        onChange={(v: string) => { setId(v); setPicked({}); setMeasured(null); setK(choices.datasets.find((d) => d.id === v)?.least_k ?? 5); }}
        options={choices.datasets.map((d) => ({ value: d.id, label: pick(d.title) }))} />
      {dataset.problem && <ProblemBox problem={dataset.problem} onRetry={dataset.reload} />}
      {dataset.data && about && (
        <Form layout="vertical" component="div" className="gap">
          <Form.Item label={t('opening.kind')}>
            <Select aria-label={t('opening.kind')} style={{ width: 320, maxWidth: '100%' }} value={kind} onChange={setKind} options={(['records', 'counts'] as const).map((v) => ({ value: v, label: t(`opening.kind.${v}`) }))} />
          </Form.Item>
          <ul className="open-fields">
            {dataset.data.fields.map((f) => (
              <li key={f.name}>
                <span className="open-field">{pick(f.title)}</span>
                <Select size="small" aria-label={`${pick(f.title)}: ${t('opening.treatment')}`} style={{ width: 160 }} value={picked[f.name]?.treatment ?? 'drop'} onChange={(v) => choose(f.name, v)}
                  options={[{ value: 'drop', label: t('opening.treatment.drop') }, ...offered(f).map((x) => ({ value: x.name, label: pick(x.title) }))]} />
                {picked[f.name] && kind === 'records' && <Checkbox checked={picked[f.name]?.role === 'sensitive'} onChange={(e) => { setPicked({ ...picked, [f.name]: { treatment: picked[f.name]?.treatment ?? 'keep', role: e.target.checked ? 'sensitive' : 'quasi' } }); setMeasured(null); }}>{t('opening.sensitive')}</Checkbox>}
              </li>
            ))}
          </ul>
          {kind === 'records' ? (
            <>
              <Form.Item label={t('opening.k')} htmlFor="opening-k"><InputNumber id="opening-k" min={about.least_k} max={1000} value={k} onChange={(v) => { setK(v ?? about.least_k); setMeasured(null); }} /></Form.Item>
              <p><Checkbox checked={isSuppressing} onChange={(e) => setSuppressing(e.target.checked)}>{t('opening.suppress')}</Checkbox></p>
              <Button disabled={Object.keys(picked).length === 0} loading={isBusy} onClick={() => void run(async () => setMeasured(await api.measureOpening(body())))}>{t('opening.measure')}</Button>
              {measured?.measures && <Measured m={measured.measures} refused={measured.refused ? measured.refused[lang] : null} />}
            </>
          ) : (
            <Form.Item label={t('opening.epsilon', { n: about.budget })} htmlFor="opening-epsilon"><InputNumber id="opening-epsilon" min={0.001} max={10} step={0.1} value={epsilon} onChange={(v) => setEpsilon(v ?? 0.1)} /></Form.Item>
          )}
          <div className="gap">
            {word('name', 'opening.name')}
            {word('zh', 'opening.zh')}
            {word('en', 'opening.en')}
            {word('description', 'opening.description', true)}
            <Form.Item label={t('opening.licence')}><Select aria-label={t('opening.licence')} style={{ width: 320, maxWidth: '100%' }} value={words.licence} onChange={(v: string) => setWords({ ...words, licence: v })} options={choices.licences.map((l) => ({ value: l.id, label: pick(l.title) }))} /></Form.Item>
          </div>
          {problem && <ProblemBox problem={problem} onClose={() => setProblem(null)} />}
          <Button type="primary" loading={isBusy} onClick={() => void run(async () => {
            await api.prepareOpening(body());
            announce(t('opening.prepared'), 'done');
            setId('');
            onDone();
          })}>{t('opening.prepare')}</Button>
        </Form>
      )}
    </Section>
  );
}

export default function Opening() {
  const { t } = useI18n();
  const list = useLoad((s) => api.openings(s), []);
  const choices = useLoad((s) => api.openChoices(s), []);
  return (
    <Page title={t('opening.title')} lead={t('opening.lead')} actions={<a href="/open">{t('open.title')}</a>}>
      {list.problem && <ProblemBox problem={list.problem} onRetry={list.reload} />}
      <Releases rows={list.data?.releases ?? (list.problem ? [] : null)} onDone={list.reload} />
      {choices.data && choices.data.datasets.length > 0 && <Prepare choices={choices.data} onDone={list.reload} />}
    </Page>
  );
}
