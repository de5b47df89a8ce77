/* The first page: plain HTML parts, so that it is small on a slow line.  The desk and its library come after. */
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { api } from '../api';
import { useSession } from '../app/session';
import { useI18n } from '../i18n';
import { problemOf, problemWords } from '../problem';
import { LangSwitch } from '../parts/lang-switch';

export default function SignIn() {
  const { t, lang } = useI18n();
  const { enter } = useSession();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [isSeen, setSeen] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);

  useEffect(() => {
    document.title = `${t('signin.title')} · ${t('app.name')}`;
  }, [t]);
  useEffect(() => {
    first.current?.focus();
    void import('../app/shell'); // the desk is fetched while the name is typed
  }, []);

  const submit = async (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    const form = new FormData(e.currentTarget);
    const login = String(form.get('login') ?? '').trim();
    const secret = String(form.get('password') ?? '');
    if (!login || !secret) {
      setError(t('signin.need'));
      (login ? password : first).current?.focus();
      return;
    }
    setBusy(true);
    setError(null);
    try {
      enter(await api.signIn(login, secret));
    } catch (cause) {
      const p = problemOf(cause);
      const w = problemWords(p.code);
      setError(p.status === 401 ? t('signin.wrong') : `${(lang === 'zh' ? p.detailZh : null) ?? t(w.what)} ${t(w.next)}`);
      setBusy(false);
      if (p.status === 401) password.current?.select();
    }
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
        <form className="signin-form" onSubmit={(e) => void submit(e)} noValidate aria-describedby={error ? 'signin-error' : undefined}>
          <div id="signin-error" role="alert" className={error ? 'signin-error' : 'only-read'}>{error}</div>
          <label htmlFor="login">{t('signin.login')}</label>
          <input id="login" name="login" ref={first} autoComplete="username" autoCapitalize="none" spellCheck={false} aria-invalid={error ? true : undefined} />
          <label htmlFor="password">{t('signin.password')}</label>
          <div className="signin-password">
            <input id="password" name="password" ref={password} type={isSeen ? 'text' : 'password'} autoComplete="current-password" aria-invalid={error ? true : undefined} />
            <button type="button" onClick={() => setSeen(!isSeen)} aria-pressed={isSeen}>{t(isSeen ? 'signin.hide' : 'signin.show')}</button>
          </div>
          <button type="submit" className="signin-go" disabled={isBusy}>{t(isBusy ? 'signin.busy' : 'signin.go')}</button>
          <p className="soft">{t('signin.forgot')}</p>
        </form>
      </main>
      <footer className="signin-foot">{t('signin.foot')}</footer>
    </div>
  );
}
