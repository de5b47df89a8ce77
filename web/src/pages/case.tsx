import { useEffect, useState } from 'react';
import { Link, useParams } from 'react-router-dom';
import { Alert, Button, Form, Input } from 'antd';
import { CheckOutlined, CloseOutlined } from '@ant-design/icons';
import { api } from '../api';
import { useI18n } from '../i18n';
import { useAnnounce } from '../parts/announce';
import { LinkButton } from '../parts/link-button';
import { FieldValue, useCodes } from '../parts/field-value';
import { Loaded, Page, Section } from '../parts/page';
import { ProblemBox } from '../parts/problem-box';
import { DueIn, StateTag } from '../parts/tags';
import { useLoad } from '../parts/use-load';
import { problemOf, type ApiProblem } from '../problem';
import { formatTime } from '../text';
import type { Case, Dataset, UnusualLook } from '../types';

/** A case about no field: settled with words alone. */
function Settle({ c, onDone }: { c: Case; onDone: () => void }) {
  const { t } = useI18n();
  const announce = useAnnounce();
  const [note, setNote] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const settle = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await api.fixCase(c.id, '', note.trim());
      announce(t('case.done.settled'), 'done');
      onDone();
    } catch (cause) {
      setProblem(problemOf(cause));
    }
    setBusy(false);
  };
  return (
    <Section title={t('case.answer')} extra={<DueIn due={c.due} daysLeft={c.days_left} />}>
      {problem && <ProblemBox problem={problem} onClose={() => setProblem(null)} />}
      <Form layout="vertical" onFinish={() => void settle()}>
        <Form.Item label={t('case.settle.note')} htmlFor="case-note">
          <Input.TextArea id="case-note" rows={3} value={note} onChange={(e) => setNote(e.target.value)} />
        </Form.Item>
        <Button type="primary" htmlType="submit" icon={<CheckOutlined />} loading={isBusy} disabled={!note.trim()}>{t('case.settle')}</Button>
      </Form>
    </Section>
  );
}

const LOOK_WORDS: Record<string, 'look.records.read' | 'look.records.list' | 'look.records.export'> = {
  'records.read': 'look.records.read', 'records.list': 'look.records.list', 'records.export': 'look.records.export',
};

/** Who looked at what, by which rule, with the lines of the audit. */
function Looks({ look }: { look: UnusualLook }) {
  const { t, pick } = useI18n();
  return (
    <Section title={pick(look.title)}>
      <dl className="facts">
        <div><dt>{t('look.who')}</dt><dd>{pick(look.who.name) || look.who.login} · {pick(look.who.organisation.title)}</dd></div>
        <div><dt>{t('look.day')}</dt><dd>{look.day}</dd></div>
        <div><dt>{t('look.measure')}</dt><dd><strong>{look.measure}</strong></dd></div>
        {look.usual !== null && <div><dt>{t('look.usual')}</dt><dd>{look.usual}</dd></div>}
      </dl>
      <ul className="side-list">
        {look.evidence.map((e) => (
          <li key={e.id}>
            {formatTime(e.at)} · {t(LOOK_WORDS[e.action] ?? 'look.records.read', { n: e.count })} · {e.key === null ? e.dataset : <Link to={`/datasets/${encodeURIComponent(e.dataset)}/records/${encodeURIComponent(e.key)}`}>{t('case.record')}</Link>}
            <br /><span className="soft">{t('look.line', { id: e.id })}{e.purpose ? ` · ${e.purpose}` : ''}{e.address ? ` · ${e.address}` : ''}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Answer({ c, d, onDone }: { c: Case; d: Dataset; onDone: () => void }) {
  const { t, pick } = useI18n();
  const announce = useAnnounce();
  const field = d.fields.find((f) => f.name === c.field);
  const codes = useCodes(field?.code);
  const [value, setValue] = useState(c.proposed ?? '');
  const [note, setNote] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  useEffect(() => setValue(c.proposed ?? ''), [c]);
  const run = async (what: () => Promise<unknown>, said: string) => {
    setBusy(true);
    setProblem(null);
    try {
      await what();
      announce(said, 'done');
      onDone();
    } catch (cause) {
      setProblem(problemOf(cause));
    }
    setBusy(false);
  };
  return (
    <Section title={t('case.answer')} extra={<DueIn due={c.due} daysLeft={c.days_left} />}>
      <p className="soft">{t('case.answer.lead')}</p>
      {problem && <ProblemBox problem={problem} onClose={() => setProblem(null)} />}
      <Form layout="vertical" onFinish={() => void run(() => api.fixCase(c.id, value.trim(), note.trim()), t('case.done.fixed'))}>
        <Form.Item label={t('case.value.new', { field: pick(field?.title) || c.field || '' })} htmlFor="case-value" extra={t('case.value.hint')}>
          <Input id="case-value" className="cell-input" list={codes ? 'case-codes' : undefined} value={value} onChange={(e) => setValue(e.target.value)} style={{ maxWidth: 420 }} />
        </Form.Item>
        {codes && <datalist id="case-codes">{codes.items.slice(0, 300).map((i) => <option key={i.code} value={i.code}>{pick(i.title)}</option>)}</datalist>}
        <Form.Item label={t('case.note')} htmlFor="case-note" extra={t('case.note.hint')}>
          <Input.TextArea id="case-note" rows={2} value={note} onChange={(e) => setNote(e.target.value)} />
        </Form.Item>
        <div className="bad-acts">
          <Button type="primary" htmlType="submit" icon={<CheckOutlined />} loading={isBusy} disabled={!value.trim()}>{t('case.fix')}</Button>
          <Button icon={<CloseOutlined />} disabled={isBusy || !note.trim()} onClick={() => void run(() => api.rejectCase(c.id, note.trim()), t('case.done.rejected'))}>{t('case.reject')}</Button>
          {!note.trim() && <span className="soft">{t('case.reject.need')}</span>}
        </div>
      </Form>
    </Section>
  );
}

export default function CasePage() {
  const { t, pick } = useI18n();
  const { case: id = '' } = useParams();
  const load = useLoad(async (s) => {
    const c = await api.case(id, s);
    return { c, d: await api.dataset(c.dataset, s) };
  }, [id]);
  const c = load.data?.c;
  return (
    <Page
      title={c ? `${t(`case.kind.${c.kind}`)} · ${pick(load.data?.d.title)}` : t('case.one')}
      trail={[[t('menu.cases'), '/cases']]}
      tags={c && <StateTag state={c.state} />}
    >
      <Loaded load={load}>
        {({ c: it, d }) => {
          const field = d.fields.find((f) => f.name === it.field);
          return (
            <>
              {it.state !== 'open' && <Alert className="problem" type={it.state === 'fixed' ? 'success' : 'info'} showIcon message={<strong>{t(`case.is.${it.state}`)}</strong>} description={<>{it.answer && <p>{it.answer}</p>}<span className="soft">{formatTime(it.closed_at)}</span></>} />}
              <div className="two">
                <div>
                  <Section title={t('case.report')}>
                    <dl className="facts">
                      {field && <div><dt>{t('field.title')}</dt><dd>{pick(field.title)}</dd></div>}
                      {it.kind === 'wrong-value' && <div><dt>{t('case.value.now')}</dt><dd>{field ? <FieldValue field={field} value={it.value} /> : String(it.value ?? '—')}</dd></div>}
                      {it.kind === 'wrong-value' && <div><dt>{t('case.value.proposed')}</dt><dd><strong>{field ? <FieldValue field={field} value={it.proposed} /> : it.proposed}</strong></dd></div>}
                      {it.note && <div className="wide"><dt>{t('report.note')}</dt><dd className="pre">{it.note}</dd></div>}
                    </dl>
                  </Section>
                  {it.look && <Looks look={it.look} />}
                  {it.state === 'open' && (it.kind === 'late-feed' ? (
                    <Section title={t('case.answer')}><p>{t('case.late.how')}</p><LinkButton to={`/intake/${encodeURIComponent(it.dataset)}`} type="primary">{t('dataset.load')}</LinkButton></Section>
                  ) : it.look || (it.kind === 'objection' && d.may.fix) ? <Settle c={it} onDone={load.reload} /> : d.may.fix ? <Answer c={it} d={d} onDone={load.reload} /> : (
                    <Alert className="problem" type="info" showIcon message={t('case.waits', { owner: pick(it.owner.title) })} description={<DueIn due={it.due} daysLeft={it.days_left} />} />
                  ))}
                </div>
                <Section title={t('case.about')}>
                  <ul className="side-list">
                    {it.key !== null && <li><span className="soft">{t('record.one')}</span><br /><Link to={`/datasets/${encodeURIComponent(it.dataset)}/records/${encodeURIComponent(it.key)}`}>{t('case.record')}</Link></li>}
                    <li><span className="soft">{t('case.reporter')}</span><br />{it.reporter?.login ? `${pick(it.reporter.name)} · ${pick(it.reporter.organisation)}` : t('case.system')}<br /><span className="soft">{formatTime(it.at)}</span></li>
                    <li><span className="soft">{t('dataset.owner')}</span><br />{pick(it.owner.title)}</li>
                    <li><span className="soft">{t('case.due')}</span><br />{it.due ?? '—'}</li>
                  </ul>
                </Section>
              </div>
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}
