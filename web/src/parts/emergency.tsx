/* Break-glass: opened from a record that is not permitted, reviewed by auditors. */
import { useState } from 'react';
import { Link } from 'react-router-dom';
import { Button, Form, Input, Modal } from 'antd';
import { AlertOutlined } from '@ant-design/icons';
import { api } from '../api';
import { useI18n } from '../i18n';
import { problemOf, type ApiProblem } from '../problem';
import { formatTime } from '../text';
import type { EmergencyLook } from '../types';
import { DataTable, type Column } from './data-table';
import { EmptyState } from './empty-state';
import { Loaded, Section } from './page';
import { ProblemBox } from './problem-box';
import { Mark } from './tags';
import { useLoad } from './use-load';

export function OpenGlass({ dataset, recordKey, onDone }: { dataset: string; recordKey: string; onDone: () => void }) {
  const { t } = useI18n();
  const [reason, setReason] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const send = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await api.openGlass(dataset, recordKey, reason.trim());
      onDone();
    } catch (cause) {
      setProblem(problemOf(cause));
      setBusy(false);
    }
  };
  return (
    <Section title={t('glass.open')}>
      <p>{t('glass.lead')}</p>
      {problem && <ProblemBox problem={problem} />}
      <Form layout="vertical" onFinish={() => void send()} style={{ maxWidth: 560 }}>
        <Form.Item label={t('glass.reason')} htmlFor="glass-reason"><Input.TextArea id="glass-reason" rows={2} value={reason} onChange={(e) => setReason(e.target.value)} /></Form.Item>
        <Button htmlType="submit" danger icon={<AlertOutlined />} loading={isBusy} disabled={reason.trim().length < 4}>{t('glass.send')}</Button>
      </Form>
    </Section>
  );
}

function ReviewBox({ look, onClose, onDone }: { look: EmergencyLook; onClose: () => void; onDone: () => void }) {
  const { t } = useI18n();
  const [note, setNote] = useState('');
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const send = (state: 'justified' | 'unjustified') =>
    api.reviewGlass(look.id, { state, note: note.trim() }).then(onDone).catch((cause) => setProblem(problemOf(cause)));
  return (
    <Modal open title={t('glass.review')} onCancel={onClose} footer={[
      <Button key="no" danger disabled={note.trim().length < 4} onClick={() => void send('unjustified')}>{t('glass.state.unjustified')}</Button>,
      <Button key="yes" type="primary" disabled={note.trim().length < 4} onClick={() => void send('justified')}>{t('glass.state.justified')}</Button>,
    ]}>
      {problem && <ProblemBox problem={problem} />}
      <p className="soft">{look.reason}</p>
      <Form layout="vertical"><Form.Item label={t('glass.note')} htmlFor="glass-note"><Input.TextArea id="glass-note" rows={3} value={note} onChange={(e) => setNote(e.target.value)} /></Form.Item></Form>
    </Modal>
  );
}

export function EmergencyLooks() {
  const { t, pick } = useI18n();
  const load = useLoad((s) => api.glasses(s), []);
  const [reviewing, setReviewing] = useState<EmergencyLook | null>(null);
  const columns: Column<EmergencyLook>[] = [
    { key: 'at', title: t('audit.at'), render: (l) => <span className="nowrap num">{formatTime(l.at)}</span> },
    { key: 'who', title: t('audit.who'), isHead: true, render: (l) => <><span className="cell-main">{pick(l.name) || l.login}</span><span className="cell-sub">{pick(l.organisation.title)}</span></> },
    { key: 'what', title: t('audit.what'), render: (l) => <Link to={`/datasets/${encodeURIComponent(l.dataset)}/records/${encodeURIComponent(l.key)}`}>{pick(l.title)}</Link> },
    { key: 'reason', title: t('glass.reason'), render: (l) => <span className="cell-wrap">{l.reason}</span> },
    { key: 'state', title: t('glass.review'), render: (l) => <><Mark tone={l.state === 'open' ? 'warn' : l.state === 'justified' ? 'good' : 'bad'}>{t(`glass.state.${l.state}`)}</Mark>{l.may_review && <Button size="small" onClick={() => setReviewing(l)}>{t('glass.review')}</Button>}{l.review && <span className="cell-sub">{l.review}</span>}</> },
  ];
  return (
    <Section title={t('glass.title')}>
      <Loaded load={load}>
        {(d) => <DataTable id="glass" label={t('glass.title')} columns={columns} rows={d.looks} rowKey={(l) => String(l.id)} empty={<EmptyState what={t('glass.none')} />} />}
      </Loaded>
      {reviewing && <ReviewBox look={reviewing} onClose={() => setReviewing(null)} onDone={() => { setReviewing(null); load.reload(); }} />}
    </Section>
  );
}
