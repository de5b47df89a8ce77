import type { Dataset } from '../types';
import { RecordsTable } from '../parts/records-table';
import { Section } from '../parts/page';
import { useI18n } from '../i18n';

export default function DatasetRecords({ dataset }: { dataset: Dataset }) {
  const { t } = useI18n();
  return (
    <Section title={t('records.title')}>
      <RecordsTable dataset={dataset} />
    </Section>
  );
}
