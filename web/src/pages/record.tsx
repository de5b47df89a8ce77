import { useState } from 'react';
import { Link, useParams } from 'react-router-dom';
import { Alert, Button, Form, Input, Modal } from 'antd';
import { FlagOutlined, QuestionCircleOutlined } from '@ant-design/icons';
import { api } from '../api';
import { useUser } from '../app/session';
import { useI18n } from '../i18n';
import { useAnnounce } from '../parts/announce';
import { DataTable, type Column } from '../parts/data-table';
import { OpenGlass } from '../parts/emergency';
import { EmptyState } from '../parts/empty-state';
import { FieldValue } from '../parts/field-value';
import { Loaded, Page, Section } from '../parts/page';
import { ProblemBox } from '../parts/problem-box';
import { GradeTag, MaskedMark, StateTag } from '../parts/tags';
import { useLoad } from '../parts/use-load';
import { WhyBox } from '../parts/why-box';
import { mayAny, mayDo } from '../app/may';
import { codeWords } from '../parts/update-words';
import { problemOf, type ApiProblem } from '../problem';
import { formatTime } from '../text';
import type { Dataset, Field, RecordDetail } from '../types';

type Look = RecordDetail['looks'][number];

function ReportBox({ dataset, recordKey, field, value, isMasked, onClose, onDone }: {
  dataset: Dataset; recordKey: string; field: Field; value: unknown; isMasked: boolean; onClose: () => void; onDone: (caseId: string | number) => void;
}) {
  const { t, pick } = useI18n();
  const [proposed, setProposed] = useState('');
  const [note, setNote] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const send = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const { case: c } = await api.report(dataset.id, recordKey, { field: field.name, proposed: proposed.trim(), note: note.trim() });
      onDone(typeof c === 'object' ? c.id : c);
    } catch (cause) {
      setProblem(problemOf(cause));
      setBusy(false);
    }
  };
  return (
    <Modal open title={t('report.title', { field: pick(field.title) })} onCancel={onClose} onOk={() => void send()} okText={t('report.send')}
      okButtonProps={{ loading: isBusy, disabled: !proposed.trim() && !note.trim() }}>
      {problem && <ProblemBox problem={problem} />}
      <p className="soft">{t('report.lead', { owner: pick(dataset.owner.title) })}</p>
      <p>{t('report.now')} <FieldValue field={field} value={value} isMasked={isMasked} /></p>
      <Form layout="vertical" onFinish={() => void send()}>
        <Form.Item label={t('report.proposed')} htmlFor="proposed" extra={isMasked ? t('report.masked') : undefined}>
          <Input id="proposed" value={proposed} onChange={(e) => setProposed(e.target.value)} autoFocus />
        </Form.Item>
        <Form.Item label={t('report.note')} htmlFor="report-note" extra={t('report.note.hint')}>
          <Input.TextArea id="report-note" rows={3} value={note} onChange={(e) => setNote(e.target.value)} />
        </Form.Item>
      </Form>
    </Modal>
  );
}

function History({ dataset, history, masked }: { dataset: Dataset; history: RecordDetail['history']; masked: Set<string> }) {
  const { t, pick } = useI18n();
  if (history.length === 0) return <EmptyState what={t('record.history.empty')} how={t('record.history.how')} />;
  return (
    <ul className="side-list">
      {history.map((h, i) => (
        <li key={`${h.batch}-${h.from}-${i}`}>
          <div><strong className="num">{formatTime(h.until ?? h.from)}</strong> <Link to={`/batches/${h.batch}`}>{t('record.batch', { n: String(h.batch) })}</Link></div>
          {h.changes.length === 0 ? <span className="soft">{t('record.first')}</span> : h.changes.map((c) => {
            const f = dataset.fields.find((x) => x.name === c.field);
            const show = (v: unknown) => f ? <FieldValue field={f} value={v} isMasked={masked.has(c.field)} /> : String(v ?? '—');
            return (
              <div key={c.field} className="timeline-change">
                <span className="soft">{pick(f?.title) || c.field}</span>
                <span><span className="was"><span className="only-read">{t('record.old')} </span>{show(c.old)}</span> → <span className="now">{show(c.new)}</span></span>
              </div>
            );
          })}
        </li>
      ))}
    </ul>
  );
}

function nameOf(dataset: Dataset, r: RecordDetail): string {
  const f = dataset.fields.find((x) => x.name === dataset.title_field) ?? dataset.fields.find((x) => /^(name|title|full_name|short_name)$/.test(x.name)) ?? dataset.fields.find((x) => !x.is_key && x.type === 'string');
  const v = f && r.record[f.name];
  return v === null || v === undefined ? '' : String(v);
}

export default function RecordPage() {
  const { t, pick } = useI18n();
  const announce = useAnnounce();
  const { dataset: id = '', key = '' } = useParams();
  const load = useLoad(async (s) => {
    const [d, r] = await Promise.all([api.dataset(id, s), api.record(id, key, s)]);
    return { d, r };
  }, [id, key]);
  const user = useUser();
  const seesLooks = (d: Dataset) => d.may.fix || d.owner.code === user.organisation.code || (load.data?.r.looks.length ?? 0) > 0;
  const [reporting, setReporting] = useState<Field | null>(null);
  const [isAsking, setAsking] = useState(false);
  const isShut = load.problem?.code === 'DENIED' && mayAny(user, 'break-glass');
  const [sent, setSent] = useState<string | number | null>(null);
  const title = load.data ? nameOf(load.data.d, load.data.r) || key : t('record.one');

  const lookColumns: Column<Look>[] = [
    { key: 'at', title: t('audit.at'), render: (l) => <span className="nowrap num">{formatTime(l.at)}</span> },
    { key: 'who', title: t('audit.who'), isHead: true, render: (l) => <><span className="cell-main">{l.who}</span><span className="cell-sub">{pick(l.organisation)}</span></> },
    { key: 'action', title: t('audit.action'), render: (l) => codeWords(t, 'action', l.action) },
    { key: 'purpose', title: t('request.purpose'), render: (l) => l.purpose || '—' },
  ];

  return (
    <Page
      title={title}
      trail={[[t('menu.catalogue'), '/datasets'], ...(load.data ? [[pick(load.data.d.title), `/datasets/${encodeURIComponent(id)}?tab=records`] as [string, string]] : [])]}
      tags={load.data && <GradeTag grade={load.data.d.grade} />}
      actions={load.data && <Button icon={<QuestionCircleOutlined />} onClick={() => setAsking(true)}>{t('why.open')}</Button>}
    >
      {sent !== null && <Alert className="problem" type="success" showIcon role="status" message={t('report.done')} description={<Link to={`/cases/${sent}`}>{t('report.done.link')}</Link>} closable onClose={() => setSent(null)} />}
      {isAsking && <WhyBox dataset={id} recordKey={key} mayAudit={mayDo(user, 'audit', id)} onClose={() => setAsking(false)} />}
      {isShut && <OpenGlass dataset={id} recordKey={key} onDone={load.reload} />}
      <Loaded load={load}>
        {({ d, r }) => {
          const masked = new Set(r.masked);
          return (
            <>
              <div className="two">
                <Section title={t('record.values')} extra={masked.size > 0 && <span className="soft"><MaskedMark /> {t('record.masked', { n: masked.size })}</span>}>
                  <dl className="values">
                    {d.fields.map((f) => (
                      <div key={f.name}>
                        <dt>{pick(f.title)}</dt>
                        <dd><FieldValue field={f} value={r.record[f.name]} isMasked={masked.has(f.name)} showsCode /></dd>
                        <dd><Button size="small" type="text" icon={<FlagOutlined />} onClick={() => setReporting(f)} aria-label={t('report.of', { field: pick(f.title) })}>{t('report.short')}</Button></dd>
                      </div>
                    ))}
                  </dl>
                </Section>
                <div>
                  <Section title={t('record.lineage')}>
                    {r.lineage ? (
                      <ul className="side-list">
                        <li><span className="soft">{t('batch.file')}</span><br /><Link to={`/batches/${r.lineage.batch}`}>{r.lineage.file ?? t('record.batch', { n: String(r.lineage.batch) })}</Link></li>
                        <li><span className="soft">{t('record.row')}</span><br />{r.lineage.row === null ? '—' : t('quarantine.row', { n: r.lineage.row })}</li>
                        <li><span className="soft">{t('record.landed')}</span><br />{[formatTime(r.lineage.at), pick(r.lineage.by)].filter(Boolean).join(' · ')}</li>
                      </ul>
                    ) : <p className="soft">{t('record.lineage.none')}</p>}
                  </Section>
                  {r.cases.length > 0 && (
                    <Section title={t('menu.cases')}>
                      <ul className="side-list">{r.cases.map((c) => <li key={c.id}><Link to={`/cases/${c.id}`}>{pick(d.fields.find((f) => f.name === c.field)?.title) || c.field}</Link> <StateTag state={c.state} /></li>)}</ul>
                    </Section>
                  )}
                  <Section title={t('record.history')}><History dataset={d} history={r.history} masked={masked} /></Section>
                </div>
              </div>
              <Section title={t('record.looks')}>
                {seesLooks(d) && <p className="soft">{t('record.looks.lead')}</p>}
                <DataTable id="looks" label={t('record.looks')} columns={lookColumns} rows={r.looks} rowKey={(l) => `${l.at}-${l.who}-${l.action}`} empty={seesLooks(d) ? <EmptyState what={t('record.looks.empty')} /> : <p className="soft">{t('record.looks.owner')}</p>} />
              </Section>
              {reporting && (
                <ReportBox
                  dataset={d} recordKey={key} field={reporting} value={r.record[reporting.name]} isMasked={masked.has(reporting.name)}
                  onClose={() => setReporting(null)}
                  onDone={(c) => { setReporting(null); setSent(c); announce(t('report.done')); load.reload(); window.scrollTo(0, 0); }}
                />
              )}
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}
