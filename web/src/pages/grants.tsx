import { Link } from 'react-router-dom';
import { Progress, Segmented } from 'antd';
import { KeyOutlined } from '@ant-design/icons';
import { api } from '../api';
import { mayAny } from '../app/may';
import { useUser } from '../app/session';
import { useI18n } from '../i18n';
import { DataTable, Pager, type Column } from '../parts/data-table';
import { EmptyState } from '../parts/empty-state';
import { LinkButton } from '../parts/link-button';
import { Page, Section } from '../parts/page';
import { ProblemBox } from '../parts/problem-box';
import { Mark, StateTag } from '../parts/tags';
import { useFilters } from '../parts/use-filters';
import { useLoad } from '../parts/use-load';
import { formatNumber, formatTime } from '../text';
import type { Grant } from '../types';

export default function Grants() {
  const { t, pick } = useI18n();
  const user = useUser();
  const { values, set, key } = useFilters(['box', 'after']);
  const box = values.box === 'owner' ? 'owner' : 'mine';
  const list = useLoad((s) => api.grants({ box, after: values.after }, s), [key]);
  const columns: Column<Grant>[] = [
    { key: 'title', title: t('ask.dataset'), isHead: true, render: (g) => <><Link className="cell-main" to={`/grants/${g.id}`}>{pick(g.title)}</Link><span className="cell-sub">{t('grant.fields.n', { n: g.fields.length })}</span></> },
    { key: 'organisation', title: t('lineage.user'), render: (g) => pick(g.organisation) },
    { key: 'state', title: t('batch.state'), render: (g) => <span className="marks"><StateTag state={g.state} />{g.state === 'active' && !g.has_key && <Mark tone="warn" icon={<KeyOutlined />}>{t('grant.nokey')}</Mark>}</span> },
    { key: 'used', title: t('grant.today'), render: (g) => <span className="num">{formatNumber(g.used_today)} / {formatNumber(g.quota_per_day)}<Progress percent={Math.round((g.used_today / Math.max(1, g.quota_per_day)) * 100)} showInfo={false} size="small" aria-label={t('grant.today')} /></span> },
    { key: 'last', title: t('grant.last'), render: (g) => <span className="nowrap">{g.last_used ? formatTime(g.last_used) : t('grant.never')}</span> },
    { key: 'until', title: t('request.until'), render: (g) => <span className="nowrap num">{g.until}</span> },
  ];
  return (
    <Page title={t('menu.share.grants')} lead={t(box === 'owner' ? 'grants.lead.owner' : 'grants.lead.mine')}>
      <Section title={t('grants.list')}>
        {list.problem && <ProblemBox problem={list.problem} onRetry={list.reload} />}
        <DataTable
          id="grants" label={t('grants.list')} columns={columns} rows={list.data?.grants ?? (list.problem ? [] : null)} rowKey={(g) => String(g.id)} linkOf={(g) => `/grants/${g.id}`} isLoading={list.isLoading}
          toolbar={<Segmented aria-label={t('requests.box')} value={box} onChange={(v) => set({ box: v === 'mine' ? '' : v })} options={[{ value: 'mine', label: t('grants.mine') }, { value: 'owner', label: t('grants.owner') }]} />}
          foot={<Pager next={list.data?.next ?? null} after={values.after ?? null} count={list.data?.grants.length ?? 0} onGo={(after) => set({ after })} />}
          empty={<EmptyState icon={<KeyOutlined />} what={t(box === 'owner' ? 'grants.empty.owner' : 'grants.empty.mine')} how={t('grants.empty.how')} action={(box === 'owner' || mayAny(user, 'request')) && <LinkButton to={box === 'owner' ? '/requests?box=owner' : '/requests/new'} type="primary">{t(box === 'owner' ? 'requests.owner' : 'menu.share.ask')}</LinkButton>} />}
        />
      </Section>
    </Page>
  );
}
