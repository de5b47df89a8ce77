import { Link } from 'react-router-dom';
import { Segmented, Select } from 'antd';
import { PlusOutlined, ShareAltOutlined } from '@ant-design/icons';
import { api } from '../api';
import { mayAny } from '../app/may';
import { useUser } from '../app/session';
import { useI18n } from '../i18n';
import { DataTable, Pager, type Column } from '../parts/data-table';
import { EmptyState } from '../parts/empty-state';
import { LinkButton } from '../parts/link-button';
import { Page, Section } from '../parts/page';
import { ProblemBox } from '../parts/problem-box';
import { DueIn, StateTag } from '../parts/tags';
import { useFilters } from '../parts/use-filters';
import { useLoad } from '../parts/use-load';
import { formatTime } from '../text';
import type { RequestState, ShareRequest } from '../types';

const STATES: RequestState[] = ['waiting', 'approved', 'reduced', 'refused', 'withdrawn'];

export default function Requests() {
  const { t, pick } = useI18n();
  const user = useUser();
  const { values, set, key } = useFilters(['box', 'state', 'after']);
  const box = values.box === 'owner' ? 'owner' : 'mine';
  const list = useLoad((s) => api.requests({ box, state: values.state, after: values.after }, s), [key]);
  const columns: Column<ShareRequest>[] = [
    { key: 'title', title: t('ask.dataset'), isHead: true, render: (r) => <><Link className="cell-main" to={`/requests/${r.id}`}>{pick(r.title)}</Link><span className="cell-sub">{t('request.fields.n', { n: r.fields.length, clear: r.clear.length })}</span></> },
    { key: 'from', title: t('request.from'), render: (r) => <>{pick(r.from.organisation)}<span className="cell-sub">{pick(r.from.name)}</span></> },
    { key: 'purpose', title: t('request.purpose'), render: (r) => <span className="cell-wrap">{r.purpose}</span> },
    { key: 'state', title: t('batch.state'), render: (r) => <StateTag state={r.state} /> },
    { key: 'due', title: t('request.due'), render: (r) => r.state === 'waiting' ? <DueIn due={r.due} daysLeft={r.days_left} /> : <span className="soft">—</span> },
    { key: 'at', title: t('request.at'), render: (r) => <span className="nowrap num">{formatTime(r.at)}</span> },
  ];
  return (
    <Page title={t('menu.share.requests')} lead={t(box === 'owner' ? 'requests.lead.owner' : 'requests.lead.mine')} actions={mayAny(user, 'request') && <LinkButton to="/requests/new" type="primary" icon={<PlusOutlined />}>{t('menu.share.ask')}</LinkButton>}>
      <Section title={t('requests.list')}>
        {list.problem && <ProblemBox problem={list.problem} onRetry={list.reload} />}
        <DataTable
          id="requests" label={t('requests.list')} columns={columns} rows={list.data?.requests ?? (list.problem ? [] : null)} rowKey={(r) => String(r.id)} linkOf={(r) => `/requests/${r.id}`} isLoading={list.isLoading}
          toolbar={
            <>
              <Segmented aria-label={t('requests.box')} value={box} onChange={(v) => set({ box: v === 'mine' ? '' : v, state: '' })} options={[{ value: 'mine', label: t('requests.mine') }, { value: 'owner', label: t('requests.owner') }]} />
              <Select aria-label={t('batch.state')} value={values.state ?? ''} onChange={(state) => set({ state })} style={{ width: 150 }} options={[{ value: '', label: t('filter.state.any') }, ...STATES.map((s) => ({ value: s, label: t(`state.${s}`) }))]} />
            </>
          }
          foot={<Pager next={list.data?.next ?? null} after={values.after ?? null} count={list.data?.requests.length ?? 0} onGo={(after) => set({ after })} />}
          empty={box === 'owner'
            ? <EmptyState icon={<ShareAltOutlined />} what={t('requests.empty.owner')} how={t('requests.empty.owner.how')} />
            : <EmptyState icon={<ShareAltOutlined />} what={t('requests.empty.mine')} how={t('requests.empty.mine.how')} action={mayAny(user, 'request') && <LinkButton to="/requests/new" type="primary">{t('menu.share.ask')}</LinkButton>} />}
        />
      </Section>
    </Page>
  );
}
