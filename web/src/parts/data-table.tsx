/* The one table: filters in the address, columns to choose, j/k/enter// on the keyboard, cards on a phone. */
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { useNavigate } from 'react-router-dom';
import { Button, Checkbox, Popover, Skeleton, Table } from 'antd';
import { ArrowDownOutlined, ArrowUpOutlined, SettingOutlined, SwapOutlined } from '@ant-design/icons';
import { useI18n } from '../i18n';
import { nextOrder, orderOf } from '../filters';
import { useWide } from './use-wide';

export interface Column<R> {
  key: string;
  title: string;
  /* A mark beside the title, such as "masked". */
  mark?: ReactNode;
  render: (row: R) => ReactNode;
  width?: number;
  align?: 'right';
  /* Can be ordered by, on the server. */
  canOrder?: boolean;
  /* Hidden until chosen. */
  isExtra?: boolean;
  /* On a phone: the heading of the card. */
  isHead?: boolean;
}

interface DataTableProps<R> {
  /* Names the table: column choices are remembered under it. */
  id: string;
  label: string;
  columns: Column<R>[];
  rows: R[] | null;
  rowKey: (row: R) => string;
  linkOf?: (row: R) => string | null;
  isLoading?: boolean;
  empty: ReactNode;
  toolbar?: ReactNode;
  order?: string | null;
  onOrder?: (order: string | null) => void;
  foot?: ReactNode;
  canChoose?: boolean;
}

function rememberedColumns(id: string): string[] | null {
  try {
    const v: unknown = JSON.parse(localStorage.getItem(`shuzhi.columns.${id}`) ?? 'null');
    return Array.isArray(v) ? v.filter((k): k is string => typeof k === 'string') : null;
  } catch {
    return null;
  }
}

const isTyping = (el: EventTarget | null) =>
  el instanceof HTMLElement && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName));

function pickColumns<R>(columns: Column<R>[], chosen: string[] | null): Column<R>[] {
  const some = chosen ? columns.filter((c) => chosen.includes(c.key)) : [];
  return some.length ? some : columns.filter((c) => !c.isExtra);
}

/* The columns that show now, for an export of what is shown. */
export const shownColumns = <R,>(id: string, columns: Column<R>[]) => pickColumns(columns, rememberedColumns(id));

/* Which columns show; null in storage = as the page meant it. */
function useColumns<R>(id: string, columns: Column<R>[]) {
  const [chosen, setChosen] = useState<string[] | null>(() => rememberedColumns(id));
  const shown = useMemo(() => pickColumns(columns, chosen), [chosen, columns]);
  const choose = (keys: string[] | null) => {
    setChosen(keys);
    try {
      if (keys) localStorage.setItem(`shuzhi.columns.${id}`, JSON.stringify(keys));
      else localStorage.removeItem(`shuzhi.columns.${id}`);
    } catch {
      /* not remembered, then */
    }
  };
  return { shown, choose };
}

function ColumnChooser<R>({ columns, shown, choose }: { columns: Column<R>[]; shown: Column<R>[]; choose: (keys: string[] | null) => void }) {
  const { t } = useI18n();
  const keys = shown.map((c) => c.key);
  return (
    <Popover
      trigger="click"
      placement="bottomRight"
      content={
        <div className="column-list">
          {columns.map((c) => (
            <Checkbox
              key={c.key}
              checked={keys.includes(c.key)}
              onChange={(e) => choose(e.target.checked ? columns.filter((x) => x.key === c.key || keys.includes(x.key)).map((x) => x.key) : keys.filter((k) => k !== c.key))}
            >
              {c.title}
            </Checkbox>
          ))}
          <Button size="small" type="link" onClick={() => choose(null)}>{t('table.columns.reset')}</Button>
        </div>
      }
    >
      <Button icon={<SettingOutlined />}>{t('table.columns')}</Button>
    </Popover>
  );
}

/* The table measures its columns with a hidden copy of their titles, so a title is plain text and the buttons are drawn here. */
function HeadCell({ head, ...rest }: { head?: ReactNode; children?: ReactNode }) {
  return <th {...rest}>{head ?? rest.children}</th>;
}

export function DataTable<R extends object>(p: DataTableProps<R>) {
  const { t } = useI18n();
  const go = useNavigate();
  const isNarrow = !useWide(768);
  const box = useRef<HTMLDivElement>(null);
  const { shown, choose } = useColumns(p.id, p.columns);
  const rows = p.rows ?? [];

  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if (e.ctrlKey || e.metaKey || e.altKey || isTyping(e.target) || document.querySelector('.ant-modal-wrap:not([style*="display: none"])')) return;
      if (e.key === '/') {
        const search = document.querySelector<HTMLInputElement>('main input[type="search"], main input.find');
        if (search) {
          e.preventDefault();
          search.focus();
          search.select();
        }
        return;
      }
      if (e.key !== 'j' && e.key !== 'k') return;
      const all = [...(box.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])];
      const at = all.indexOf(document.activeElement?.closest<HTMLElement>('[data-row]') as HTMLElement);
      const to = all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + (e.key === 'j' ? 1 : -1)))];
      to?.focus();
      to?.scrollIntoView({ block: 'nearest' });
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);

  const rowProps = (row: R) => {
    const to = p.linkOf?.(row) ?? null;
    return {
      'data-row': p.rowKey(row),
      tabIndex: row === rows[0] ? 0 : -1, // Tab comes to the first row, j and k go on from there
      className: to ? 'can-open' : undefined,
      onClick: (e: React.MouseEvent) => {
        if (to && !(e.target as HTMLElement).closest('a,button,input,label') && !getSelection()?.toString()) go(to);
      },
      onKeyDown: (e: React.KeyboardEvent) => {
        if (to && e.key === 'Enter' && e.target === e.currentTarget) go(to);
      },
    };
  };

  const head = (c: Column<R>) => {
    if (!c.canOrder || !p.onOrder) return <>{c.title} {c.mark}</>;
    const order = orderOf(p.order ?? null, c.key);
    return (
      <span className="nowrap"><button type="button" className="order" onClick={() => p.onOrder?.(nextOrder(p.order ?? null, c.key))}>
        {c.title} {order === 'ascending' ? <ArrowUpOutlined /> : order === 'descending' ? <ArrowDownOutlined /> : <SwapOutlined rotate={90} className="order-none" />}
      </button> {c.mark}</span>
    );
  };

  const isEmpty = p.rows !== null && rows.length === 0;
  return (
    <div className="data-table" ref={box}>
      {(p.toolbar || p.canChoose) && (
        <div className="toolbar">
          <div className="toolbar-main">{p.toolbar}</div>
          {p.canChoose && <ColumnChooser columns={p.columns} shown={shown} choose={choose} />}
        </div>
      )}
      {p.rows === null ? (
        <Skeleton active title={false} paragraph={{ rows: 6 }} />
      ) : isEmpty ? (
        p.empty
      ) : isNarrow ? (
        <ul className="cards" aria-label={p.label}>
          {rows.map((row) => {
            const top = shown.filter((c) => c.isHead);
            const rest = shown.filter((c) => !c.isHead);
            return (
              <li key={p.rowKey(row)} {...rowProps(row)}>
                <div className="card-head">{top.map((c) => <div key={c.key}>{c.render(row)}</div>)}</div>
                <dl>
                  {rest.map((c) => (
                    <div key={c.key}>
                      <dt>{c.title}</dt>
                      <dd>{c.render(row)}</dd>
                    </div>
                  ))}
                </dl>
              </li>
            );
          })}
        </ul>
      ) : (
        <Table<R>
          aria-label={p.label}
          size="small"
          loading={p.isLoading ? { delay: 300 } : false}
          dataSource={rows}
          rowKey={p.rowKey}
          pagination={false}
          scroll={{ x: 'max-content' }}
          onRow={rowProps}
          components={{ header: { cell: HeadCell } }}
          columns={shown.map((c) => ({
            key: c.key,
            title: c.title,
            width: c.width,
            align: c.align,
            render: (_: unknown, row: R) => c.render(row),
            onHeaderCell: () => ({
              scope: 'col',
              head: head(c),
              ...(c.canOrder && p.onOrder ? { 'aria-sort': orderOf(p.order ?? null, c.key) } : {}),
            }) as React.HTMLAttributes<HTMLElement>,
          }))}
        />
      )}
      {p.foot && !isEmpty && <div className="table-foot">{p.foot}</div>}
      {rows.length > 1 && !isNarrow && <p className="keys-hint"><kbd>j</kbd> <kbd>k</kbd> {t('table.keys.walk')}{p.linkOf && <> · <kbd>Enter</kbd> {t('table.keys.open')}</>}{p.toolbar && <> · <kbd>/</kbd> {t('table.keys.find')}</>}</p>}
    </div>
  );
}

/* Pages by opaque cursors: forward by `next`, back through the browser's own history. */
export function Pager({ next, after, count, total, onGo }: { next: string | null; after: string | null; count: number; total?: number | null; onGo: (after: string | null) => void }) {
  const { t } = useI18n();
  return (
    <nav className="pager" aria-label={t('table.pages')}>
      <span className="soft">
        {total !== null && total !== undefined ? t('table.shown.of', { n: count, total }) : t('table.shown', { n: count })}
      </span>
      {after && <Button onClick={() => onGo(null)}>{t('table.first')}</Button>}
      {after && <Button onClick={() => history.back()}>{t('table.back')}</Button>}
      {next && <Button onClick={() => onGo(next)}>{t('table.next')}</Button>}
    </nav>
  );
}
