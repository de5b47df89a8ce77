/* Accounts, for their administrators: find, make, close, open, reset. */
import { useState } from 'react';
import { Alert, Button, Form, Input, Modal, Select } from 'antd';
import { TeamOutlined } from '@ant-design/icons';
import { api } from '../api';
import { useUser } from '../app/session';
import { useI18n } from '../i18n';
import { DataTable, Pager, type Column } from '../parts/data-table';
import { EmptyState } from '../parts/empty-state';
import { Page, Section } from '../parts/page';
import { ProblemBox } from '../parts/problem-box';
import { SearchBox } from '../parts/search-box';
import { Mark } from '../parts/tags';
import { useFilters } from '../parts/use-filters';
import { useLoad } from '../parts/use-load';
import { problemOf, type ApiProblem } from '../problem';
import { formatTime } from '../text';
import type { AccountRow } from '../types';
import type { WordKey } from '../words';

const KINDS: AccountRow['kind'][] = ['staff', 'citizen', 'firm', 'system', 'device'];
interface NewAccount { login: string; zh: string; en?: string; kind: AccountRow['kind']; organisation: string; roles?: string }

function MakeAccount({ isOpen, onClose, onMade }: { isOpen: boolean; onClose: () => void; onMade: (login: string, password: string) => void }) {
  const { t } = useI18n();
  const [form] = Form.useForm<NewAccount>();
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const make = async (v: NewAccount) => {
    setProblem(null);
    try {
      const roles = (v.roles ?? '').split(/[,，、\s]+/).filter(Boolean);
      const made = await api.makeAccount({ login: v.login.trim(), name: { zh: v.zh.trim(), en: v.en?.trim() || v.zh.trim() }, kind: v.kind, organisation: v.organisation.trim(), roles });
      form.resetFields();
      onMade(made.account.login, made.password);
    } catch (cause) {
      setProblem(problemOf(cause));
    }
  };
  const needed = (label: string) => [{ required: true, whitespace: true, message: label }];
  return (
    <Modal open={isOpen} onCancel={onClose} title={t('accounts.make')} okText={t('accounts.make')} cancelText={t('app.cancel')} onOk={() => form.submit()} destroyOnClose>
      {problem && <ProblemBox problem={problem} onClose={() => setProblem(null)} />}
      <Form form={form} layout="vertical" initialValues={{ kind: 'staff' }} onFinish={(v) => void make(v)} requiredMark={false}>
        <Form.Item name="login" label={t('accounts.login')} rules={needed(t('accounts.login'))}><Input autoComplete="off" autoCapitalize="none" /></Form.Item>
        <Form.Item name="zh" label={t('account.name')} rules={needed(t('account.name'))}><Input /></Form.Item>
        <Form.Item name="en" label={t('accounts.name.en')}><Input /></Form.Item>
        <Form.Item name="kind" label={t('accounts.kind')}><Select options={KINDS.map((k) => ({ value: k, label: t(`accounts.kind.${k}` as WordKey) }))} /></Form.Item>
        <Form.Item name="organisation" label={t('accounts.organisation')} rules={needed(t('accounts.organisation'))}><Input /></Form.Item>
        <Form.Item name="roles" label={t('accounts.roles')}><Input /></Form.Item>
      </Form>
    </Modal>
  );
}

export default function Accounts() {
  const { t, pick } = useI18n();
  const user = useUser();
  const [modal, holder] = Modal.useModal();
  const { values, set, key } = useFilters(['q', 'after']);
  const list = useLoad((s) => api.accounts({ q: values.q, after: values.after }, s), [key]);
  const [isMaking, setMaking] = useState(false);
  const [shown, setShown] = useState<{ login: string; password: string } | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const change = (a: AccountRow, what: 'close' | 'open' | 'reset') => {
    const run = () => api.changeAccount(a.login, what)
      .then((got) => {
        if (got.password) setShown({ login: a.login, password: got.password });
        setProblem(null);
        list.reload();
      })
      .catch((cause) => setProblem(problemOf(cause)));
    if (what === 'open') void run();
    else void modal.confirm({ title: t(`accounts.${what}.ask`, { login: a.login }), okText: t(`accounts.${what}`), cancelText: t('app.cancel'), onOk: run });
  };
  const columns: Column<AccountRow>[] = [
    { key: 'login', title: t('accounts.login'), isHead: true, render: (a) => <><span className="cell-main">{pick(a.name)}</span><span className="cell-sub"><code>{a.login}</code></span></> },
    { key: 'kind', title: t('accounts.kind'), render: (a) => t(`accounts.kind.${a.kind}` as WordKey) },
    { key: 'organisation', title: t('account.organisation'), render: (a) => <><code>{a.organisation}</code><span className="cell-sub">{[...new Set(a.posts.flatMap((p) => p.roles))].join(t('app.comma'))}</span></> },
    { key: 'state', title: t('accounts.state'), render: (a) => (
      <span className="marks">
        <Mark tone={a.is_active ? 'good' : 'bad'}>{t(a.is_active ? 'accounts.state.active' : 'accounts.state.closed')}</Mark>
        {a.has_second && <Mark tone="plain">{t('accounts.state.second')}</Mark>}
        {a.must_change && <Mark tone="warn">{t('accounts.state.new')}</Mark>}
      </span>
    ) },
    { key: 'seen', title: t('accounts.seen'), render: (a) => <span className="nowrap">{a.last_seen ? formatTime(a.last_seen) : t('accounts.never')}</span> },
    { key: 'do', title: t('accounts.do'), render: (a) => a.login === user.login ? null : (
      <span className="marks">
        <Button size="small" onClick={() => change(a, a.is_active ? 'close' : 'open')} aria-label={`${t(a.is_active ? 'accounts.close' : 'accounts.open')} ${a.login}`}>{t(a.is_active ? 'accounts.close' : 'accounts.open')}</Button>
        <Button size="small" onClick={() => change(a, 'reset')} aria-label={`${t('accounts.reset')} ${a.login}`}>{t('accounts.reset')}</Button>
      </span>
    ) },
  ];
  return (
    <Page title={t('accounts.title')} lead={t('accounts.lead')} actions={<Button type="primary" onClick={() => setMaking(true)}>{t('accounts.make')}</Button>}>
      {holder}
      {shown && <Alert type="success" closable onClose={() => setShown(null)} message={t('accounts.password', { login: shown.login })} description={<code id="shown-password">{shown.password}</code>} />}
      <MakeAccount isOpen={isMaking} onClose={() => setMaking(false)} onMade={(login, password) => { setMaking(false); setShown({ login, password }); list.reload(); }} />
      <Section title={t('accounts.list')}>
        {(problem ?? list.problem) && <ProblemBox problem={(problem ?? list.problem) as ApiProblem} onRetry={list.reload} />}
        <DataTable
          id="accounts" label={t('accounts.list')} columns={columns} rows={list.data?.accounts ?? (list.problem ? [] : null)} rowKey={(a) => a.login} isLoading={list.isLoading}
          toolbar={<SearchBox value={values.q ?? ''} onSearch={(q) => set({ q, after: '' })} label={t('accounts.find')} />}
          foot={<Pager next={list.data?.next ?? null} after={values.after ?? null} count={list.data?.accounts.length ?? 0} onGo={(after) => set({ after })} />}
          empty={<EmptyState icon={<TeamOutlined />} what={t('accounts.empty')} />}
        />
      </Section>
    </Page>
  );
}
