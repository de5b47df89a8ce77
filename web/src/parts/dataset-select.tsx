import { Select } from 'antd';
import { api } from '../api';
import { useI18n } from '../i18n';
import { useLoad } from './use-load';
import type { DatasetSummary } from '../types';

/* The catalogue as titles, asked for once a page. */
export function useDatasets(): DatasetSummary[] {
  return useLoad(() => api.datasets(), []).data?.datasets ?? [];
}

export function DatasetSelect({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  const { t, pick } = useI18n();
  const datasets = useDatasets();
  return (
    <Select
      aria-label={t('filter.dataset')}
      showSearch
      optionFilterProp="label"
      value={value}
      onChange={onChange}
      style={{ width: 210, maxWidth: '100%' }}
      options={[{ value: '', label: t('filter.dataset.any') }, ...datasets.map((d) => ({ value: d.id, label: pick(d.title) }))]}
    />
  );
}
