import { useEffect, type ReactNode } from 'react';
import { Link } from 'react-router-dom';
import { Spin } from 'antd';
import { useI18n } from '../i18n';
import type { Load } from './use-load';
import { ProblemBox } from './problem-box';

export function useTitle(title: string | null | undefined) {
  const { t } = useI18n();
  useEffect(() => {
    document.title = title ? `${title} · ${t('app.name')}` : t('app.name');
  }, [title, t]);
}

interface PageProps {
  title: string;
  /* Where one came from: [text, path] pairs. */
  trail?: [string, string][];
  /* One line under the title: what this page is for. */
  lead?: ReactNode;
  tags?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Page({ title, trail, lead, tags, actions, children }: PageProps) {
  const { t } = useI18n();
  useTitle(title);
  return (
    <div className="page">
      {trail && trail.length > 0 && (
        <nav className="trail" aria-label={t('app.trail')}>
          {trail.map(([text, to]) => (
            <span key={to}>
              <Link to={to}>{text}</Link>
              <span aria-hidden="true"> / </span>
            </span>
          ))}
        </nav>
      )}
      <header className="page-head">
        <div className="page-name">
          <h1>{title}</h1>
          {tags && <div className="page-tags">{tags}</div>}
        </div>
        {actions && <div className="page-actions">{actions}</div>}
      </header>
      {lead && <p className="lead">{lead}</p>}
      {children}
    </div>
  );
}

export function Section({ title, extra, children, id }: { title: ReactNode; extra?: ReactNode; children: ReactNode; id?: string }) {
  return (
    <section className="section" aria-labelledby={id ? `${id}-h` : undefined} id={id}>
      <div className="section-head">
        <h2 id={id ? `${id}-h` : undefined}>{title}</h2>
        {extra && <div className="section-extra">{extra}</div>}
      </div>
      {children}
    </section>
  );
}

/* Waits, explains, or shows: the three states of everything that is loaded. */
export function Loaded<A>({ load, children }: { load: Load<A>; children: (data: A) => ReactNode }) {
  const { t } = useI18n();
  if (load.data !== null)
    return (
      <>
        {load.problem && <ProblemBox problem={load.problem} onRetry={load.reload} />}
        {children(load.data)}
      </>
    );
  if (load.problem) return <ProblemBox problem={load.problem} onRetry={load.reload} />;
  return (
    <div className="waiting" role="status">
      <Spin /> <span>{t('app.loading')}</span>
    </div>
  );
}
