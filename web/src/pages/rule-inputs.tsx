import { Input, InputNumber, Select } from 'antd';
import { useI18n } from '../i18n';
import type { RuleDetail } from '../types';

export type Values = Record<string, string | number | boolean | null>;

/* A FEEL value as people read it. */
export function shown(v: unknown): string {
  if (v === null || v === undefined) return '—';
  if (typeof v === 'object' && v !== null && 'value' in v) return String((v as { value: unknown }).value);
  return typeof v === 'object' ? JSON.stringify(v) : String(v);
}

export function Inputs({ rule, values, onChange, names }: { rule: RuleDetail; values: Values; onChange: (v: Values) => void; names?: string[] }) {
  const { t } = useI18n();
  return (
    <div className="rule-inputs">
      {rule.inputs.filter((i) => !names || names.includes(i.name)).map((input) => {
        const id = `in-${names ? 's' : 'd'}-${input.id}`;
        const set = (v: string | number | boolean | null) => onChange({ ...values, [input.name]: v });
        return (
          <div key={input.id} className="rule-input">
            <label htmlFor={id}>{input.name}</label>
            {input.type === 'number' ? (
              <InputNumber id={id} value={values[input.name] as number | null} onChange={(v) => set(v)} stringMode={false} style={{ width: '100%' }} />
            ) : input.type === 'boolean' ? (
              <Select id={id} value={values[input.name] as boolean | null} allowClear onChange={(v) => set(v ?? null)} style={{ width: '100%' }}
                options={[{ value: true, label: t('app.yes') }, { value: false, label: t('app.no') }]} />
            ) : (
              <Input id={id} type={input.type === 'date' ? 'date' : 'text'} value={(values[input.name] as string | null) ?? ''} onChange={(e) => set(e.target.value || null)} />
            )}
          </div>
        );
      })}
    </div>
  );
}
