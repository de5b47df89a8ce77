import { LinkButton } from '../parts/link-button';
import { CompassOutlined } from '@ant-design/icons';
import { useI18n } from '../i18n';
import { EmptyState } from '../parts/empty-state';
import { Page } from '../parts/page';

export default function NotFound() {
  const { t } = useI18n();
  return (
    <Page title={t('notfound.title')}>
      <EmptyState icon={<CompassOutlined />} what={t('notfound.what')} how={t('notfound.how')}
        action={<><LinkButton to="/" type="primary">{t('menu.home')}</LinkButton><LinkButton to="/datasets">{t('menu.catalogue')}</LinkButton></>} />
    </Page>
  );
}
