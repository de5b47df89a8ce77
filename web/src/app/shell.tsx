import { lazy, Suspense, useEffect, useRef, useState, type ReactNode } from 'react';
import { Link, Navigate, Route, Routes, useLocation, useNavigate, useParams } from 'react-router-dom';
import { App, Button, ConfigProvider, Drawer, Dropdown, Layout, Menu, Modal, Spin, type MenuProps } from 'antd';
import zhCN from 'antd/es/locale/zh_CN';
import enUS from 'antd/es/locale/en_US';
import dayjs from 'dayjs';
import 'dayjs/locale/zh-cn';
import {
  AppstoreOutlined, AuditOutlined, DatabaseOutlined, HomeOutlined, IdcardOutlined, ImportOutlined, IssuesCloseOutlined, MenuOutlined,
  QuestionCircleOutlined, ShareAltOutlined, TeamOutlined, UserOutlined,
} from '@ant-design/icons';
import { api } from '../api';
import { useI18n } from '../i18n';
import { AnnounceProvider } from '../parts/announce';
import { LangSwitch } from '../parts/lang-switch';
import { useLoad } from '../parts/use-load';
import { useWide } from '../parts/use-wide';
import { theme } from '../theme';
import { useSession, useUser } from './session';
import { Fallen } from './fallen';
import { mayAny } from './may';
import { openKeys, selectedKey } from './menu';

const Home = lazy(() => import('../pages/home'));
const Catalogue = lazy(() => import('../pages/catalogue'));
const DatasetPage = lazy(() => import('../pages/dataset'));
const RecordPage = lazy(() => import('../pages/record'));
const Intake = lazy(() => import('../pages/intake'));
const Batches = lazy(() => import('../pages/batches'));
const BatchPage = lazy(() => import('../pages/batch'));
const QuarantinePage = lazy(() => import('../pages/quarantine'));
const QuarantineList = lazy(() => import('../pages/quarantine-list'));
const RequestNew = lazy(() => import('../pages/request-new'));
const Requests = lazy(() => import('../pages/requests'));
const RequestPage = lazy(() => import('../pages/request'));
const Grants = lazy(() => import('../pages/grants'));
const GrantPage = lazy(() => import('../pages/grant'));
const Cases = lazy(() => import('../pages/cases'));
const CasePage = lazy(() => import('../pages/case'));
const My = lazy(() => import('../pages/my'));
const Audit = lazy(() => import('../pages/audit'));
const PackagePage = lazy(() => import('../pages/package-page'));
const PackagePages = lazy(() => import('../pages/package-pages'));
const Exchange = lazy(() => import('../pages/exchange'));
const Opening = lazy(() => import('../pages/opening'));
const Rules = lazy(() => import('../pages/rules'));
const RulePage = lazy(() => import('../pages/rule'));
const Accounts = lazy(() => import('../pages/accounts'));
const Account = lazy(() => import('../pages/account'));
const NotFound = lazy(() => import('../pages/not-found'));

/* A page about one thing starts anew when the thing changes. */
function ByParams({ children }: { children: (key: string) => ReactNode }) {
  return <>{children(Object.values(useParams()).join('/'))}</>;
}

type MenuItem = NonNullable<MenuProps['items']>[number];

function useMenu(): MenuItem[] {
  const { t, pick } = useI18n();
  const user = useUser();
  const menu = useLoad(() => api.menu().catch(() => ({ groups: [] })), []);
  const link = (key: string, text: string) => ({ key, label: <Link to={key}>{text}</Link> });
  const groups = menu.data?.groups ?? [];
  const packages = groups.flatMap<MenuItem>((g) =>
    g.items.length === 0 ? [] : groups.length > 1 && g.items.length > 1
      ? [{ type: 'group' as const, key: `group-${g.id}`, label: pick(g.title), children: g.items.map((i) => link(i.link, pick(i.title))) }]
      : g.items.map((i) => link(i.link, pick(i.title))),
  );
  return [
    { ...link('/', t('menu.home')), icon: <HomeOutlined /> },
    { ...link('/datasets', t('menu.catalogue')), icon: <DatabaseOutlined /> },
    { key: 'intake', icon: <ImportOutlined />, label: t('menu.intake'), children: [
      ...(mayAny(user, 'intake') ? [link('/intake', t('menu.intake.load'))] : []), link('/batches', t('menu.intake.batches')), link('/quarantine', t('menu.intake.quarantine'))] },
    { key: 'share', icon: <ShareAltOutlined />, label: t('menu.share'), children: [
      ...(mayAny(user, 'request') ? [link('/requests/new', t('menu.share.ask'))] : []), link('/requests', t('menu.share.requests')), link('/grants', t('menu.share.grants')),
      ...(mayAny(user, 'exchange') || mayAny(user, 'audit') ? [link('/exchange', t('exchange.title'))] : []), ...(mayAny(user, 'open') || mayAny(user, 'audit') ? [link('/opening', t('opening.title'))] : [])] },
    ...(user.has_own ? [{ ...link('/my', t('menu.my')), icon: <IdcardOutlined /> }] : []),
    { ...link('/cases', t('menu.cases')), icon: <IssuesCloseOutlined /> },
    ...(mayAny(user, 'accounts') ? [{ ...link('/accounts', t('accounts.title')), icon: <TeamOutlined /> }] : []),
    ...(mayAny(user, 'audit') ? [{ ...link('/audit', t('menu.audit')), icon: <AuditOutlined /> }] : []),
    { key: 'apps', icon: <AppstoreOutlined />, label: t('menu.apps'), children: [link('/rules', t('menu.rules')), ...packages] },
  ];
}

function SideMenu({ onGo }: { onGo?: () => void }) {
  const { t } = useI18n();
  const items = useMenu();
  const path = useLocation().pathname;
  const [open, setOpen] = useState<string[]>(() => openKeys(path));
  useEffect(() => setOpen((old) => [...new Set([...old, ...openKeys(path)])]), [path]);
  return (
    <nav aria-label={t('menu.label')} className="side-menu">
      <Menu mode="inline" inlineIndent={16} items={items} selectedKeys={[selectedKey(path)]} openKeys={open} onOpenChange={setOpen} onClick={onGo} />
    </nav>
  );
}

function KeysHelp({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useI18n();
  const rows: [string[], string][] = [
    [['/'], t('keys.find')], [['j', 'k'], t('keys.walk')], [['Enter'], t('keys.open')], [['g', 'h'], t('keys.home')],
    [['g', 'c'], t('keys.catalogue')], [['g', 'q'], t('keys.quarantine')], [['?'], t('keys.help')],
  ];
  return (
    <Modal open={isOpen} onCancel={onClose} footer={null} title={t('keys.title')} width={420}>
      <dl className="keys">
        {rows.map(([keys, text]) => (
          <div key={text}>
            <dt>{keys.map((k) => <kbd key={k}>{k}</kbd>)}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <p className="soft">{t('keys.quarantine.note')}</p>
    </Modal>
  );
}

function useGlobalKeys(onHelp: () => void) {
  const go = useNavigate();
  useEffect(() => {
    let isG = false;
    const onKey = (e: KeyboardEvent) => {
      const el = e.target as HTMLElement;
      if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName)) return;
      if (e.key === '?') onHelp();
      if (isG && e.key === 'h') go('/');
      if (isG && e.key === 'c') go('/datasets');
      if (isG && e.key === 'q') go('/quarantine');
      isG = e.key === 'g';
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [go, onHelp]);
}

function Desk() {
  const { t, pick } = useI18n();
  const user = useUser();
  const { leave, county } = useSession();
  const go = useNavigate();
  const { pathname } = useLocation();
  const isWide = useWide(992);
  const [isMenuOpen, setMenuOpen] = useState(false);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const before = useRef(pathname);
  useGlobalKeys(() => setHelpOpen(true));

  /* A new page starts at its top, for the eye and for the screen reader. */
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [pathname]);

  return (
    <Layout className="desk">
      <a className="skip" href="#main" onClick={(e) => { e.preventDefault(); main.current?.focus(); }}>{t('app.skip')}</a>
      <Layout.Header className="top">
        {!isWide && <Button type="text" icon={<MenuOutlined />} aria-label={t('menu.open')} aria-expanded={isMenuOpen} onClick={() => setMenuOpen(true)} />}
        <Link to="/" className="brand"><img src="/favicon.svg" alt="" width="26" height="26" /> <span>{t('app.name')}</span> {county && <span className="brand-county">{t('app.county', { county: pick(county) })}</span>}</Link>
        <span className="top-space" />
        <Button type="text" className="top-help" icon={<QuestionCircleOutlined />} aria-label={t('keys.title')} onClick={() => setHelpOpen(true)} />
        <LangSwitch />
        <Dropdown
          trigger={['click']}
          menu={{
            items: [
              { key: 'who', disabled: true, label: <span className="top-who">{pick(user.organisation.title)}<br />{user.posts.flatMap((p) => p.roles).map((r) => pick(r.title)).join(t('app.comma'))}</span> },
              { type: 'divider' },
              { key: 'account', label: t('menu.account'), onClick: () => go('/account') },
              { key: 'out', label: t('menu.signout'), onClick: () => void leave() },
            ],
          }}
        >
          <Button type="text" icon={<UserOutlined />} className="top-user" aria-label={`${t('menu.account')}: ${pick(user.name)}`}><span className="top-user-name">{pick(user.name)}</span></Button>
        </Dropdown>
      </Layout.Header>
      <Layout hasSider={isWide}>
        {isWide && <Layout.Sider width={208} className="side"><SideMenu /></Layout.Sider>}
        <div className="content">
          <main id="main" ref={main} tabIndex={-1}>
            <Fallen key={pathname}>
              <Suspense fallback={<div className="waiting" role="status"><Spin /> {t('app.loading')}</div>}>
                <Pages />
              </Suspense>
            </Fallen>
          </main>
        </div>
      </Layout>
      <Drawer open={isMenuOpen} onClose={() => setMenuOpen(false)} placement="left" width={260} title={t('menu.label')} styles={{ body: { padding: 0 } }}>
        <SideMenu onGo={() => setMenuOpen(false)} />
      </Drawer>
      <KeysHelp isOpen={isHelpOpen} onClose={() => setHelpOpen(false)} />
    </Layout>
  );
}

function Pages() {
  return (
    <Routes>
      <Route path="/" element={<Home />} />
      <Route path="/datasets" element={<Catalogue />} />
      <Route path="/datasets/:dataset" element={<ByParams>{(k) => <DatasetPage key={k} />}</ByParams>} />
      <Route path="/datasets/:dataset/records/:key" element={<ByParams>{(k) => <RecordPage key={k} />}</ByParams>} />
      <Route path="/intake" element={<Intake />} />
      <Route path="/intake/:dataset" element={<ByParams>{(k) => <Intake key={k} />}</ByParams>} />
      <Route path="/batches" element={<Batches />} />
      <Route path="/batches/:batch" element={<ByParams>{(k) => <BatchPage key={k} />}</ByParams>} />
      <Route path="/batches/:batch/mapping" element={<ByParams>{(k) => <BatchPage key={k} />}</ByParams>} />
      <Route path="/batches/:batch/quarantine" element={<ByParams>{(k) => <QuarantinePage key={k} />}</ByParams>} />
      <Route path="/quarantine" element={<QuarantineList />} />
      <Route path="/requests/new" element={<RequestNew />} />
      <Route path="/requests" element={<Requests />} />
      <Route path="/requests/:request" element={<ByParams>{(k) => <RequestPage key={k} />}</ByParams>} />
      <Route path="/grants" element={<Grants />} />
      <Route path="/grants/:grant" element={<ByParams>{(k) => <GrantPage key={k} />}</ByParams>} />
      <Route path="/cases" element={<Cases />} />
      <Route path="/cases/:case" element={<ByParams>{(k) => <CasePage key={k} />}</ByParams>} />
      <Route path="/my" element={<My />} />
      <Route path="/audit" element={<Audit />} />
      <Route path="/exchange" element={<Exchange />} />
      <Route path="/exchange/:agreement" element={<Exchange />} />
      <Route path="/opening" element={<Opening />} />
      <Route path="/rules" element={<Rules />} />
      <Route path="/rules/:rule" element={<ByParams>{(k) => <RulePage key={k} />}</ByParams>} />
      <Route path="/pages" element={<PackagePages />} />
      <Route path="/pages/:page" element={<ByParams>{(k) => <PackagePage key={k} />}</ByParams>} />
      <Route path="/accounts" element={<Accounts />} />
      <Route path="/account" element={<Account />} />
      <Route path="/home" element={<Navigate to="/" replace />} />
      <Route path="*" element={<NotFound />} />
    </Routes>
  );
}

export default function Shell() {
  const { lang } = useI18n();
  dayjs.locale(lang === 'zh' ? 'zh-cn' : 'en');
  return (
    <ConfigProvider theme={theme} locale={lang === 'zh' ? zhCN : enUS} button={{ autoInsertSpace: false }}>
      <App>
        <AnnounceProvider>
          <Desk />
        </AnnounceProvider>
      </App>
    </ConfigProvider>
  );
}
