/* Which line of the rights table shows a record, or does not. */
import { useState } from 'react';
import { Input, Modal } from 'antd';
import { CheckCircleOutlined, MinusCircleOutlined } from '@ant-design/icons';
import { api } from '../api';
import { useI18n } from '../i18n';
import type { WhyField, WhyLine } from '../types';
import { DataTable, type Column } from './data-table';
import { Loaded } from './page';
import { GradeTag } from './tags';
import { codeWords } from './update-words';
import { useLoad } from './use-load';

export function WhyBox({ dataset, recordKey, mayAudit, onClose }: { dataset: string; recordKey: string; mayAudit: boolean; onClose: () => void }) {
  const { t, pick } = useI18n();
  const [login, setLogin] = useState('');
  const load = useLoad((s) => api.why({ dataset, key: recordKey, login: login || null }, s), [dataset, recordKey, login]);
  const lines: Column<WhyLine & { n: number }>[] = [
    { key: 'reason', title: t('why.reason'), isHead: true, render: (l) => <>{l.holds ? <CheckCircleOutlined className="good" aria-hidden /> : <MinusCircleOutlined className="soft" aria-hidden />} {pick(l.reason)}<span className="cell-sub"><code>{l.line}</code></span></> },
    { key: 'role', title: t('why.role'), render: (l) => <>{pick(l.role_title ?? null) || '—'}{l.post && <span className="cell-sub">{pick(l.post.organisation.title)}{l.post.area ? ` · ${l.post.area}` : ''}</span>}</> },
    { key: 'verb', title: t('why.verb'), render: (l) => l.verb ? codeWords(t, 'verb', l.verb) : '—' },
    { key: 'when', title: t('why.when'), render: (l) => l.when ? <code className="cell-wrap">{l.when}</code> : <span className="soft">{t('why.every')}</span> },
  ];
  const fields = (all: WhyLine[]): Column<WhyField>[] => [
    { key: 'name', title: t('why.field'), isHead: true, render: (f) => <>{pick(f.title)} <GradeTag grade={f.grade} /></> },
    { key: 'shown', title: t('why.shown'), render: (f) => t(`why.${f.shown}`, { mask: f.mask ? codeWords(t, 'mask', f.mask) : '' }) },
    { key: 'by', title: t('why.by'), render: (f) => f.by === null ? '—' : <code>{all[f.by]?.line ?? '—'}</code> },
  ];
  return (
    <Modal open title={t('why.title')} onCancel={onClose} footer={null} width={920}>
      <p className="soft">{t('why.lead')}</p>
      {mayAudit && <Input.Search aria-label={t('why.person')} placeholder={t('why.ask')} enterButton={t('why.person')} allowClear style={{ maxWidth: 320 }} onSearch={(v) => setLogin(v.trim())} />}
      <Loaded load={load}>
        {(w) => (
          <>
            <p><strong>{pick(w.name)}</strong> {t(w.is_seen ? 'why.seen' : 'why.unseen')}</p>
            <DataTable id="why-lines" label={t('why.title')} columns={lines} rows={w.lines.map((l, n) => ({ ...l, n })).sort((a, b) => Number(b.holds) - Number(a.holds))} rowKey={(l) => String(l.n)} empty={null} />
            <h3>{t('why.fields')}</h3>
            <DataTable id="why-fields" label={t('why.fields')} columns={fields(w.lines)} rows={w.fields} rowKey={(f) => f.name} empty={null} />
          </>
        )}
      </Loaded>
    </Modal>
  );
}
