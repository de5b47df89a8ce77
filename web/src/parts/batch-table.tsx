import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';
import { LinkButton } from './link-button';
import { InboxOutlined } from '@ant-design/icons';
import { mayAny } from '../app/may';
import { useUser } from '../app/session';
import { useI18n } from '../i18n';
import { formatBytes, formatNumber, formatTime } from '../text';
import type { Batch } from '../types';
import { DataTable, type Column } from './data-table';
import { EmptyState } from './empty-state';
import { StateTag } from './tags';

interface BatchTableProps {
  id: string;
  rows: Batch[] | null;
  isLoading?: boolean;
  toolbar?: ReactNode;
  foot?: ReactNode;
  hideDataset?: boolean;
  isFiltered?: boolean;
}

export function BatchTable({ id, rows, isLoading, toolbar, foot, hideDataset, isFiltered }: BatchTableProps) {
  const { t, pick } = useI18n();
  const user = useUser();
  const count = (b: Batch, of: keyof NonNullable<Batch['counts']>) => (b.counts && b.state !== 'mapping' ? formatNumber(b.counts[of]) : '—');
  const columns: Column<Batch>[] = [
    { key: 'file', title: t('batch.file'), isHead: true, render: (b) => (
      <><Link to={`/batches/${b.id}`} className="cell-main">{b.file.name}</Link><span className="cell-sub">{[formatBytes(b.file.bytes), pick(b.by.name)].filter(Boolean).join(' · ')}</span></>
    ) },
    ...(hideDataset ? [] : [{ key: 'dataset', title: t('batch.dataset'), render: (b: Batch) => <Link to={`/datasets/${b.dataset}`}>{pick(b.title)}</Link> }]),
    { key: 'state', title: t('batch.state'), render: (b) => <StateTag state={b.state} /> },
    { key: 'rows', title: t('batch.rows'), align: 'right', render: (b) => <span className="num">{count(b, 'rows')}</span> },
    { key: 'new', title: t('batch.new'), align: 'right', render: (b) => <span className="num">{count(b, 'new')}</span> },
    { key: 'changed', title: t('batch.changed'), align: 'right', render: (b) => <span className="num">{count(b, 'changed')}</span> },
    { key: 'bad', title: t('batch.quarantined'), align: 'right', render: (b) => {
      const left = waitingRows(b);
      return left > 0 ? <Link to={`/batches/${b.id}/quarantine`} className="num">{t('batch.fix.n', { n: left })}</Link> : <span className="num">{b.counts ? 0 : '—'}</span>;
    } },
    { key: 'at', title: t('batch.at'), render: (b) => <span className="nowrap num">{formatTime(b.at)}</span> },
  ];
  return (
    <DataTable
      id={id}
      label={t('batch.list')}
      columns={columns}
      rows={rows}
      rowKey={(b) => String(b.id)}
      linkOf={(b) => `/batches/${b.id}`}
      isLoading={isLoading}
      toolbar={toolbar}
      foot={foot}
      empty={isFiltered ? <EmptyState icon={<InboxOutlined />} what={t('batch.nothing')} how={t('catalogue.nothing.how')} /> : <EmptyState icon={<InboxOutlined />} what={t('batch.empty')} how={t('batch.empty.how')} action={mayAny(user, 'intake') && <LinkButton to="/intake" type="primary">{t('menu.intake.load')}</LinkButton>} />}
    />
  );
}

/* Rows of a batch that still wait for a person. */
export function waitingRows(b: Batch): number {
  return b.counts ? Math.max(0, b.counts.quarantined - b.counts.fixed - b.counts.dropped) : 0;
}
