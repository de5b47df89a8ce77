import { useEffect, useState } from 'react';
import { Link, useParams } from 'react-router-dom';
import { Alert, Button, DatePicker, Form, Input, InputNumber, Modal } from 'antd';
import { PlusOutlined } from '@ant-design/icons';
import dayjs, { type Dayjs } from 'dayjs';
import { api } from '../api';
import { useUser } from '../app/session';
import { useI18n } from '../i18n';
import { useAnnounce } from '../parts/announce';
import { LinkButton } from '../parts/link-button';
import { Loaded, Page, Section } from '../parts/page';
import { ProblemBox } from '../parts/problem-box';
import { FieldPicker, FilterEditor, FilterWords, readyFilter } from '../parts/share-terms';
import { DueIn, GradeTag, StateTag } from '../parts/tags';
import { useLoad } from '../parts/use-load';
import { problemOf, type ApiProblem } from '../problem';
import { formatNumber, formatTime } from '../text';
import type { Dataset, RowFilter, ShareRequest } from '../types';

function Asked({ r, d }: { r: ShareRequest; d: Dataset }) {
  const { t, pick } = useI18n();
  const titleOf = (n: string) => pick(d.fields.find((f) => f.name === n)?.title) || n;
  return (
    <Section title={t('request.asked')}>
      <dl className="facts">
        <div><dt>{t('request.from')}</dt><dd>{pick(r.from.organisation)} · {pick(r.from.name)}</dd></div>
        <div><dt>{t('ask.dataset')}</dt><dd><Link to={`/datasets/${encodeURIComponent(r.dataset)}`}>{pick(r.title)}</Link> <GradeTag grade={d.grade} /></dd></div>
        <div><dt>{t('request.at')}</dt><dd>{formatTime(r.at)}</dd></div>
        <div><dt>{t('request.until')}</dt><dd>{r.until}</dd></div>
        <div className="wide"><dt>{t('request.purpose')}</dt><dd className="pre">{r.purpose}</dd></div>
        <div className="wide"><dt>{t('request.basis')}</dt><dd>{r.legal_basis}</dd></div>
        <div className="wide"><dt>{t('ask.filter')}</dt><dd><FilterWords filter={r.filter} titleOf={titleOf} /></dd></div>
        <div><dt>{t('request.quota')}</dt><dd>{formatNumber(r.quota_per_day)}</dd></div>
        <div><dt>{t('request.rate')}</dt><dd>{formatNumber(r.rate_per_second)}</dd></div>
      </dl>
    </Section>
  );
}

function Decide({ r, d, onDone }: { r: ShareRequest; d: Dataset; onDone: () => void }) {
  const { t } = useI18n();
  const announce = useAnnounce();
  const [fields, setFields] = useState(r.fields);
  const [clear, setClear] = useState(r.clear);
  const [filter, setFilter] = useState<RowFilter[]>(r.filter);
  const [until, setUntil] = useState<Dayjs>(dayjs(r.until));
  const [quota, setQuota] = useState(r.quota_per_day);
  const [rate, setRate] = useState(r.rate_per_second);
  const [note, setNote] = useState('');
  const [reason, setReason] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const isReduced = fields.length < r.fields.length || clear.length < r.clear.length || JSON.stringify(filter) !== JSON.stringify(r.filter) ||
    until.isBefore(dayjs(r.until), 'day') || quota < r.quota_per_day || rate < r.rate_per_second;

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
  const approve = () => run(
    () => api.approve(r.id, { fields, clear, filter: readyFilter(filter), until: until.format('YYYY-MM-DD'), quota_per_day: quota, rate_per_second: rate, note: note.trim() }),
    t(isReduced ? 'decide.done.reduced' : 'decide.done.approved'),
  );

  return (
    <Section title={t('decide.title')} extra={<DueIn due={r.due} daysLeft={r.days_left} />}>
      <p className="soft">{t('decide.lead')}</p>
      {problem && <ProblemBox problem={problem} onClose={() => setProblem(null)} />}
      <FieldPicker offered={d.fields.filter((f) => r.fields.includes(f.name))} fields={fields} clear={clear} onFields={setFields} onClear={setClear} clearable={r.clear} />
      <h3 className="gap">{t('ask.filter')} <Button size="small" icon={<PlusOutlined />} onClick={() => setFilter([...filter, { field: d.fields[0]?.name ?? '', op: '=', value: '' }])}>{t('ask.filter.add')}</Button></h3>
      <FilterEditor fields={d.fields} value={filter} onChange={setFilter} />
      <Form layout="vertical" component="div" className="gap">
        <div className="facts">
          <Form.Item label={t('request.until')} htmlFor="until"><DatePicker id="until" allowClear={false} style={{ width: '100%' }} value={until} onChange={(v) => v && setUntil(v)} maxDate={dayjs(r.until)} /></Form.Item>
          <Form.Item label={t('request.quota')} htmlFor="quota"><InputNumber id="quota" style={{ width: '100%' }} min={1} value={quota} onChange={(v) => setQuota(v ?? 1)} /></Form.Item>
          <Form.Item label={t('request.rate')} htmlFor="rate"><InputNumber id="rate" style={{ width: '100%' }} min={1} value={rate} onChange={(v) => setRate(v ?? 1)} /></Form.Item>
        </div>
        <Form.Item label={t('decide.note')} htmlFor="note" extra={t(isReduced ? 'decide.note.reduced' : 'decide.note.hint')}><Input.TextArea id="note" rows={2} value={note} onChange={(e) => setNote(e.target.value)} /></Form.Item>
      </Form>
      <div className="bad-acts">
        <Button type="primary" loading={isBusy} disabled={fields.length === 0 || (isReduced && !note.trim())} onClick={() => void approve()}>{t(isReduced ? 'decide.reduce' : 'decide.approve')}</Button>
        <Button danger disabled={isBusy} onClick={() => setReason('')}>{t('decide.refuse')}</Button>
        {isReduced && !note.trim() && <span className="soft">{t('decide.need.note')}</span>}
      </div>
      <Modal open={reason !== null} title={t('decide.refuse')} onCancel={() => setReason(null)} okText={t('decide.refuse')} okButtonProps={{ danger: true, disabled: !reason?.trim(), loading: isBusy }}
        onOk={() => void run(() => api.refuse(r.id, (reason ?? '').trim()), t('decide.done.refused')).then(() => setReason(null))}>
        <Form layout="vertical" component="div"><Form.Item label={t('decide.reason')} htmlFor="reason" extra={t('decide.reason.hint')}><Input.TextArea id="reason" rows={3} value={reason ?? ''} onChange={(e) => setReason(e.target.value)} /></Form.Item></Form>
      </Modal>
    </Section>
  );
}

function Decision({ r, d }: { r: ShareRequest; d: Dataset }) {
  const { t, pick } = useI18n();
  const titleOf = (n: string) => pick(d.fields.find((f) => f.name === n)?.title) || n;
  const kind = r.state === 'refused' ? 'error' : r.state === 'withdrawn' ? 'info' : 'success';
  return (
    <>
      {r.state !== 'waiting' && (
        <Alert
          className="problem" type={kind} showIcon
          message={<strong>{t(`request.is.${r.state}`)}</strong>}
          description={
            <>
              {r.note && <p>{t('request.note')} {r.note}</p>}
              <p className="soft">{pick(r.decided_by)} {formatTime(r.decided_at)}</p>
              {r.grant !== null && <LinkButton to={`/grants/${r.grant}`} type="primary">{t('request.grant')}</LinkButton>}
            </>
          }
        />
      )}
      <Section title={t('request.fields')}>
        <ul className="fields-list">{r.fields.map((n) => <li key={n}>{titleOf(n)} {r.clear.includes(n) && <span className="mark mark-warn">{t('ask.field.clear.yes')}</span>}</li>)}</ul>
      </Section>
    </>
  );
}

export default function RequestPage() {
  const { t, pick } = useI18n();
  const user = useUser();
  const announce = useAnnounce();
  const { request: id = '' } = useParams();
  const load = useLoad(async (s) => {
    const r = await api.request(id, s);
    return { r, d: await api.dataset(r.dataset, s) };
  }, [id]);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [isLeaving, setLeaving] = useState(false);
  const r = load.data?.r;
  useEffect(() => setProblem(null), [id]);
  const isMine = r?.from.login === user.login;
  const withdraw = async () => {
    try {
      await api.withdraw(id, t('request.withdraw.reason'));
      announce(t('request.is.withdrawn'), 'done');
      load.reload();
    } catch (cause) {
      setProblem(problemOf(cause));
    }
    setLeaving(false);
  };
  return (
    <Page
      title={r ? t('request.title', { title: pick(r.title) }) : t('request.one')}
      trail={[[t('menu.share.requests'), isMine || !r ? '/requests' : '/requests?box=owner']]}
      tags={r && <StateTag state={r.state} />}
      actions={r?.state === 'waiting' && isMine && <Button onClick={() => setLeaving(true)}>{t('request.withdraw')}</Button>}
    >
      {problem && <ProblemBox problem={problem} onClose={() => setProblem(null)} />}
      <Loaded load={load}>
        {({ r: it, d }) => {
          const decides = it.state === 'waiting' && d.may.approve;
          return (
            <>
              {it.state === 'waiting' && !decides && <Alert className="problem" type="info" showIcon message={t('request.waits', { owner: pick(d.owner.title) })} description={<DueIn due={it.due} daysLeft={it.days_left} />} />}
              {!decides && <Decision r={it} d={d} />}
              <Asked r={it} d={d} />
              {decides && <Decide key={String(it.id)} r={it} d={d} onDone={load.reload} />}
            </>
          );
        }}
      </Loaded>
      <Modal open={isLeaving} title={t('request.withdraw')} okText={t('request.withdraw')} onOk={() => void withdraw()} onCancel={() => setLeaving(false)}><p>{t('request.withdraw.sure')}</p></Modal>
    </Page>
  );
}
