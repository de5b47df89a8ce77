import { Link, useParams } from 'react-router-dom';
import { Alert } from 'antd';
import { api } from '../api';
import { useI18n } from '../i18n';
import { Loaded, Page, Section } from '../parts/page';
import { RecordsTable } from '../parts/records-table';
import { useLoad } from '../parts/use-load';

/* A page that a package declares: rendered from what it says, nothing is known here about any department. */
export default function PackagePage() {
  const { t, pick } = useI18n();
  const { page: id = '' } = useParams();
  const load = useLoad(async (s) => {
    const page = await api.page(id, s);
    return { page, dataset: await api.dataset(page.dataset, s) };
  }, [id]);
  const title = load.data ? pick(load.data.page.title) : t('page.one');
  return (
    <Page title={title}>
      <Loaded load={load}>
        {({ page, dataset }) => (
          <>
            <p className="lead">{t('page.from')} <Link to={`/datasets/${encodeURIComponent(dataset.id)}`}>{pick(dataset.title)}</Link> · {pick(dataset.owner.title)}</p>
            {page.kind !== 'list' ? <Alert type="info" showIcon message={t('page.kind', { kind: String(page.kind) })} /> : (
              <Section title={title}><RecordsTable id={`page-${page.id}`} dataset={dataset} columns={page.columns} filters={page.filters} order={page.order} /></Section>
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}
