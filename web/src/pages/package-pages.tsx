import { Link } from 'react-router-dom';
import { AppstoreOutlined } from '@ant-design/icons';
import { api } from '../api';
import { useI18n } from '../i18n';
import { EmptyState } from '../parts/empty-state';
import { Loaded, Page, Section } from '../parts/page';
import { useLoad } from '../parts/use-load';

export default function PackagePages() {
  const { t, pick } = useI18n();
  const load = useLoad(() => api.menu(), []);
  return (
    <Page title={t('menu.apps')} lead={t('pages.lead')}>
      <Loaded load={load}>
        {({ groups }) => groups.length === 0 ? <EmptyState icon={<AppstoreOutlined />} what={t('pages.empty')} how={t('pages.empty.how')} /> : groups.map((g) => (
          <Section key={g.id} title={pick(g.title)}>
            <ul className="pick">{g.items.map((i) => <li key={i.link}><Link to={i.link}><strong>{pick(i.title)}</strong></Link></li>)}</ul>
          </Section>
        ))}
      </Loaded>
    </Page>
  );
}
