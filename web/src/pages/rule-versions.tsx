import { useState } from 'react';
import { Button, Input, Popconfirm, Space } from 'antd';
import { diffLines } from 'diff';
import { api } from '../api';
import { useI18n } from '../i18n';
import { DataTable, type Column } from '../parts/data-table';
import { EmptyState } from '../parts/empty-state';
import { Loaded, Section } from '../parts/page';
import { ProblemBox } from '../parts/problem-box';
import type { Load } from '../parts/use-load';
import { problemOf, type ApiProblem } from '../problem';
import { formatTime } from '../text';
import type { RuleDetail, RuleVersion, RuleVersions } from '../types';

/* What a text says, an element a line: how it is laid out and drawn is no difference. */
function lines(xml: string): string {
  const out: string[] = [];
  const walk = (e: Element, depth: number) => {
    if (e.localName === 'DMNDI') return;
    const attributes = [...e.attributes].filter((a) => !a.name.startsWith('xmlns')).map((a) => `${a.localName}="${a.value}"`).sort();
    const text = [...e.childNodes].filter((n) => n.nodeType === Node.TEXT_NODE || n.nodeType === Node.CDATA_SECTION_NODE).map((n) => n.nodeValue?.trim() ?? '').join('');
    out.push(`${'  '.repeat(depth)}${[e.localName, ...attributes].join(' ')}${text ? `: ${text}` : ''}`);
    for (const child of e.children) walk(child, depth + 1);
  };
  walk(new DOMParser().parseFromString(xml, 'application/xml').documentElement, 0);
  return `${out.join('\n')}\n`;
}

function Difference({ from, to }: { from: string; to: string }) {
  const { t } = useI18n();
  const parts = diffLines(lines(from), lines(to)).filter((p) => p.added || p.removed);
  if (parts.length === 0) return <p>{t('rule.version.same')}</p>;
  return (
    <pre className="rule-text" tabIndex={0}>
      {parts.map((p, i) => p.added ? <ins key={i}>{p.value.replace(/^/gm, '+ ').replace(/\+ $/, '')}</ins> : <del key={i}>{p.value.replace(/^/gm, '- ').replace(/- $/, '')}</del>)}
    </pre>
  );
}

export interface Opened { version: number; state: RuleVersion['state'] | 'package'; base: number; revision: number; xml: string }

/* A draft's way: saved, compared, submitted, decided by a second person, in force from its day. */
export function Versions({ rule, load, opened, onOpen, text, onCompare, onDecided }: {
  rule: RuleDetail; load: Load<RuleVersions>; opened: Opened | null; onOpen: (o: Opened) => void; text: (() => Promise<string>) | null; onCompare: (version: number) => void; onDecided: () => void;
}) {
  const { t, pick } = useI18n();
  const [note, setNote] = useState('');
  const [from, setFrom] = useState('');
  const [reason, setReason] = useState('');
  const [compared, setCompared] = useState<{ version: number; from: string; to: string } | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const act = async (what: () => Promise<string>) => {
    setBusy(true);
    setProblem(null);
    setSaid(null);
    try {
      setSaid(await what());
      load.reload();
    } catch (cause) {
      setProblem(problemOf(cause));
    } finally {
      setBusy(false);
    }
  };
  const open = async (v: RuleVersion) => {
    const { xml } = await api.ruleVersion(rule.id, v.version);
    onOpen({ version: v.version, state: v.state, base: v.base, revision: v.revision, xml });
  };
  const save = (asNew: boolean) => act(async () => {
    const xml = text ? await text() : '';
    if (opened?.state === 'draft' && !asNew) {
      const done = await api.saveRuleDraft(rule.id, opened.version, { text: xml, note, revision: opened.revision });
      onOpen({ ...opened, revision: done.revision, xml });
      return t('rule.version.saved', { version: done.version });
    }
    const base = !opened ? rule.version : opened.state === 'approved' || opened.state === 'package' ? opened.version : opened.base;
    const done = await api.makeRuleDraft(rule.id, { text: xml, note, base });
    onOpen({ version: done.version, state: 'draft', base, revision: done.revision, xml });
    return t('rule.version.saved', { version: done.version });
  });
  const state = (v: RuleVersion, inForce: number) => v.version === inForce ? t('rule.version.now') : t(`rule.version.${v.state}`);
  const actions = (v: RuleVersion, may: RuleVersions['may']) => (
    <Space wrap>
      <Button size="small" disabled={isBusy} onClick={() => void act(async () => { await open(v); return t('rule.version.opened', { version: v.version }); })}>{t('rule.version.open')}</Button>
      <Button size="small" disabled={isBusy} onClick={() => void act(async () => {
        setCompared({ version: v.version, from: rule.xml, to: (await api.ruleVersion(rule.id, v.version)).xml });
        onCompare(v.version);
        return t('rule.version.compared', { version: v.version });
      })}>{t('rule.version.compare')}</Button>
      {may.draft && v.state === 'draft' && <Button size="small" disabled={isBusy} onClick={() => void act(async () => {
        await api.submitRule(rule.id, v.version, v.revision);
        return t('rule.version.sent', { version: v.version });
      })}>{t('rule.version.submit')}</Button>}
      {may.approve && v.state === 'submitted' && (
        <>
          <Popconfirm icon={null} okText={t('rule.version.approve')} cancelText={t('app.back')} okButtonProps={{ disabled: !from }}
            title={<label htmlFor={`from-${v.version}`}>{t('rule.version.from')}</label>}
            description={<Input id={`from-${v.version}`} type="date" value={from} onChange={(e) => setFrom(e.target.value)} />}
            onConfirm={() => void act(async () => { await api.approveRule(rule.id, v.version, from); onDecided(); return t('rule.version.passed', { version: v.version, day: from }); })}>
            <Button size="small" type="primary" disabled={isBusy}>{t('rule.version.approve')}</Button>
          </Popconfirm>
          <Popconfirm icon={null} okText={t('rule.version.refuse')} cancelText={t('app.back')} okButtonProps={{ disabled: !reason.trim() }}
            title={<label htmlFor={`reason-${v.version}`}>{t('rule.version.reason')}</label>}
            description={<Input.TextArea id={`reason-${v.version}`} value={reason} onChange={(e) => setReason(e.target.value)} />}
            onConfirm={() => void act(async () => { await api.refuseRule(rule.id, v.version, reason); return t('rule.version.sent-back', { version: v.version }); })}>
            <Button size="small" disabled={isBusy}>{t('rule.version.refuse')}</Button>
          </Popconfirm>
        </>
      )}
    </Space>
  );
  return (
    <Section title={t('rule.versions')}>
      <Loaded load={load}>
        {(found) => {
          const columns: Column<RuleVersion>[] = [
            { key: 'version', title: t('rule.version'), isHead: true, render: (v) => t('rule.version.n', { version: v.version }) },
            { key: 'state', title: t('rule.version.state'), render: (v) => <>{state(v, found.in_force)}{v.in_force_from && <div className="soft">{t('rule.version.since', { day: v.in_force_from })}</div>}</> },
            { key: 'note', title: t('rule.version.note'), render: (v) => <span className="cell-wrap">{v.note}{v.reason && <div>{t('rule.version.because', { reason: v.reason })}</div>}</span> },
            { key: 'author', title: t('rule.version.author'), render: (v) => <>{v.author}{v.decided_by && <div className="soft">{t('rule.version.decided', { login: v.decided_by })}</div>}</> },
            { key: 'saved', title: t('rule.version.saved.at'), render: (v) => formatTime(v.saved_at) },
            { key: 'do', title: t('rule.version.actions'), render: (v) => actions(v, found.may) },
          ];
          return (
            <>
              <p className="lead">{found.in_force === 0 ? t('rule.version.package', { package: pick(rule.package_title) }) : t('rule.version.in.force', { version: found.in_force })}</p>
              {text && found.may.draft && (
                <div className="rule-inputs">
                  <div className="rule-input"><label htmlFor="draft-note">{t('rule.version.what')}</label><Input.TextArea id="draft-note" value={note} maxLength={300} onChange={(e) => setNote(e.target.value)} /></div>
                  <Space wrap>
                    <Button type="primary" loading={isBusy} disabled={!note.trim()} onClick={() => void save(false)}>{t('rule.version.save')}</Button>
                    {opened?.state === 'draft' && <Button disabled={isBusy || !note.trim()} onClick={() => void save(true)}>{t('rule.version.save.new')}</Button>}
                  </Space>
                </div>
              )}
              <div aria-live="polite">{said && <p role="status">{said}</p>}{problem && <ProblemBox problem={problem} />}</div>
              <DataTable id="rule-versions" label={t('rule.versions')} columns={columns} rows={found.versions} rowKey={(v) => String(v.version)} empty={<EmptyState what={t('rule.versions.none')} />} />
              {compared && <><h3>{t('rule.version.difference', { version: compared.version })}</h3><Difference from={compared.from} to={compared.to} /></>}
            </>
          );
        }}
      </Loaded>
    </Section>
  );
}
