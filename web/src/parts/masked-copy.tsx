import { useState } from 'react';
import { Button, Form, Input } from 'antd';
import { DownloadOutlined } from '@ant-design/icons';
import { api } from '../api';
import { useI18n } from '../i18n';
import type { CopyField, Dataset } from '../types';
import { Loaded, Section } from './page';
import { useLoad } from './use-load';

const WORDS = { leave: 'copy.leave', omit: 'copy.omit', replace: 'copy.replace', shift: 'copy.shift', guard: 'copy.guard' } as const;

function Plan({ fields }: { fields: CopyField[] }) {
  const { t, pick } = useI18n();
  return (
    <dl className="facts" aria-label={t('copy.plan')}>
      {fields.map((f) => <div key={f.field}><dt>{pick(f.title)}</dt><dd>{t(WORDS[f.treatment])}</dd></div>)}
    </dl>
  );
}

/** A copy in which nobody is named, for who may approve that the dataset is shared. */
export function MaskedCopy({ dataset }: { dataset: Dataset }) {
  const { t } = useI18n();
  const [whom, setWhom] = useState('');
  const [why, setWhy] = useState('');
  const load = useLoad((s) => api.copyPlan(dataset.id, s), [dataset.id]);
  const isReady = whom.trim() !== '' && why.trim() !== '';
  return (
    <Section title={t('copy.title')}>
      <p className="soft">{t('copy.lead')}</p>
      <Form layout="vertical">
        <Form.Item label={t('copy.for')} htmlFor="copy-for"><Input id="copy-for" maxLength={60} value={whom} onChange={(e) => setWhom(e.target.value)} style={{ maxWidth: 420 }} /></Form.Item>
        <Form.Item label={t('copy.purpose')} htmlFor="copy-why"><Input id="copy-why" maxLength={60} value={why} onChange={(e) => setWhy(e.target.value)} style={{ maxWidth: 420 }} /></Form.Item>
        <Button type="primary" icon={<DownloadOutlined />} disabled={!isReady} href={isReady ? api.copyAddress(dataset.id, { for: whom.trim(), purpose: why.trim() }) : undefined} download>{t('copy.take')}</Button>
      </Form>
      <Loaded load={load}>{(p) => <Plan fields={p.fields} />}</Loaded>
    </Section>
  );
}
