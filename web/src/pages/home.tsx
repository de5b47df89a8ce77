import { Link } from 'react-router-dom';
import { Button } from 'antd';
import {
  BellOutlined, CheckCircleOutlined, FormOutlined, ImportOutlined, IssuesCloseOutlined, KeyOutlined, ShareAltOutlined, TableOutlined,
} from '@ant-design/icons';
import { api } from '../api';
import { mayAny } from '../app/may';
import { useUser } from '../app/session';
import { useI18n } from '../i18n';
import { BatchTable } from '../parts/batch-table';
import { EmptyState } from '../parts/empty-state';
import { LinkButton } from '../parts/link-button';
import { Loaded, Page, Section } from '../parts/page';
import { DueIn } from '../parts/tags';
import { useLoad, usePoll } from '../parts/use-load';
import { formatCount, formatTime } from '../text';
import type { Home, Waiting, WaitingKind } from '../types';

const ICONS: Record<WaitingKind, JSX.Element> = {
  case: <IssuesCloseOutlined />,
  request: <ShareAltOutlined />,
  quarantine: <FormOutlined />,
  mapping: <TableOutlined />,
  key: <KeyOutlined />,
};

function WaitingItem({ w }: { w: Waiting }) {
  const { t, pick } = useI18n();
  return (
    <li>
      <Link to={w.link}>
        <span className="work-icon" aria-hidden="true">{ICONS[w.kind] ?? <BellOutlined />}</span>
        <span>
          <span className="work-title">{pick(w.title)}<span className="work-kind"> · {t(`waiting.${w.kind}`, { n: w.count || 1 })}</span></span>
          <span className="work-sub"><br />{t('home.since', { at: formatTime(w.since) })}</span>
        </span>
        <span className="work-due"><DueIn due={w.due} daysLeft={w.days_left} /></span>
      </Link>
    </li>
  );
}

function Messages({ home, onRead }: { home: Home; onRead: (id: string | number) => void }) {
  const { t, pick } = useI18n();
  if (home.messages.length === 0)
    return <EmptyState icon={<BellOutlined />} what={t('home.messages.empty')} how={t('home.messages.how')} />;
  return (
    <ul className="work">
      {home.messages.slice(0, 8).map((m) => {
        const inside = (
          <>
            <span className="work-icon" aria-hidden="true"><BellOutlined /></span>
            <span>
              <span className="work-title">{!m.is_read && <span className="only-read">{t('home.unread')} </span>}{pick(m.title)}</span>
              <span className="work-sub"><br />{pick(m.text)}{pick(m.text) && ' · '}<span className="nowrap">{formatTime(m.at)}</span></span>
            </span>
          </>
        );
        return (
          <li key={m.id} className={m.is_read ? undefined : 'is-new'}>
            {m.link
              ? <Link to={m.link} onClick={() => onRead(m.id)}>{inside}</Link>
              : <div>{inside}{!m.is_read && <Button size="small" onClick={() => onRead(m.id)}>{t('home.read')}</Button>}</div>}
          </li>
        );
      })}
    </ul>
  );
}

export default function HomePage() {
  const { t, lang, pick } = useI18n();
  const user = useUser();
  const home = useLoad((s) => api.home(s), []);
  usePoll(home.reload, 60000, true);
  const read = (id: string | number) => {
    home.set((old) => old && { ...old, messages: old.messages.map((m) => (m.id === id ? { ...m, is_read: true } : m)) });
    void api.readMessage(id).catch(() => undefined);
  };
  return (
    <Page
      title={t('home.title', { name: pick(user.name) })}
      lead={t('home.lead', { organisation: pick(user.organisation.title) })}
      actions={mayAny(user, 'intake') && <LinkButton to="/intake" type="primary" icon={<ImportOutlined />}>{t('menu.intake.load')}</LinkButton>}
    >
      <Loaded load={home}>
        {(h) => (
          <>
            <div className="two">
              <Section id="waiting" title={<>{t('home.waiting')} <span className="soft num">{h.waiting.length || ''}</span></>}>
                {h.waiting.length === 0 ? (
                  <EmptyState
                    icon={<CheckCircleOutlined />}
                    what={t('home.waiting.empty')}
                    how={t('home.waiting.how')}
                    action={<LinkButton to="/datasets">{t('home.waiting.action')}</LinkButton>}
                  />
                ) : (
                  <ul className="work">{h.waiting.map((w) => <WaitingItem key={`${w.kind}-${w.id}`} w={w} />)}</ul>
                )}
              </Section>
              <Section id="messages" title={t('home.messages')} extra={h.messages.filter((m) => !m.is_read).length > 1 && <Button size="small" onClick={() => h.messages.forEach((m) => !m.is_read && read(m.id))}>{t('home.read.all')}</Button>}>
                <Messages home={h} onRead={read} />
              </Section>
            </div>
            <nav className="figures" aria-label={t('home.figures')}>
              <Link to="/datasets"><span className="figure-n">{formatCount(h.figures.datasets, lang)}</span><span className="figure-t">{t('home.figures.datasets')}</span></Link>
              <Link to="/datasets"><span className="figure-n">{formatCount(h.figures.records, lang)}</span><span className="figure-t">{t('home.figures.records')}</span></Link>
              <Link to="/batches"><span className="figure-n">{formatCount(h.figures.batches_today, lang)}</span><span className="figure-t">{t('home.figures.batches')}</span></Link>
              <Link to="/audit"><span className="figure-n">{formatCount(h.figures.looks_today, lang)}</span><span className="figure-t">{t('home.figures.looks')}</span></Link>
            </nav>
            <Section id="recent" title={t('home.recent')} extra={<Link to="/batches">{t('home.recent.all')}</Link>}>
              <BatchTable id="home-batches" rows={h.recent} />
            </Section>
          </>
        )}
      </Loaded>
    </Page>
  );
}
