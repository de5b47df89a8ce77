/* Who is not signed in sees the sign-in page at whatever address they came to, and stays there after. */
import { Suspense, type ComponentType } from 'react';
import { useI18n } from '../i18n';
import { problemWords } from '../problem';
import SignIn from '../pages/sign-in';
import { useSession } from './session';

export function Gate({ shell: Shell }: { shell: ComponentType }) {
  const { t } = useI18n();
  const { user, isLoading, problem, retry } = useSession();
  const wait = <div className="boot" role="status">{t('app.loading')}</div>;
  if (isLoading) return wait;
  if (problem) {
    const w = problemWords(problem.code);
    return (
      <main className="boot" role="alert">
        <h1>{t(w.what)}</h1>
        <p>{t(w.means)} {t(w.next)}</p>
        <button type="button" className="plain-button" onClick={retry}>{t('app.retry')}</button>
      </main>
    );
  }
  if (!user) return <SignIn />;
  return <Suspense fallback={wait}><Shell /></Suspense>;
}
