import { useEffect, useState, type ReactNode } from 'react';
import { Link } from 'react-router-dom';
import { Button, DatePicker, Input, Select } from 'antd';
import { AuditOutlined, DownloadOutlined } from '@ant-design/icons';
import dayjs from 'dayjs';
import { api } from '../api';
import { useI18n } from '../i18n';
import { DataTable, Pager, type Column } from '../parts/data-table';
import { DatasetSelect, useDatasets } from '../parts/dataset-select';
import { EmptyState } from '../parts/empty-state';
import { Page, Section } from '../parts/page';
import { ProblemBox } from '../parts/problem-box';
import { EmergencyLooks } from '../parts/emergency';
import { SearchBox } from '../parts/search-box';
import { Mark } from '../parts/tags';
import { useFilters } from '../parts/use-filters';
import { useLoad } from '../parts/use-load';
import { codeWords } from '../parts/update-words';
import { formatNumber, formatTime } from '../text';
import type { AuditEvent } from '../types';

const ACTIONS = ['records.list', 'records.read', 'share.read', 'share.list', 'share.describe', 'share.request', 'share.approve', 'share.refuse', 'share.withdraw', 'share.key', 'share.revoke',
  'intake.upload', 'intake.look', 'intake.start', 'intake.cancel', 'quarantine.read', 'quarantine.export', 'quarantine.fix', 'quarantine.drop', 'case.list', 'case.read', 'case.report', 'case.fix', 'case.reject', 'session.open', 'session.close', 'audit.read', 'audit.export', 'audit.proof', 'audit.archive'];

function KeyFilter({ value, onSet }: { value: string; onSet: (v: string) => void }) {
  const { t } = useI18n();
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  return <Input aria-label={t('audit.key')} placeholder={t('audit.key')} style={{ width: 170 }} allowClear value={text} onChange={(e) => { setText(e.target.value); if (!e.target.value) onSet(''); }} onPressEnter={() => onSet(text.trim())} onBlur={() => text.trim() !== value && onSet(text.trim())} />;
}

/* At the share API the bearer is an organisation, and its code is no name. */
function Who({ e }: { e: AuditEvent }) {
  const { pick } = useI18n();
  const organisation = pick(e.organisation);
  const code = typeof e.organisation === 'object' && e.organisation && 'code' in e.organisation ? e.organisation.code : null;
  if (e.who === code && organisation) return <span className="cell-main">{organisation}</span>;
  return <><span className="cell-main">{e.who ?? '—'}</span><span className="cell-sub">{organisation}</span></>;
}

/* How far what is listed can be proven, and the file that proves it. */
function Seal({ from, to }: { from?: string; to?: string }) {
  const { t } = useI18n();
  const { data, problem, reload } = useLoad((s) => api.auditState(s), []);
  if (problem) return <ProblemBox problem={problem} onRetry={reload} />;
  if (!data) return null;
  const facts: [string, ReactNode][] = [
    [t('audit.seal.upto'), <span key="upto" className="num">{data.sealed_upto ?? '—'}{data.unsealed > 0 && <span className="cell-sub">{t('audit.seal.waiting', { n: formatNumber(data.unsealed) })}</span>}</span>],
    [t('audit.seal.checkpoint'), data.checkpoint && data.signed_at ? <span key="at" className="num">{data.checkpoint} · {formatTime(data.signed_at)}{Boolean(data.clock_back_ms) && <span className="cell-sub">{t('audit.seal.back', { n: formatNumber(Math.round((data.clock_back_ms ?? 0) / 1000)) })}</span>}</span> : t('audit.seal.none')],
    [t('audit.seal.records'), <span key="records" className="num">{formatNumber(data.records ?? 0)}</span>],
    [t('audit.seal.key'), data.key ? <code key="key" style={{ overflowWrap: 'anywhere' }}>{data.key}</code> : '—'],
  ];
  return (
    <Section title={t('audit.seal')} extra={data.may_export && <Button href={api.auditExportUrl(from, to)} download icon={<DownloadOutlined />} title={t('audit.export.how')}>{t('audit.export')}</Button>}>
      <dl className="facts">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      {data.may_export && <p className="soft">{t('audit.export.how')}</p>}
    </Section>
  );
}

export default function Audit() {
  const { t, pick } = useI18n();
  const datasets = useDatasets();
  const names = ['dataset', 'key', 'who', 'action', 'from', 'to', 'after'] as const;
  const { values, set, key } = useFilters(names);
  const list = useLoad((s) => api.audit({ ...values }, s), [key]);
  const titleOf = (id: string | null) => (id ? pick(datasets.find((d) => d.id === id)?.title) || id : '');
  const columns: Column<AuditEvent>[] = [
    { key: 'at', title: t('audit.at'), width: 140, render: (e) => <span className="nowrap num">{formatTime(e.at)}</span> },
    { key: 'who', title: t('audit.who'), isHead: true, render: (e) => <Who e={e} /> },
    { key: 'action', title: t('audit.action'), render: (e) => <>{codeWords(t, 'action', e.action)}<span className="cell-sub">{codeWords(t, 'via', e.via)}</span></> },
    { key: 'dataset', title: t('audit.what'), render: (e) => e.dataset ? <><Link to={`/datasets/${encodeURIComponent(e.dataset)}`}>{titleOf(e.dataset)}</Link>{e.key && <span className="cell-sub"><Link to={`/datasets/${encodeURIComponent(e.dataset)}/records/${encodeURIComponent(e.key)}`}><code>{e.key}</code></Link></span>}</> : e.key ? <code>{e.key}</code> : '—' },
    { key: 'count', title: t('audit.count'), align: 'right', render: (e) => <span className="num">{e.count === null ? '—' : formatNumber(e.count)}</span> },
    { key: 'purpose', title: t('request.purpose'), render: (e) => <span className="cell-wrap">{e.purpose || '—'}{e.grant !== null && e.grant !== undefined && <span className="cell-sub"><Link to={`/grants/${e.grant}`}>{t('audit.grant')}</Link></span>}</span> },
    { key: 'result', title: t('audit.result'), render: (e) => <Mark tone={e.result === 'ok' ? 'good' : e.result === 'denied' ? 'bad' : 'plain'}>{codeWords(t, 'result', e.result)}</Mark> },
    { key: 'fields', title: t('audit.fields'), isExtra: true, render: (e) => <span className="cell-wrap">{e.fields?.join(', ') || '—'}</span> },
    { key: 'proof', title: t('audit.proof'), isExtra: true, render: (e) => <a href={api.auditProofUrl(e.id)} download title={t('audit.proof.get')} aria-label={t('audit.proof.get')}>{e.id}</a> },
    { key: 'address', title: t('audit.address'), isExtra: true, render: (e) => <code>{e.address ?? '—'}</code> },
  ];
  const isFiltered = names.some((n) => n !== 'after' && values[n]);
  return (
    <Page title={t('menu.audit')} lead={t('audit.lead')}>
      <Seal from={values.from} to={values.to} />
      <Section title={t('audit.list')}>
        {list.problem && <ProblemBox problem={list.problem} onRetry={list.reload} />}
        <DataTable
          id="audit" label={t('audit.list')} canChoose columns={columns} rows={list.data?.events ?? (list.problem ? [] : null)} rowKey={(e) => String(e.id)} isLoading={list.isLoading}
          toolbar={
            <>
              <SearchBox value={values.who ?? ''} onSearch={(who) => set({ who })} label={t('audit.find.who')} />
              <DatasetSelect value={values.dataset ?? ''} onChange={(dataset) => set({ dataset })} />
              <Select showSearch optionFilterProp="label" aria-label={t('audit.action')} value={values.action ?? ''} onChange={(action) => set({ action })} style={{ width: 150 }}
                options={[{ value: '', label: t('audit.action.any') }, ...ACTIONS.map((a) => ({ value: a, label: codeWords(t, 'action', a) }))]} />
              <KeyFilter value={values.key ?? ''} onSet={(k) => set({ key: k })} />
              <DatePicker style={{ width: 125 }} aria-label={t('audit.from')} placeholder={t('audit.from')} value={values.from ? dayjs(values.from) : null} onChange={(d) => set({ from: d ? d.format('YYYY-MM-DD') : '' })} />
              <DatePicker style={{ width: 125 }} aria-label={t('audit.to')} placeholder={t('audit.to')} value={values.to ? dayjs(values.to) : null} onChange={(d) => set({ to: d ? d.format('YYYY-MM-DD') : '' })} />
              {isFiltered && <Button onClick={() => set(Object.fromEntries(names.map((n) => [n, ''])))}>{t('filter.clear')}</Button>}
            </>
          }
          foot={<Pager next={list.data?.next ?? null} after={values.after ?? null} count={list.data?.events.length ?? 0} onGo={(after) => set({ after })} />}
          empty={<EmptyState icon={<AuditOutlined />} what={t(isFiltered ? 'audit.nothing' : 'audit.empty')} how={t(isFiltered ? 'records.nothing.how' : 'audit.empty.how')} />}
        />
      </Section>
      <EmergencyLooks />
    </Page>
  );
}
