import { useState } from 'react';
import { Link } from 'react-router-dom';
import { Alert, Button, Form, Input, Modal } from 'antd';
import { IdcardOutlined } from '@ant-design/icons';
import { api } from '../api';
import { useI18n } from '../i18n';
import { DataTable, type Column } from '../parts/data-table';
import { EmptyState } from '../parts/empty-state';
import { FieldValue } from '../parts/field-value';
import { Loaded, Page, Section } from '../parts/page';
import { ProblemBox } from '../parts/problem-box';
import { codeWords } from '../parts/update-words';
import { useLoad } from '../parts/use-load';
import { problemOf, type ApiProblem } from '../problem';
import { formatTime } from '../text';
import type { MyLook, MyRecord } from '../types';

function ObjectBox({ record, look, onClose, onDone }: { record: MyRecord; look: MyLook; onClose: () => void; onDone: (due: string) => void }) {
  const { t } = useI18n();
  const [note, setNote] = useState('');
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const send = () => api.objectTo({ dataset: record.dataset, key: record.key, look: look.id, note: note.trim() }).then((x) => onDone(x.due)).catch((cause) => setProblem(problemOf(cause)));
  return (
    <Modal open title={t('my.object.title')} onCancel={onClose} onOk={() => void send()} okButtonProps={{ disabled: !note.trim() }}>
      {problem && <ProblemBox problem={problem} />}
      <Form layout="vertical"><Form.Item label={t('my.object.note')} htmlFor="object-note"><Input.TextArea id="object-note" rows={3} value={note} onChange={(e) => setNote(e.target.value)} autoFocus /></Form.Item></Form>
    </Modal>
  );
}

function Looks({ record }: { record: MyRecord }) {
  const { t, pick } = useI18n();
  const load = useLoad((s) => api.myLooks(record.dataset, record.key, s), [record.dataset, record.key]);
  const [about, setAbout] = useState<MyLook | null>(null);
  const [due, setDue] = useState<string | null>(null);
  const titleOf = (name: string) => pick(record.fields.find((f) => f.name === name)?.title) || name;
  const columns: Column<MyLook>[] = [
    { key: 'at', title: t('audit.at'), render: (l) => <span className="nowrap num">{formatTime(l.at)}</span> },
    { key: 'organisation', title: t('my.organisation'), isHead: true, render: (l) => l.is_me ? t('my.me') : pick(l.organisation.title) },
    { key: 'action', title: t('audit.action'), render: (l) => codeWords(t, 'action', l.action) },
    { key: 'fields', title: t('my.fields'), render: (l) => <span className="cell-wrap">{l.fields?.map(titleOf).join(t('app.comma')) || t('my.fields.all')}</span> },
    { key: 'basis', title: t('my.basis'), render: (l) => <span className="cell-wrap">{[l.purpose, l.legal_basis].filter(Boolean).join(' · ') || '—'}</span> },
    { key: 'object', title: '', render: (l) => l.is_me ? null : <Button size="small" onClick={() => setAbout(l)}>{t('my.object')}</Button> },
  ];
  return (
    <>
      {due && <Alert type="success" showIcon role="status" message={t('my.object.done', { due })} closable onClose={() => setDue(null)} />}
      <h3>{t('my.looks')}</h3>
      <Loaded load={load}>
        {(d) => <DataTable id={`looks-${record.dataset}`} label={t('my.looks')} columns={columns} rows={d.looks} rowKey={(l) => l.id} empty={<EmptyState what={t('my.looks.none')} />} />}
      </Loaded>
      {about && <ObjectBox record={record} look={about} onClose={() => setAbout(null)} onDone={(d) => { setAbout(null); setDue(d); }} />}
    </>
  );
}

export default function My() {
  const { t, pick } = useI18n();
  const load = useLoad((s) => api.myRecords(s), []);
  return (
    <Page title={t('menu.my')} lead={t('my.lead')}>
      <Loaded load={load}>
        {(d) => d.records.length === 0 ? <EmptyState icon={<IdcardOutlined />} what={t('my.none')} how={t('my.none.how')} /> : (
          <>
            {d.records.map((r) => (
              <Section key={`${r.dataset}/${r.key}`} title={pick(r.title)} extra={<Link to={`/datasets/${encodeURIComponent(r.dataset)}/records/${encodeURIComponent(r.key)}`}>{t('my.open')}</Link>}>
                <p className="soft">{t('my.owner')} {pick(r.owner.title)}</p>
                <dl className="facts">
                  {r.fields.map((f) => <div key={f.name}><dt>{pick(f.title)}</dt><dd><FieldValue field={f} value={r.values[f.name]} isMasked={false} /></dd></div>)}
                </dl>
                <Looks record={r} />
              </Section>
            ))}
          </>
        )}
      </Loaded>
    </Page>
  );
}
