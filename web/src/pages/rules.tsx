import { Link } from 'react-router-dom';
import { Table } from 'antd';
import { api } from '../api';
import { useI18n } from '../i18n';
import { EmptyState } from '../parts/empty-state';
import { Loaded, Page, Section } from '../parts/page';
import { useLoad } from '../parts/use-load';
import type { RuleModel } from '../types';

/* The decision models in force. */
export default function Rules() {
  const { t, pick } = useI18n();
  const load = useLoad((s) => api.rules(s), []);
  return (
    <Page title={t('rules.title')} lead={t('rules.lead')}>
      <Loaded load={load}>
        {({ rules }) => (
          <Section title={t('rules.title')}>
            {rules.length === 0 ? <EmptyState what={t('rules.none')} how={t('rules.none.text')} /> : (
              <Table<RuleModel> rowKey="id" size="middle" pagination={false} dataSource={rules} scroll={{ x: 'max-content' }} columns={[
                { title: t('rules.name'), render: (_, r) => <Link to={`/rules/${encodeURIComponent(r.id)}`}>{pick(r.title)}</Link> },
                { title: t('rules.package'), render: (_, r) => pick(r.package_title) },
                { title: t('rules.decisions'), render: (_, r) => r.decisions.length, align: 'right' },
                { title: t('rules.inputs'), render: (_, r) => r.inputs.length, align: 'right' },
                { title: t('rules.cases'), render: (_, r) => r.case_count, align: 'right' },
              ]} />
            )}
          </Section>
        )}
      </Loaded>
    </Page>
  );
}
