import { useState } from 'react';
import { Button } from 'antd';
import { SwapOutlined } from '@ant-design/icons';
import { api } from '../api';
import { mayDo } from '../app/may';
import { useUser } from '../app/session';
import { useI18n } from '../i18n';
import { useAnnounce } from '../parts/announce';
import { DataTable, type Column } from '../parts/data-table';
import { EmptyState } from '../parts/empty-state';
import { Page, Section } from '../parts/page';
import { ProblemBox } from '../parts/problem-box';
import { Mark } from '../parts/tags';
import { useLoad, usePoll } from '../parts/use-load';
import { problemOf, type ApiProblem } from '../problem';
import { formatNumber, formatTime } from '../text';
import type { ExchangeAgreement, ExchangeMessage, ExchangePartner } from '../open-types';
import type { WordKey } from '../words';

const toneOf = (state: string) => (state === 'active' || state === 'taken' || state === 'landed' ? 'good' : state === 'refused' || state === 'failed' ? 'bad' : state === 'ended' ? 'plain' : 'warn');

function Partners() {
  const { t, pick } = useI18n();
  const list = useLoad((s) => api.exchangePartners(s), []);
  const columns: Column<ExchangePartner>[] = [
    { key: 'partner', title: t('exchange.partner'), isHead: true, render: (p) => <>{pick(p.title)}<span className="cell-sub">{p.division} · {p.url}</span></> },
    { key: 'waiting', title: t('exchange.waiting'), align: 'right', render: (p) => formatNumber(p.waiting) },
    { key: 'sent', title: t('exchange.sent'), align: 'right', render: (p) => formatNumber(p.sent) },
    { key: 'received', title: t('exchange.received'), align: 'right', render: (p) => formatNumber(p.received) },
    { key: 'trouble', title: t('exchange.trouble'), render: (p) => p.error ?? '' },
  ];
  return (
    <Section title={t('exchange.partners')}>
      {list.problem && <ProblemBox problem={list.problem} onRetry={list.reload} />}
      <DataTable id="partners" label={t('exchange.partners')} columns={columns} rows={list.data?.partners ?? (list.problem ? [] : null)} rowKey={(p) => p.id} empty={<EmptyState icon={<SwapOutlined />} what={t('exchange.partners.none')} how={t('exchange.partners.how')} />} />
    </Section>
  );
}

function Agreements() {
  const { t, pick } = useI18n();
  const user = useUser();
  const announce = useAnnounce();
  const list = useLoad((s) => api.exchangeAgreements(s), []);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const send = async (id: string) => {
    setProblem(null);
    try {
      await api.exchangeDeliver(id);
      announce(t('exchange.send.done'), 'done');
      list.reload();
    } catch (cause) {
      setProblem(problemOf(cause));
    }
  };
  const columns: Column<ExchangeAgreement>[] = [
    { key: 'title', title: t('exchange.dataset'), isHead: true, render: (a) => <>{pick(a.title)}<span className="cell-sub">{a.purpose}</span></> },
    { key: 'side', title: t('exchange.side'), render: (a) => t(`exchange.side.${a.side}`) },
    { key: 'partner', title: t('exchange.partner'), render: (a) => pick(a.partner.title) },
    { key: 'state', title: t('exchange.state'), render: (a) => <><Mark tone={toneOf(a.state)}>{t(`exchange.state.${a.state}` as WordKey)}</Mark>{a.reason && <span className="cell-sub">{a.reason}</span>}</> },
    { key: 'records', title: t('exchange.records'), align: 'right', render: (a) => formatNumber(a.records) },
    { key: 'until', title: t('exchange.until'), render: (a) => <span className="nowrap num">{a.until}</span> },
    { key: 'act', title: t('opening.actions'), render: (a) => a.side === 'giver' && a.state === 'active' && mayDo(user, 'approve', a.dataset) && <Button size="small" onClick={() => void send(a.id)}>{t('exchange.send')}</Button> },
  ];
  return (
    <Section title={t('exchange.agreements')}>
      {(problem ?? list.problem) && <ProblemBox problem={(problem ?? list.problem)!} onRetry={list.reload} />}
      <DataTable id="agreements" label={t('exchange.agreements')} columns={columns} rows={list.data?.agreements ?? (list.problem ? [] : null)} rowKey={(a) => a.id} empty={<EmptyState icon={<SwapOutlined />} what={t('exchange.agreements.none')} />} />
    </Section>
  );
}

function Messages() {
  const { t } = useI18n();
  const list = useLoad((s) => api.exchangeMessages(s), []);
  usePoll(list.reload, 5000, true);
  const columns: Column<ExchangeMessage>[] = [
    { key: 'message', title: t('exchange.message'), isHead: true, render: (m) => <>{t(`exchange.type.${m.type}` as WordKey)}<span className="cell-sub">{t(m.direction === 'in' ? 'exchange.in' : 'exchange.out')} · {m.partner} · {m.sequence}</span></> },
    { key: 'at', title: t('exchange.at'), render: (m) => <span className="nowrap">{formatTime(m.at)}</span> },
    { key: 'records', title: t('exchange.records'), align: 'right', render: (m) => (m.type === 'records' ? formatNumber(m.records) : '') },
    { key: 'state', title: t('exchange.state'), render: (m) => <><Mark tone={toneOf(m.state)}>{t(`exchange.state.${m.state}` as WordKey)}</Mark>{(m.reason ?? m.error) && <span className="cell-sub">{m.reason ?? m.error}</span>}{m.outcome && <span className="cell-sub">{t('exchange.outcome', { added: m.outcome.new ?? 0, changed: m.outcome.changed ?? 0, bad: m.outcome.quarantined ?? 0 })}</span>}</> },
    { key: 'receipt', title: t('exchange.receipt'), render: (m) => (m.has_receipt ? <a href={`/api/v1/exchange/messages/${m.direction}/${m.id}`}>{t('exchange.receipt.yes')}</a> : t('exchange.receipt.no')) },
  ];
  return (
    <Section title={t('exchange.messages')}>
      {list.problem && <ProblemBox problem={list.problem} onRetry={list.reload} />}
      <DataTable id="exchange" label={t('exchange.messages')} columns={columns} rows={list.data?.messages ?? (list.problem ? [] : null)} rowKey={(m) => m.direction + m.id} empty={<EmptyState icon={<SwapOutlined />} what={t('exchange.messages.none')} />} />
    </Section>
  );
}

export default function Exchange() {
  const { t } = useI18n();
  return (
    <Page title={t('exchange.title')} lead={t('exchange.lead')}>
      <Partners />
      <Agreements />
      <Messages />
    </Page>
  );
}
