import { Link } from 'react-router-dom';
import { Alert, Button } from 'antd';
import { useI18n } from '../i18n';
import { problemWords, type ApiProblem } from '../problem';

/* The server's own sentence in the reader's language where there is one. */
export function useProblemText() {
  const { lang, t } = useI18n();
  return (p: ApiProblem) => {
    const own = lang === 'zh' ? p.detailZh : p.detail;
    return own || t(problemWords(p.code).what);
  };
}

/* What happened, what it means for my work, what I can do. */
export function ProblemBox({ problem, onRetry, onClose }: { problem: ApiProblem; onRetry?: () => void; onClose?: () => void }) {
  const { lang, t } = useI18n();
  const words = problemWords(problem.code);
  const own = lang === 'zh' ? problem.detailZh : problem.status ? problem.detail : null;
  const warns = problem.code === 'DENIED' || problem.code === 'MISSING' || problem.code === 'BUSY' || problem.code === 'LIMIT';
  return (
    <Alert
      className="problem"
      role="alert"
      showIcon
      closable={Boolean(onClose)}
      onClose={onClose}
      type={warns ? 'warning' : 'error'}
      message={<strong>{t(words.what)}</strong>}
      description={
        <>
          {own && <p className="problem-own">{own}</p>}
          <p>{t(words.means)}</p>
          <p>{t(words.next)}</p>
          <p className="problem-foot">
            {onRetry && problem.code !== 'DENIED' && (
              <Button size="small" onClick={onRetry}>{t('app.retry')}</Button>
            )}
            {problem.code === 'MISSING' && <Link to="/datasets">{t('menu.catalogue')}</Link>}
          </p>
        </>
      }
    />
  );
}
