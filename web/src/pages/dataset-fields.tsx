import { useState } from 'react';
import { Modal, Table } from 'antd';
import { KeyOutlined } from '@ant-design/icons';
import { useI18n } from '../i18n';
import { DataTable, type Column } from '../parts/data-table';
import { EmptyState } from '../parts/empty-state';
import { useCodes } from '../parts/field-value';
import { MaskedCopy } from '../parts/masked-copy';
import { Section } from '../parts/page';
import { isMaskable } from '../parts/share-terms';
import { GradeTag, Mark } from '../parts/tags';
import { codeWords } from '../parts/update-words';
import type { Dataset, Field } from '../types';

function CodeListBox({ code, title, onClose }: { code: string; title: string; onClose: () => void }) {
  const { t, pick } = useI18n();
  const list = useCodes(code);
  return (
    <Modal open footer={null} onCancel={onClose} title={title}>
      <p className="soft">{list?.standard_ref}</p>
      <Table
        size="small"
        rowKey="code"
        loading={!list}
        pagination={list && list.items.length > 30 ? { pageSize: 30, showSizeChanger: false } : false}
        dataSource={list?.items ?? []}
        columns={[
          { title: t('codes.code'), dataIndex: 'code', width: 120, render: (v: string) => <code>{v}</code> },
          { title: t('codes.title'), render: (_, i) => pick(i.title) },
        ]}
      />
    </Modal>
  );
}

export default function DatasetFields({ dataset }: { dataset: Dataset }) {
  const { t, pick } = useI18n();
  const [open, setOpen] = useState<Field | null>(null);
  const columns: Column<Field>[] = [
    { key: 'title', title: t('field.title'), isHead: true, width: 200, render: (f) => (
      <><span className="cell-main">{pick(f.title)}</span> {f.is_key && <Mark tone="act" icon={<KeyOutlined />}>{t('field.key')}</Mark>}<span className="cell-sub"><code>{f.name}</code></span></>
    ) },
    { key: 'type', title: t('field.type'), render: (f) => (
      <>
        {codeWords(t, 'type', f.type)}{f.unit && <span className="soft"> {pick(f.unit)}</span>}
        {f.format && <span className="cell-sub">{codeWords(t, 'format', f.format)}</span>}
        {f.code && <span className="cell-sub"><a href={`#${f.code}`} onClick={(e) => { e.preventDefault(); setOpen(f); }}>{t('field.codes')}</a></span>}
      </>
    ) },
    { key: 'required', title: t('field.required'), render: (f) => t(f.is_required ? 'field.required.yes' : 'field.required.no') },
    { key: 'grade', title: t('dataset.grade'), render: (f) => <GradeTag grade={f.grade} /> },
    { key: 'mask', title: t('field.mask'), render: (f) => isMaskable(f) ? codeWords(t, 'mask', f.mask ?? 'hide') : <span className="soft">{t('field.mask.none')}</span> },
    { key: 'description', title: t('field.description'), render: (f) => <span className="cell-wrap">{pick(f.description) || '—'}</span> },
  ];
  return (
    <>
    <Section title={t('dataset.fields.title', { n: dataset.fields.length })}>
      <DataTable
        id="fields"
        label={t('dataset.tab.fields')}
        columns={columns}
        rows={dataset.fields}
        rowKey={(f) => f.name}
        empty={<EmptyState what={t('dataset.fields.empty')} />}
      />
      {open?.code && <CodeListBox code={open.code} title={pick(open.title)} onClose={() => setOpen(null)} />}
    </Section>
    {dataset.may.approve && <MaskedCopy dataset={dataset} />}
    </>
  );
}
