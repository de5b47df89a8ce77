/* One's own second factor, password and sessions. */
import { useState, type FormEvent } from 'react';
import { Button, Form, Input } from 'antd';
import { api } from '../api';
import { useI18n } from '../i18n';
import { addPasskey, hasPasskeys } from '../passkey';
import { problemOf, type ApiProblem } from '../problem';
import { formatTime } from '../text';
import type { SecondOffer } from '../types';
import { useAnnounce } from './announce';
import { Loaded, Section } from './page';
import { ProblemBox } from './problem-box';
import { QrPicture, RecoveryCodes } from './second-factor';
import { Mark } from './tags';
import { useLoad } from './use-load';

function SecondFactor() {
  const { t } = useI18n();
  const second = useLoad((s) => api.second(s), []);
  const [offer, setOffer] = useState<SecondOffer | null>(null);
  const [code, setCode] = useState('');
  const [isLeaving, setLeaving] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const run = (work: Promise<SecondOffer | null>) => {
    setProblem(null);
    work.then((got) => {
      setOffer(got);
      setCode('');
      setLeaving(false);
      second.reload();
    }).catch((cause) => setProblem(problemOf(cause)));
  };
  const submit = (e: FormEvent) => {
    e.preventDefault();
    if (code.trim()) run(isLeaving ? api.secondOff(code.trim()) : api.enrol(code.trim()));
  };
  return (
    <Section title={t('account.second')} id="second">
      {problem && <ProblemBox problem={problem} onClose={() => setProblem(null)} />}
      {offer?.recovery_codes && <RecoveryCodes codes={offer.recovery_codes} />}
      <Loaded load={second}>
        {(s) => (
          <>
            <p>{s.is_on ? t('account.second.on', { n: s.recovery_codes_left }) : t('account.second.off')} {s.is_demanded && t('account.second.demanded')}</p>
            {offer?.secret && !s.is_on && <QrPicture offer={offer} />}
            {(offer?.secret && !s.is_on) || isLeaving ? (
              <form onSubmit={submit} className="inline-form">
                <label htmlFor="second-code">{t('signin.code')}</label>
                <Input id="second-code" value={code} onChange={(e) => setCode(e.target.value)} autoComplete="one-time-code" />
                <Button htmlType="submit" type="primary">{t(isLeaving ? 'account.second.disable' : 'account.second.confirm')}</Button>
              </form>
            ) : s.is_on
              ? !s.is_demanded && <Button onClick={() => setLeaving(true)}>{t('account.second.disable')}</Button>
              : <Button onClick={() => run(api.enrol())}>{t('account.second.enable')}</Button>}
          </>
        )}
      </Loaded>
    </Section>
  );
}

function Passkeys() {
  const { t } = useI18n();
  const say = useAnnounce();
  const list = useLoad((s) => api.passkeys(s), []);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const add = () => {
    setProblem(null);
    addPasskey(/\(([^;)]+)/.exec(navigator.userAgent)?.[1] ?? navigator.platform)
      .then((isDone) => {
        say(t(isDone ? 'account.passkeys.added' : 'account.passkeys.failed'), isDone ? 'done' : 'failed');
        list.reload();
      })
      .catch((cause) => setProblem(problemOf(cause)));
  };
  return (
    <Section title={t('account.passkeys')} id="passkeys">
      {problem && <ProblemBox problem={problem} onClose={() => setProblem(null)} />}
      <p>{t('account.passkeys.lead')}</p>
      <Loaded load={list}>
        {(own) => own.passkeys.length === 0 ? <p className="soft">{t('account.passkeys.none')}</p> : (
          <ul className="side-list">
            {own.passkeys.map((p) => (
              <li key={p.id}>
                <strong>{p.title}</strong> <span className="soft">{formatTime(p.last_used ?? p.at)}</span>{' '}
                <Button size="small" aria-label={`${t('account.passkeys.remove')} ${p.title} ${formatTime(p.at)}`} onClick={() => void api.passkeyRemove(p.id).then(list.reload).catch((cause) => setProblem(problemOf(cause)))}>{t('account.passkeys.remove')}</Button>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {hasPasskeys() && <Button onClick={add}>{t('account.passkeys.add')}</Button>}
    </Section>
  );
}

function Password() {
  const { t } = useI18n();
  const say = useAnnounce();
  const [form] = Form.useForm<{ now: string; next: string }>();
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const change = async ({ now, next }: { now: string; next: string }) => {
    setBusy(true);
    setProblem(null);
    try {
      await api.changePassword(now, next);
      form.resetFields();
      say(t('account.password.done'), 'done');
    } catch (cause) {
      setProblem(problemOf(cause));
    }
    setBusy(false);
  };
  return (
    <Section title={t('account.password')} id="password">
      {problem && <ProblemBox problem={problem} onClose={() => setProblem(null)} />}
      <p className="soft">{t('account.password.rule')}</p>
      <Form form={form} layout="vertical" onFinish={(v) => void change(v)} className="narrow-form" requiredMark={false}>
        <Form.Item name="now" label={t('account.password.now')} rules={[{ required: true, message: t('account.password.now') }]}><Input.Password autoComplete="current-password" /></Form.Item>
        <Form.Item name="next" label={t('signin.new')} rules={[{ required: true, min: 12, message: t('account.password.rule') }]}><Input.Password autoComplete="new-password" /></Form.Item>
        <Button htmlType="submit" type="primary" loading={isBusy}>{t('account.password')}</Button>
      </Form>
    </Section>
  );
}

function Sessions() {
  const { t, pick } = useI18n();
  const list = useLoad((s) => api.ownSessions(s), []);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const end = (work: Promise<unknown>) => {
    work.then(list.reload).catch((cause) => setProblem(problemOf(cause)));
  };
  return (
    <>
      <Section title={t('account.sessions')} id="sessions">
        {problem && <ProblemBox problem={problem} onClose={() => setProblem(null)} />}
        <Loaded load={list}>
          {(own) => (
            <ul className="side-list">
              {own.sessions.map((s) => (
                <li key={s.id}>
                  <span className="marks"><strong>{s.address}</strong>{s.is_this && <Mark tone="plain">{t('account.sessions.this')}</Mark>}{s.has_second && <Mark tone="good">{t('accounts.state.second')}</Mark>}</span>
                  <br /><span className="soft">{s.agent.slice(0, 90)} · {t('account.sessions.seen', { when: formatTime(s.last_seen) })}</span>
                  {!s.is_this && <> <Button size="small" onClick={() => end(api.endSession(s.id))} aria-label={`${t('account.sessions.end')} ${s.address} ${formatTime(s.since)}`}>{t('account.sessions.end')}</Button></>}
                </li>
              ))}
            </ul>
          )}
        </Loaded>
      </Section>
      <Section title={t('account.systems')} id="systems">
        <Loaded load={list}>
          {(own) => own.systems.length === 0 ? <p className="soft">{t('account.systems.none')}</p> : (
            <ul className="side-list">
              {own.systems.map((s) => (
                <li key={s.id}>
                  <strong>{pick(s.title)}</strong> <span className="soft">{formatTime(s.since)}</span>{' '}
                  <Button size="small" onClick={() => end(api.endSystem(s.id))} aria-label={`${t('account.systems.end')} ${pick(s.title)}`}>{t('account.systems.end')}</Button>
                </li>
              ))}
            </ul>
          )}
        </Loaded>
      </Section>
    </>
  );
}

export function AccountSecurity() {
  return (
    <>
      <SecondFactor />
      <Passkeys />
      <Password />
      <Sessions />
    </>
  );
}
