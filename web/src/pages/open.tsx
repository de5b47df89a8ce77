/* Open data for everybody: plain parts, no sign-in, small on a slow line. */
import { useEffect, useState, type ReactNode } from 'react';
import { Link, useParams, useSearchParams } from 'react-router-dom';
import { api } from '../api';
import { useI18n } from '../i18n';
import { LangSwitch } from '../parts/lang-switch';
import { useLoad } from '../parts/use-load';
import { problemWords, type ApiProblem } from '../problem';
import { formatNumber } from '../text';
import type { OpenRelease } from '../open-types';
import type { WordKey } from '../words';

function Frame({ title, children }: { title: string; children: ReactNode }) {
  const { t } = useI18n();
  useEffect(() => {
    document.title = `${title} · ${t('app.name')}`;
  }, [title, t]);
  return (
    <div className="open">
      <header className="signin-top">
        <Link to="/open" className="brand"><img src="/favicon.svg" alt="" width="28" height="28" /> {t('open.title')}</Link>
        <LangSwitch />
      </header>
      <main id="main" className="open-main">
        <h1>{title}</h1>
        {children}
      </main>
    </div>
  );
}

function Trouble({ problem }: { problem: ApiProblem }) {
  const { t, lang } = useI18n();
  return <p role="alert" className="signin-error">{(lang === 'zh' ? problem.detailZh : problem.detail) ?? t(problemWords(problem.code).what)}</p>;
}

const day = (at: string | null) => (at ?? '').slice(0, 10);

export function OpenList() {
  const { t, pick } = useI18n();
  const [params, setParams] = useSearchParams();
  const q = params.get('q') ?? '';
  const [typed, setTyped] = useState(q);
  const list = useLoad((s) => api.openList(q, s), [q]);
  return (
    <Frame title={list.data ? `${pick(list.data.county)} ${t('open.title')}` : t('open.title')}>
      <p className="lead">{t('open.lead')}</p>
      <form className="open-search" role="search" onSubmit={(e) => { e.preventDefault(); setParams(typed.trim() ? { q: typed.trim() } : {}); }}>
        <input type="search" aria-label={t('open.search')} placeholder={t('open.search')} value={typed} onChange={(e) => setTyped(e.target.value)} />
        <button type="submit" className="plain-button">{t('open.search.go')}</button>
      </form>
      {list.problem && <Trouble problem={list.problem} />}
      {list.data && list.data.releases.length === 0 && <p>{t('open.none')}</p>}
      <ul className="open-list">
        {list.data?.releases.map((r) => (
          <li key={r.id}>
            <h2><Link to={`/open/${r.id}`}>{pick(r.title)}</Link></h2>
            <p>{r.description}</p>
            <p className="soft">{pick(r.owner.title)} · {t('open.rows')} {formatNumber(r.rows)} · {pick(r.licence?.title)} · {day(r.decided_at)}</p>
          </li>
        ))}
      </ul>
      <p className="soft">{t('open.catalogue')}: <a href="/open/catalog.jsonld">JSON-LD</a> · <a href="/open/catalog.ttl">Turtle</a></p>
    </Frame>
  );
}

function Facts({ r }: { r: OpenRelease }) {
  const { t, pick } = useI18n();
  return (
    <dl className="facts">
      <div><dt>{t('open.publisher')}</dt><dd>{pick(r.owner.title)}</dd></div>
      <div><dt>{t('open.licence')}</dt><dd>{r.licence && <a href={r.licence.url}>{pick(r.licence.title)}</a>}</dd></div>
      <div><dt>{t('open.since')}</dt><dd>{day(r.decided_at)}</dd></div>
      <div><dt>{t('open.version')}</dt><dd>{r.version}</dd></div>
      <div><dt>{t('open.rows')}</dt><dd>{formatNumber(r.rows)}</dd></div>
      <div><dt>{t('open.downloads')}</dt><dd>{formatNumber(r.downloads)}</dd></div>
      {r.kind === 'records'
        ? <div className="wide"><dt>{t('open.k')}</dt><dd>{(r.measures.k ?? 0) > 1 ? t('open.k.text', { k: r.measures.k ?? 0, n: r.measures.suppressed ?? 0 }) : t('open.k.plain')}</dd></div>
        : <div className="wide"><dt>{t('open.epsilon')}</dt><dd>{t('open.epsilon.text', { e: r.measures.epsilon ?? 0 })}</dd></div>}
    </dl>
  );
}

export function OpenOne() {
  const { t, pick } = useI18n();
  const { release = '' } = useParams();
  const one = useLoad((s) => api.openOne(release, s), [release]);
  const r = one.data?.release;
  return (
    <Frame title={r ? pick(r.title) : t('open.title')}>
      <p><Link to="/open">{t('open.back')}</Link></p>
      {one.problem && <Trouble problem={one.problem} />}
      {r && (
        <>
          <p className="lead">{r.description}</p>
          <Facts r={r} />
          <h2>{t('open.files')}</h2>
          <ul>
            {r.files?.map((f) => <li key={f.name}><a href={`/open/files/${r.id}/${f.name}`}>{f.name}</a> <span className="soft">{formatNumber(f.bytes)} B · SHA-256 <code>{f.sha256.slice(0, 16)}…</code></span></li>)}
            <li><a href={`/open/files/${r.id}/schema.json`}>{t('open.shape')}</a> · <a href={`/open/files/${r.id}/csvw.json`}>CSVW</a></li>
            <li><a href={`/api/v1/open/${r.id}/rows?limit=100`}>{t('open.api')}</a></li>
          </ul>
          <h2>{t('open.fields')}</h2>
          <ul>{r.fields.map((f) => <li key={f.name}><code>{f.name}</code> {pick(f.title)} <span className="soft">{t(`open.treatment.${f.treatment}` as WordKey)}</span></li>)}</ul>
        </>
      )}
    </Frame>
  );
}
