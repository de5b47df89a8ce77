import { useId, useMemo, useRef, useState } from 'react';
import { Button, Input } from 'antd';
import { BulbOutlined, CheckCircleOutlined, CloseCircleOutlined, DownOutlined, MinusCircleOutlined, UpOutlined } from '@ant-design/icons';
import { api } from '../api';
import { useI18n } from '../i18n';
import { problemOf, type ApiProblem } from '../problem';
import type { BadRow, Problem, Quarantine } from '../types';
import { useAnnounce } from './announce';
import { useCodes } from './field-value';
import { ProblemBox } from './problem-box';

type Field = Quarantine['fields'][number];

/* The codes one may type, offered by the browser's own list. */
function CodeOptions({ id, code }: { id: string; code: string }) {
  const { pick } = useI18n();
  const list = useCodes(code);
  if (!list || list.items.length > 300) return null;
  return <datalist id={id}>{list.items.map((i) => <option key={i.code} value={i.code}>{pick(i.title)}</option>)}</datalist>;
}

interface CellProps {
  id: string;
  field: Field | undefined;
  name: string;
  value: string;
  /* What came with the file; a problem's own value may be put in the standard form already. */
  came: string;
  problem?: Problem;
  isPlain?: boolean;
  onChange: (v: string) => void;
}

/* Spaces at the ends are the fault one cannot see: show them. */
const visible = (v: string) => v.replace(/^\s+|\s+$/g, (s) => '␣'.repeat(s.length)).replace(/[\u3000]/g, '␣');

function Cell({ id, field, name, value, came, problem, isPlain, onChange }: CellProps) {
  const { t, pick } = useI18n();
  const isChanged = value !== came;
  const label = pick(field?.title) || name;
  return (
    <div className={isPlain ? undefined : 'bad-cell'}>
      <label htmlFor={id}>{label}{problem && visible(came) !== came && <span className="soft"> {t('quarantine.spaces')} <code>{visible(came)}</code></span>}</label>
      <Input
        id={id}
        className="cell-input"
        data-cell={problem ? name : undefined}
        value={value}
        status={problem && !isChanged ? 'error' : undefined}
        aria-invalid={problem && !isChanged ? true : undefined}
        aria-describedby={problem ? `${id}-why` : undefined}
        list={field?.code ? `${id}-codes` : undefined}
        autoComplete="off"
        spellCheck={false}
        onChange={(e) => onChange(e.target.value)}
      />
      {field?.code && <CodeOptions id={`${id}-codes`} code={field.code} />}
      {problem && (
        <div id={`${id}-why`}>
          <p className="bad-reason"><CloseCircleOutlined aria-hidden /> <span>{pick(problem.reason)}</span></p>
          {problem.suggestion !== null && value !== problem.suggestion && (
            <div className="suggest">
              <BulbOutlined aria-hidden /> <span className="soft">{t('quarantine.suggest')}</span> <code>{problem.suggestion === '' ? t('quarantine.suggest.empty') : problem.suggestion}</code>
              <Button size="small" onClick={() => onChange(problem.suggestion ?? '')}>{t('quarantine.accept')}</Button>
            </div>
          )}
        </div>
      )}
    </div>
  );
}

interface BadRowProps {
  batch: string;
  row: BadRow;
  fields: Field[];
  onChange: (row: BadRow) => void;
  onWalk: (row: number, step: 1 | -1) => void;
}

export function BadRowForm({ batch, row, fields, onChange, onWalk }: BadRowProps) {
  const { t, pick } = useI18n();
  const announce = useAnnounce();
  const base = useId();
  const [edits, setEdits] = useState<Record<string, string>>({});
  const [isOpen, setOpen] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [isDropping, setDropping] = useState(false);
  const [note, setNote] = useState('');
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const form = useRef<HTMLFormElement>(null);

  const byField = useMemo(() => {
    const out = new Map<string, Problem>();
    for (const p of row.problems) if (p.field !== null && !out.has(p.field)) out.set(p.field, p);
    return out;
  }, [row.problems]);
  const whole = row.problems.filter((p) => !fields.some((f) => f.name === p.field));
  const bad = fields.filter((f) => byField.has(f.name));
  const good = fields.filter((f) => !byField.has(f.name));
  const valueOf = (name: string) => edits[name] ?? row.values[name] ?? '';
  const set = (name: string, v: string) => setEdits((old) => ({ ...old, [name]: v }));
  const who = good.filter((f) => !f.code).map((f) => row.values[f.name]).filter((v): v is string => Boolean(v)).slice(0, 4).join(' · ');
  const suggestions = bad.filter((f) => byField.get(f.name)?.suggestion !== null);

  const save = async (more: Record<string, string> = {}) => {
    const values: Record<string, string> = {};
    for (const [name, v] of Object.entries({ ...edits, ...more })) if (v !== (row.values[name] ?? '')) values[name] = v;
    setBusy(true);
    setProblem(null);
    try {
      const done = await api.fixRow(batch, row.row, values);
      setBusy(false);
      onChange({ ...row, state: done.state, values: { ...row.values, ...values }, problems: done.problems ?? [] });
      if (done.state === 'waiting') {
        announce(t('quarantine.said.still', { n: row.row, problems: done.problems.length }));
        setTimeout(() => form.current?.querySelector<HTMLInputElement>('[data-cell]')?.focus(), 0);
      } else setEdits({});
    } catch (cause) {
      setProblem(problemOf(cause));
      setBusy(false);
    }
  };

  const acceptHere = () => {
    const out: Record<string, string> = {};
    for (const f of suggestions) out[f.name] = byField.get(f.name)?.suggestion ?? '';
    setEdits((old) => ({ ...old, ...out }));
    return out;
  };

  const drop = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await api.dropRow(batch, row.row, note.trim());
      onChange({ ...row, state: 'dropped' });
    } catch (cause) {
      setProblem(problemOf(cause));
    }
    setBusy(false);
  };

  const onKeyDown = (e: React.KeyboardEvent) => {
    const el = e.target;
    if (!(el instanceof HTMLInputElement) || e.nativeEvent.isComposing) return;
    const name = el.dataset.cell;
    if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) {
      e.preventDefault();
      void save(acceptHere());
    } else if (e.key === 'F2' && name) {
      const s = byField.get(name)?.suggestion;
      e.preventDefault();
      if (s !== null && s !== undefined) {
        set(name, s);
        announce(t('quarantine.said.accepted', { value: s }));
      }
    } else if ((e.key === 'ArrowDown' || e.key === 'ArrowUp') && !el.getAttribute('list')) {
      e.preventDefault();
      onWalk(row.row, e.key === 'ArrowDown' ? 1 : -1);
    } else if (e.key === 'Escape' && name) {
      setEdits((old) => Object.fromEntries(Object.entries(old).filter(([k]) => k !== name)));
    }
  };

  if (row.state !== 'waiting')
    return (
      <div className={`bad-row is-done is-${row.state}`} data-bad-row={row.row}>
        <span className="bad-no">{t('quarantine.row', { n: row.row })}</span>
        <span className="bad-who">{fields.filter((f) => !f.code).map((f) => row.values[f.name]).filter(Boolean).slice(0, 4).join(' · ')}</span>
        <span>{row.state === 'landed' ? <CheckCircleOutlined className="score-good" aria-hidden /> : <MinusCircleOutlined aria-hidden />} {t(`state.${row.state}`)}</span>
      </div>
    );

  return (
    <form
      className="bad-row"
      data-bad-row={row.row}
      ref={form}
      aria-label={t('quarantine.row', { n: row.row })}
      onKeyDown={onKeyDown}
      onSubmit={(e) => {
        e.preventDefault();
        if (isDropping) void drop();
        else void save();
      }}
    >
      <div className="bad-top">
        <span className="bad-no">{t('quarantine.row', { n: row.row })}</span>
        <span className="bad-who">{who}</span>
        <Button size="small" type="link" htmlType="button" icon={isOpen ? <UpOutlined /> : <DownOutlined />} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>{t(isOpen ? 'quarantine.less' : 'quarantine.more')}</Button>
      </div>
      {problem && <ProblemBox problem={problem} onClose={() => setProblem(null)} />}
      {whole.map((p, i) => <p key={i} className="bad-reason"><CloseCircleOutlined aria-hidden /> {pick(p.reason)}</p>)}
      <div className="bad-body">
      <div className="bad-cells">
        {bad.map((f) => <Cell key={f.name} id={`${base}${f.name}`} field={f} name={f.name} value={valueOf(f.name)} came={row.values[f.name] ?? ''} problem={byField.get(f.name)} onChange={(v) => set(f.name, v)} />)}
      </div>
      <div className="bad-acts">
        {isDropping ? (
          <>
            <Input aria-label={t('quarantine.drop.note')} placeholder={t('quarantine.drop.note')} value={note} autoFocus style={{ width: 280, maxWidth: '100%' }} onChange={(e) => setNote(e.target.value)}
              onKeyDown={(e) => { if (e.key === 'Escape') { e.stopPropagation(); setDropping(false); } }} />
            <Button htmlType="submit" danger loading={isBusy} disabled={!note.trim()}>{t('quarantine.drop.sure')}</Button>
            <Button htmlType="button" onClick={() => setDropping(false)}>{t('app.back')}</Button>
          </>
        ) : (
          <>
            <Button htmlType="submit" type="primary" loading={isBusy}>{t('quarantine.save')}</Button>
            {suggestions.length > 0 && <Button htmlType="button" disabled={isBusy} onClick={() => void save(acceptHere())}>{t('quarantine.accept.save')}</Button>}
            <Button htmlType="button" type="text" disabled={isBusy} onClick={() => setDropping(true)}>{t('quarantine.drop')}</Button>
          </>
        )}
      </div>
      </div>
      {isOpen && (
        <div className="more-cells">
          {good.map((f) => <Cell key={f.name} id={`${base}${f.name}`} field={f} name={f.name} value={valueOf(f.name)} came={row.values[f.name] ?? ''} isPlain onChange={(v) => set(f.name, v)} />)}
        </div>
      )}
    </form>
  );
}
