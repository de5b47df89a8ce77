/* Another system asks who is here, or says that somebody leaves.  Plain parts, as the sign-in page has. */
import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react';
import { useSearchParams } from 'react-router-dom';
import { api } from '../api';
import { useSession } from '../app/session';
import { useI18n } from '../i18n';
import { LangSwitch } from '../parts/lang-switch';
import { problemOf, type ApiProblem } from '../problem';
import type { Pending } from '../types';
import type { WordKey } from '../words';
import SignIn from './sign-in';

export function Plain({ title, children }: { title: string; children: ReactNode }) {
  const { t } = useI18n();
  useEffect(() => {
    document.title = `${title} · ${t('app.name')}`;
  }, [title, t]);
  return (
    <div className="signin">
      <header className="signin-top">
        <span className="brand"><img src="/favicon.svg" alt="" width="28" height="28" /> {t('app.name')}</span>
        <LangSwitch />
      </header>
      <main className="signin-main signin-one" id="main">
        <div className="signin-form">
          <h1>{title}</h1>
          {children}
        </div>
      </main>
    </div>
  );
}

function Trouble({ problem }: { problem: ApiProblem }) {
  const { t, lang } = useI18n();
  return <Plain title={t('authorize.bad')}><p role="alert" className="signin-error">{(lang === 'zh' ? problem.detailZh : null) ?? problem.detail}</p></Plain>;
}

const hostOf = (address: string) => {
  try {
    return new URL(address).host;
  } catch {
    return address;
  }
};

export function Authorize() {
  const { t, pick } = useI18n();
  const { user, isLoading, leave } = useSession();
  const [params] = useSearchParams();
  const id = params.get('request') ?? '';
  const [asked, setAsked] = useState<Pending | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const isAnswered = useRef(false);

  const answer = useCallback((allow: boolean) => {
    if (isAnswered.current) return;
    isAnswered.current = true;
    api.agree(id, allow).then((a) => window.location.replace(a.redirect)).catch((cause) => setProblem(problemOf(cause)));
  }, [id]);
  useEffect(() => {
    if (isLoading || isAnswered.current) return;
    api.pending(id)
      .then(async (p) => {
        if (p.redirect) {
          window.location.replace(p.redirect);
          return;
        }
        if (p.wants_sign_in && user) await leave(); // it asks for a fresh one
        setAsked(p);
        if (user && !p.wants_sign_in && !p.wants_consent) answer(true);
      })
      .catch((cause) => setProblem(problemOf(cause)));
  }, [id, isLoading, user, leave, answer]);

  if (problem) return <Trouble problem={problem} />;
  if (!asked) return <div className="boot" role="status">{t('app.loading')}</div>;
  if (!user) return <SignIn />;
  const client = pick(asked.client);
  if (asked.wants_sign_in || !asked.wants_consent) return <div className="boot" role="status">{t('authorize.going', { client })}</div>;
  return (
    <Plain title={t('authorize.title', { client })}>
      <p>{t('authorize.lead', { client, host: hostOf(asked.host) })}</p>
      <ul>{asked.scope.split(' ').map((s) => <li key={s}>{t(`scope.${s}` as WordKey)}</li>)}</ul>
      <p className="soft">{t('authorize.as', { name: pick(user.name) })}</p>
      <button type="button" className="signin-go" onClick={() => answer(true)}>{t('authorize.allow')}</button>
      <button type="button" className="signin-other" onClick={() => answer(false)}>{t('authorize.deny')}</button>
    </Plain>
  );
}

export function SignOut() {
  const { t, pick } = useI18n();
  const { user, county, isLoading, leave } = useSession();
  const [params] = useSearchParams();
  const id = params.get('request');
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const isGone = useRef(false);

  useEffect(() => {
    if (isLoading || user || !id || isGone.current) return;
    isGone.current = true;
    api.signedOut(id).then((a) => window.location.replace(a.redirect)).catch((cause) => setProblem(problemOf(cause)));
  }, [id, isLoading, user]);

  if (problem) return <Trouble problem={problem} />;
  if (isLoading || (!user && id)) return <div className="boot" role="status">{t('app.loading')}</div>;
  if (!user) return <Plain title={t('signout.done')}><p><a href="/">{t('signout.home')}</a></p></Plain>;
  return (
    <Plain title={t('signout.title')}>
      <p>{t('signout.lead', { county: pick(county) ?? '' })}</p>
      <button type="button" className="signin-go" onClick={() => void leave()}>{t('signout.go')}</button>
      <a className="signin-other" href="/">{t('signout.stay')}</a>
    </Plain>
  );
}
