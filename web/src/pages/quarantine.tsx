/* Bad rows as a form: the wrong cells open, the reason beside them, the suggestion one key away, Enter lands the row. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useParams } from 'react-router-dom';
import { Button, Tooltip } from 'antd';
import { CheckCircleOutlined, DownloadOutlined, ThunderboltOutlined, UploadOutlined } from '@ant-design/icons';
import { api } from '../api';
import { useI18n } from '../i18n';
import { useAnnounce } from '../parts/announce';
import { BadRowForm } from '../parts/bad-row';
import { waitingRows } from '../parts/batch-table';
import { Pager } from '../parts/data-table';
import { EmptyState } from '../parts/empty-state';
import { LinkButton } from '../parts/link-button';
import { Loaded, Page, Section } from '../parts/page';
import { ProblemBox } from '../parts/problem-box';
import { Mark } from '../parts/tags';
import { useFilters } from '../parts/use-filters';
import { useLoad } from '../parts/use-load';
import { problemOf, type ApiProblem } from '../problem';
import type { BadRow, Quarantine, Reason } from '../types';

const PAGE = 25;

export default function QuarantinePage() {
  const { t, pick } = useI18n();
  const announce = useAnnounce();
  const { batch: id = '' } = useParams();
  const { values, set, key } = useFilters(['reason', 'state', 'after']);
  const state = values.state ?? 'waiting';
  const batch = useLoad((s) => api.batch(id, s), [id]);
  const list = useLoad((s) => api.quarantine(id, { state, reason: values.reason, after: values.after, limit: PAGE }, s), [id, key]);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [accepting, setAccepting] = useState<string | null>(null);
  const box = useRef<HTMLDivElement>(null);

  const rows = list.data?.rows ?? [];
  const left = rows.filter((r) => r.state === 'waiting').length;
  const total = list.data?.total ?? 0;

  /* The first wrong cell is where the work starts. */
  const isFirst = useRef(true);
  useEffect(() => {
    if (!list.data || !isFirst.current) return;
    isFirst.current = false;
    box.current?.querySelector<HTMLInputElement>('[data-cell]')?.focus({ preventScroll: true });
  }, [list.data]);
  useEffect(() => {
    isFirst.current = true;
  }, [key]);

  const focusFrom = useCallback((row: number, step: 1 | -1) => {
    const forms = [...(box.current?.querySelectorAll<HTMLElement>('[data-bad-row]') ?? [])];
    const at = forms.findIndex((f) => f.dataset.badRow === String(row));
    for (let i = at + step; i >= 0 && i < forms.length; i += step) {
      const cell = forms[i]?.querySelector<HTMLInputElement>('[data-cell]');
      if (cell) {
        cell.focus();
        cell.select();
        forms[i]?.scrollIntoView({ block: 'nearest' });
        return;
      }
    }
  }, []);

  const changed = useCallback((row: BadRow) => {
    list.set((old) => old && { ...old, total: row.state === 'waiting' ? old.total : Math.max(0, old.total - 1), rows: old.rows.map((r) => (r.row === row.row ? row : r)) });
    if (row.state !== 'waiting') {
      focusFrom(row.row, 1);
      announce(t(row.state === 'landed' ? 'quarantine.said.landed' : 'quarantine.said.dropped', { n: row.row }));
      batch.reload();
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [announce, focusFrom, t]);

  /* Every row on this page is done: bring the next. */
  useEffect(() => {
    if (list.data && rows.length > 0 && left === 0 && state === 'waiting') {
      const id = setTimeout(() => (values.after ? set({ after: '' }) : list.reload()), 900);
      return () => clearTimeout(id);
    }
    return undefined;
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [left, rows.length, state]);

  const acceptKind = async (r: Pick<Reason, 'code' | 'field'>) => {
    setProblem(null);
    setAccepting(`${r.code}/${r.field ?? ''}`);
    try {
      const done = await api.acceptAll(id, r.code, r.field ?? '');
      announce(t('quarantine.said.kind', { landed: done.landed, waiting: done.waiting }), 'done');
      list.reload();
      batch.reload();
    } catch (cause) {
      setProblem(problemOf(cause));
    }
    setAccepting(null);
  };

  const titleOf = (r: Reason) => pick(r.field_title) || pick(list.data?.fields.find((f) => f.name === r.field)?.title) || r.field || t('quality.whole');
  /* Kinds that were seen here without any suggestion; of the others one may come on a later page. */
  const hopeless = useMemo(() => {
    const seen = new Map<string, boolean>();
    for (const r of rows)
      for (const p of r.problems) {
        const k = `${p.code}/${p.field ?? ''}`;
        seen.set(k, Boolean(seen.get(k)) || p.suggestion !== null);
      }
    return new Set([...seen].filter(([, has]) => !has).map(([k]) => k));
  }, [rows]);
  const b = batch.data;
  const kinds: Reason[] = b?.reasons ?? [];

  return (
    <Page
      title={t('quarantine.title')}
      trail={[[t('menu.intake.quarantine'), '/quarantine'], ...(b ? [[b.file.name, `/batches/${id}`] as [string, string]] : [])]}
      lead={b && list.data ? t('quarantine.lead', { file: b.file.name, title: pick(b.title), n: Math.max(total, state === 'waiting' ? 0 : waitingRows(b)) }) : undefined}
      actions={b && list.data && (
        <>
          <Button href={api.badRowsUrl(id)} download icon={<DownloadOutlined />}>{t('quarantine.download')}</Button>
          <LinkButton to={`/intake/${encodeURIComponent(b.dataset)}?corrects=${encodeURIComponent(id)}`} icon={<UploadOutlined />}>{t('quarantine.upload')}</LinkButton>
        </>
      )}
    >
      {problem && <ProblemBox problem={problem} onClose={() => setProblem(null)} />}
      {kinds.length > 0 && (
        <Section title={t('quarantine.kinds')} extra={values.reason && <Button size="small" onClick={() => set({ reason: '' })}>{t('quarantine.kinds.all')}</Button>}>
          <ul className="kinds">
            {kinds.map((r) => {
              const k = `${r.code}/${r.field ?? ''}`;
              return (
                <li key={k} className={values.reason === r.code ? 'is-on' : undefined}>
                  <span className="kind-text"><strong>{titleOf(r)}</strong> {pick(r.title)}</span>
                  <Mark tone="plain">{t('rows.n', { n: r.count })}</Mark>
                  <Button size="small" onClick={() => set({ reason: r.code, state: '' })}>{t('quarantine.only')}</Button>
                  {!hopeless.has(k) && (
                    <Button size="small" type="primary" ghost icon={<ThunderboltOutlined />} loading={accepting === k} onClick={() => void acceptKind(r)}>{t('quarantine.accept.kind')}</Button>
                  )}
                </li>
              );
            })}
          </ul>
        </Section>
      )}
      {rows.length > 0 && <div className="row-keys" aria-hidden="true">
        <span><kbd>Tab</kbd> {t('quarantine.keys.tab')}</span>
        <span><kbd>F2</kbd> {t('quarantine.keys.accept')}</span>
        <span><kbd>Enter</kbd> {t('quarantine.keys.save')}</span>
        <span><kbd>Ctrl</kbd>+<kbd>Enter</kbd> {t('quarantine.keys.both')}</span>
        <span><kbd>↑</kbd> <kbd>↓</kbd> {t('quarantine.keys.walk')}</span>
        <span><kbd>Esc</kbd> {t('quarantine.keys.back')}</span>
      </div>}
      <Loaded load={list}>{(q: Quarantine) => q.rows.length === 0 ? (
        <Section title={t('quarantine.rows')}>
          <EmptyState icon={<CheckCircleOutlined />} what={t(values.reason ? 'quarantine.empty.kind' : 'quarantine.empty')} how={t('quarantine.empty.how')}
            action={b && <><LinkButton to={`/batches/${id}`}>{t('quarantine.empty.batch')}</LinkButton><LinkButton to="/quarantine" type="primary">{t('quarantine.empty.next')}</LinkButton></>} />
        </Section>
      ) : (
        <section aria-label={t('quarantine.rows')}>
          {list.problem && <ProblemBox problem={list.problem} onRetry={list.reload} />}
          <div ref={box}>
            {q.rows.map((row) => <BadRowForm key={row.row} batch={id} row={row} fields={q.fields} onChange={changed} onWalk={focusFrom} />)}
          </div>
          <div className="toolbar">
            <Tooltip title={t('quarantine.left.hint')}><span className="soft">{t('quarantine.left', { n: left, total: q.total })}</span></Tooltip>
            <Pager next={q.next} after={values.after ?? null} count={q.rows.length} total={q.total} onGo={(after) => set({ after })} />
          </div>
        </section>
      )}</Loaded>
    </Page>
  );
}
