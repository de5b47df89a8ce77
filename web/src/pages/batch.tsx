import { useEffect, useRef, useState } from 'react';
import { Link, useParams } from 'react-router-dom';
import { Alert, Button, Popconfirm, Progress } from 'antd';
import { FormOutlined, ReloadOutlined } from '@ant-design/icons';
import { api } from '../api';
import { useI18n } from '../i18n';
import { useAnnounce } from '../parts/announce';
import { waitingRows } from '../parts/batch-table';
import { DimensionBars } from '../parts/dimensions';
import { MappingEditor } from '../parts/mapping-editor';
import { LinkButton } from '../parts/link-button';
import { Loaded, Page, Section } from '../parts/page';
import { ProblemBox } from '../parts/problem-box';
import { Mark, Score, StateTag } from '../parts/tags';
import { useLoad, usePoll } from '../parts/use-load';
import { problemOf, type ApiProblem } from '../problem';
import { formatBytes, formatNumber, formatTime } from '../text';
import type { Batch, Dataset } from '../types';

const COUNTS = ['rows', 'new', 'changed', 'unchanged', 'quarantined', 'fixed', 'dropped'] as const;

function percentOf(b: Batch): number {
  const p = b.progress;
  if (!p || p.total <= 0) return b.state === 'done' ? 100 : 0;
  return Math.min(100, Math.floor((p.bytes / p.total) * 100));
}

function Running({ b, onCancel }: { b: Batch; onCancel: () => void }) {
  const { t } = useI18n();
  const announce = useAnnounce();
  const percent = percentOf(b);
  const quarter = Math.floor(percent / 25);
  useEffect(() => {
    if (quarter > 0) announce(t('batch.progress.said', { n: quarter * 25 }));
  }, [quarter, announce, t]);
  return (
    <Section title={t(b.state === 'queued' ? 'batch.queued' : 'batch.running')}>
      <Progress percent={percent} status="active" aria-label={t('batch.progress')} />
      <p className="num">{t('batch.progress.rows', { n: b.progress?.rows ?? 0 })} · {formatBytes(b.progress?.bytes ?? 0)} / {formatBytes(b.progress?.total ?? b.file.bytes)}</p>
      <p className="soft">{t('batch.leave')}</p>
      <Popconfirm title={t('batch.cancel.sure')} onConfirm={onCancel} okText={t('batch.cancel')} cancelText={t('app.back')}>
        <Button>{t('batch.cancel')}</Button>
      </Popconfirm>
    </Section>
  );
}

function Reasons({ b, dataset }: { b: Batch; dataset: Dataset | null }) {
  const { t, pick } = useI18n();
  const reasons = b.reasons ?? [];
  if (reasons.length === 0) return null;
  return (
    <Section title={t('batch.reasons')} extra={waitingRows(b) > 0 && <LinkButton to={`/batches/${b.id}/quarantine`} type="primary" icon={<FormOutlined />}>{t('batch.fix.n', { n: waitingRows(b) })}</LinkButton>}>
      <ul className="kinds">
        {reasons.map((r) => (
          <li key={`${r.code}/${r.field}`}>
            <span className="kind-text"><strong>{pick(r.field_title) || pick(dataset?.fields.find((f) => f.name === r.field)?.title) || r.field || t('quality.whole')}</strong> {pick(r.title)}</span>
            <Mark tone="warn">{t('rows.n', { n: r.count })}</Mark>
            <Link to={`/batches/${b.id}/quarantine?reason=${encodeURIComponent(r.code)}`}>{t('batch.reason.see')}</Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Result({ b, dataset }: { b: Batch; dataset: Dataset | null }) {
  const { t, pick } = useI18n();
  const left = waitingRows(b);
  const c = b.counts;
  const quality = typeof b.quality === 'number' ? { score: b.quality, dimensions: null } : b.quality;
  return (
    <>
      {b.same_as !== null && <Alert className="problem" type="info" showIcon message={t('batch.same')} description={<Link to={`/batches/${b.same_as}`}>{t('batch.same.link', { n: String(b.same_as) })}</Link>} />}
      {c && b.state === 'done' && (
        <Alert
          className="problem" role="status" showIcon
          type={left > 0 ? 'warning' : 'success'}
          message={<strong>{t('batch.done', { good: c.new + c.changed + c.unchanged, bad: left })}</strong>}
          description={left > 0 ? t('batch.done.bad') : t('batch.done.all')}
        />
      )}
      {c && c.rows > 0 && (
        <div className="counts">
          {COUNTS.map((k) => <div key={k} className={k === 'quarantined' && left > 0 ? 'is-bad' : undefined}><b>{formatNumber(c[k])}</b><span className="soft">{t(`batch.count.${k}`)}</span></div>)}
        </div>
      )}
      <Reasons b={b} dataset={dataset} />
      {(b.repaired?.length ?? 0) > 0 && (
        <Section title={t('batch.repaired')}>
          <p className="soft">{t('batch.repaired.lead')}</p>
          <ul className="kinds">
            {b.repaired?.map((r) => (
              <li key={`${r.code}/${r.field}`}>
                <span className="kind-text"><strong>{pick(dataset?.fields.find((f) => f.name === r.field)?.title) || r.field}</strong> {pick(r.title)}</span>
                <Mark tone="plain">{t('batch.repaired.n', { n: r.count })}</Mark>
              </li>
            ))}
          </ul>
        </Section>
      )}
      {quality && quality.score !== null && b.state === 'done' && (c?.rows ?? 0) > 0 && (
        <Section title={t('batch.quality')}>
          <div className="quality-now"><p className="big-score"><Score value={quality.score} /></p>{quality.dimensions && <DimensionBars dimensions={quality.dimensions} />}</div>
        </Section>
      )}
    </>
  );
}

export default function BatchPage() {
  const { t, lang, pick } = useI18n();
  const announce = useAnnounce();
  const { batch: id = '' } = useParams();
  const load = useLoad((s) => api.batch(id, s), [id]);
  const b = load.data;
  const dataset = useLoad((s) => (b ? api.dataset(b.dataset, s) : Promise.resolve(null)), [b?.dataset]);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const isMoving = b?.state === 'running' || b?.state === 'queued';
  usePoll(load.reload, 1000, isMoving);

  const before = useRef(b?.state);
  useEffect(() => {
    if (before.current && before.current !== b?.state && b && (b.state === 'done' || b.state === 'failed')) announce(t(b.state === 'done' ? 'batch.said.done' : 'batch.said.failed'));
    before.current = b?.state;
  }, [b, announce, t]);

  const cancel = async () => {
    setProblem(null);
    try {
      await api.cancel(id);
      load.reload();
    } catch (cause) {
      setProblem(problemOf(cause));
    }
  };

  return (
    <Page
      title={b ? b.file.name : t('batch.one')}
      trail={[[t('menu.intake.batches'), '/batches']]}
      tags={b && <StateTag state={b.state} />}
      actions={b && (b.state === 'failed' || b.state === 'cancelled') && <LinkButton to={`/intake/${encodeURIComponent(b.dataset)}`} type="primary" icon={<ReloadOutlined />}>{t('batch.again')}</LinkButton>}
    >
      {problem && <ProblemBox problem={problem} onClose={() => setProblem(null)} />}
      <Loaded load={load}>
        {(it) => (
          <>
            <p className="lead">
              {t('batch.into')} <Link to={`/datasets/${encodeURIComponent(it.dataset)}`}>{pick(it.title)}</Link> · {formatBytes(it.file.bytes)} {it.file.format?.toUpperCase()} {it.file.encoding ?? ''} · {[pick(it.by.name), formatTime(it.at)].filter(Boolean).join(' ')}
              {it.corrects !== null && <> · <Link to={`/batches/${it.corrects}`}>{t('batch.corrects')}</Link></>}
            </p>
            {it.state === 'mapping' && <MappingEditor batch={it} dataset={dataset.data} onStarted={(next) => { window.scrollTo(0, 0); load.set(next); announce(t('mapping.started')); load.reload(); }} onCancel={() => void cancel()} />}
            {isMoving && <Running b={it} onCancel={() => void cancel()} />}
            {it.state === 'failed' && (
              <Alert className="problem" type="error" showIcon role="alert" message={<strong>{t('batch.failed')}</strong>}
                description={<><p className="problem-own">{(lang === 'zh' ? it.error?.detail_zh : null) || it.error?.detail}</p><p>{t('batch.failed.means')}</p></>} />
            )}
            {it.state === 'cancelled' && <Alert className="problem" type="info" showIcon message={t('batch.cancelled')} />}
            {it.state !== 'mapping' && it.state !== 'queued' && <Result b={it} dataset={dataset.data} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}
