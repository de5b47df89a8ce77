/* The first page: plain HTML parts, so that it is small on a slow line.  The desk and its library come after. */
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { api } from '../api';
import { useSession } from '../app/session';
import { useI18n } from '../i18n';
import { hasPasskeys, signInByPasskey } from '../passkey';
import { problemOf, problemWords } from '../problem';
import { LangSwitch } from '../parts/lang-switch';
import { QrPicture, RecoveryCodes } from '../parts/second-factor';
import type { Needs, Session, Title } from '../types';
import type { WordKey } from '../words';

const STEP_LEAD: Record<Needs['needs'], WordKey> = { code: 'signin.code.lead', enrol: 'signin.enrol.lead', password: 'signin.new.lead' };

export default function SignIn() {
  const { t, lang, pick } = useI18n();
  const [providers, setProviders] = useState<{ id: string; title: Title }[]>([]);
  const { enter } = useSession();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [isSeen, setSeen] = useState(false);
  /* What was entered before the step at hand; it is sent again with what the step asks. */
  const [given, setGiven] = useState<{ login: string; secret: string; code?: string } | null>(null);
  const [step, setStep] = useState<Needs | null>(null);
  const [opened, setOpened] = useState<Session | null>(null);
  const first = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const more = useRef<HTMLInputElement>(null);

  useEffect(() => {
    document.title = `${t('signin.title')} · ${t('app.name')}`;
  }, [t]);
  useEffect(() => {
    first.current?.focus();
    api.providers().then((p) => setProviders(p.providers)).catch(() => undefined); // a password does without
    void import('../app/shell'); // the desk is fetched while the name is typed
  }, []);
  useEffect(() => {
    more.current?.focus();
  }, [step]);

  const tell = (cause: unknown) => {
    const p = problemOf(cause);
    const w = problemWords(p.code);
    const own = lang === 'zh' ? p.detailZh : p.detail;
    if (p.status === 401) setError(t(step && step.needs !== 'password' ? 'signin.code.wrong' : 'signin.wrong'));
    else if (p.status === 400) setError(own ?? t(w.what));
    else setError(`${(lang === 'zh' ? p.detailZh : null) ?? t(w.what)} ${t(w.next)}`);
    if (p.status === 401) (step ? more : password).current?.select();
  };
  const send = async (who: { login: string; secret: string; code?: string; fresh?: string }) => {
    setBusy(true);
    setError(null);
    try {
      const got = await api.signIn(who.login, who.secret, { code: who.code, new_password: who.fresh });
      if ('needs' in got) {
        setGiven({ login: who.login, secret: who.secret, code: who.code });
        setStep(got);
      } else if (got.recovery_codes) setOpened(got);
      else enter(got);
    } catch (cause) {
      tell(cause);
    }
    setBusy(false);
  };
  const byPasskey = async () => {
    setBusy(true);
    setError(null);
    const got = await signInByPasskey().catch(() => null);
    if (got) enter(got);
    else setError(t('signin.passkey.failed'));
    setBusy(false);
  };
  const submit = (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    const form = new FormData(e.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '');
    if (step && given) {
      const value = text('more').trim();
      if (!value) more.current?.focus();
      else void send(step.needs === 'password' ? { ...given, fresh: text('more') } : { ...given, code: value.replace(/\s/g, '').toUpperCase() });
      return;
    }
    const login = text('login').trim(), secret = text('password');
    if (!login || !secret) {
      setError(t('signin.need'));
      (login ? password : first).current?.focus();
      return;
    }
    void send({ login, secret });
  };

  return (
    <div className="signin">
      <header className="signin-top">
        <span className="brand"><img src="/favicon.svg" alt="" width="28" height="28" /> {t('app.name')}</span>
        <LangSwitch />
      </header>
      <main className="signin-main">
        <div className="signin-about">
          <p className="signin-county">{t('signin.county')}</p>
          <h1>{t('signin.title')}</h1>
          <p>{t('signin.lead')}</p>
          <ul>
            <li>{t('signin.point.check')}</li>
            <li>{t('signin.point.share')}</li>
            <li>{t('signin.point.trace')}</li>
          </ul>
        </div>
        {opened ? (
          <div className="signin-form">
            <RecoveryCodes codes={opened.recovery_codes ?? []} />
            <button type="button" className="signin-go" onClick={() => enter(opened)}>{t('signin.recovery.go')}</button>
          </div>
        ) : (
          <form className="signin-form" onSubmit={submit} noValidate aria-describedby={error ? 'signin-error' : undefined}>
            <div id="signin-error" role="alert" className={error ? 'signin-error' : 'only-read'}>{error}</div>
            {step ? (
              <>
                <p>{t(STEP_LEAD[step.needs])}</p>
                {step.needs === 'enrol' && <QrPicture offer={step} />}
                <label htmlFor="more">{t(step.needs === 'password' ? 'signin.new' : step.needs === 'enrol' ? 'signin.code.six' : 'signin.code')}</label>
                {step.needs === 'password'
                  ? <input key="new" id="more" name="more" ref={more} type="password" autoComplete="new-password" aria-invalid={error ? true : undefined} />
                  : <input key="code" id="more" name="more" ref={more} inputMode={step.needs === 'enrol' ? 'numeric' : undefined} autoComplete="one-time-code" autoCapitalize="characters" spellCheck={false} aria-invalid={error ? true : undefined} />}
              </>
            ) : (
              <>
                <label htmlFor="login">{t('signin.login')}</label>
                <input id="login" name="login" ref={first} autoComplete="username" autoCapitalize="none" spellCheck={false} aria-invalid={error ? true : undefined} />
                <label htmlFor="password">{t('signin.password')}</label>
                <div className="signin-password">
                  <input id="password" name="password" ref={password} type={isSeen ? 'text' : 'password'} autoComplete="current-password" aria-invalid={error ? true : undefined} />
                  <button type="button" onClick={() => setSeen(!isSeen)} aria-pressed={isSeen}>{t(isSeen ? 'signin.hide' : 'signin.show')}</button>
                </div>
              </>
            )}
            <button type="submit" className="signin-go" disabled={isBusy}>{t(isBusy ? 'signin.busy' : 'signin.go')}</button>
            {step
              ? <button type="button" className="signin-other" onClick={() => { setStep(null); setGiven(null); setError(null); }}>{t('signin.again')}</button>
              : (
                <>
                  {hasPasskeys() && <button type="button" className="signin-other" onClick={() => void byPasskey()} disabled={isBusy}>{t('signin.passkey')}</button>}
                  {providers.map((p) => <a key={p.id} className="signin-other" href={`/oauth/outside/${p.id}`}>{t('signin.outside', { name: pick(p.title) })}</a>)}
                  <p className="soft">{t('signin.forgot')}</p>
                </>
              )}
          </form>
        )}
      </main>
      <footer className="signin-foot">{t('signin.foot')}</footer>
    </div>
  );
}
