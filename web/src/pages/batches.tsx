import { Select } from 'antd';
import { LinkButton } from '../parts/link-button';
import { ImportOutlined } from '@ant-design/icons';
import { api } from '../api';
import { mayAny } from '../app/may';
import { useUser } from '../app/session';
import { useI18n } from '../i18n';
import { BatchTable } from '../parts/batch-table';
import { DatasetSelect } from '../parts/dataset-select';
import { Pager } from '../parts/data-table';
import { Page, Section } from '../parts/page';
import { ProblemBox } from '../parts/problem-box';
import { useFilters } from '../parts/use-filters';
import { useLoad, usePoll } from '../parts/use-load';
import type { BatchState } from '../types';

const STATES: BatchState[] = ['mapping', 'queued', 'running', 'done', 'failed', 'cancelled'];

export default function Batches() {
  const { t } = useI18n();
  const user = useUser();
  const { values, set, key } = useFilters(['dataset', 'state', 'after']);
  const list = useLoad((s) => api.batches({ ...values }, s), [key]);
  const isMoving = list.data?.batches.some((b) => b.state === 'running' || b.state === 'queued') ?? false;
  usePoll(list.reload, 3000, isMoving);
  return (
    <Page title={t('batch.title')} lead={t('batch.lead')} actions={mayAny(user, 'intake') && <LinkButton to="/intake" type="primary" icon={<ImportOutlined />}>{t('menu.intake.load')}</LinkButton>}>
      <Section title={t('batch.list')}>
        {list.problem && <ProblemBox problem={list.problem} onRetry={list.reload} />}
        <BatchTable
          id="batches"
          rows={list.data?.batches ?? (list.problem ? [] : null)}
          isFiltered={Boolean(values.dataset || values.state)}
          isLoading={list.isLoading && !isMoving}
          toolbar={
            <>
              <DatasetSelect value={values.dataset ?? ''} onChange={(dataset) => set({ dataset })} />
              <Select
                aria-label={t('batch.state')}
                value={values.state ?? ''}
                onChange={(state) => set({ state })}
                style={{ width: 150 }}
                options={[{ value: '', label: t('filter.state.any') }, ...STATES.map((s) => ({ value: s, label: t(`state.${s}`) }))]}
              />
            </>
          }
          foot={<Pager next={list.data?.next ?? null} after={values.after ?? null} count={list.data?.batches.length ?? 0} onGo={(after) => set({ after })} />}
        />
      </Section>
    </Page>
  );
}
