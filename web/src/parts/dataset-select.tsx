import { useEffect, useState } from 'react';
import { Select } from 'antd';
import { api } from '../api';
import { useI18n } from '../i18n';
import { useLoad } from './use-load';
import type { Dataset, DatasetSummary } from '../types';

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
      style={{ width: 180, maxWidth: '100%' }}
      options={[{ value: '', label: t('filter.dataset.any') }, ...datasets.map((d) => ({ value: d.id, label: pick(d.title) }))]}
    />
  );
}

const details = new Map<string, Promise<Dataset | null>>();

/* One dataset with its fields, asked for once; for lists that name a field and want its title. */
export function useDataset(id: string | null): Dataset | null {
  const [dataset, setDataset] = useState<Dataset | null>(null);
  useEffect(() => {
    let isHere = true;
    if (id) {
      if (!details.has(id)) details.set(id, api.dataset(id).catch(() => (details.delete(id), null)));
      void details.get(id)?.then((d) => isHere && setDataset(d));
    }
    return () => {
      isHere = false;
    };
  }, [id]);
  return dataset;
}
