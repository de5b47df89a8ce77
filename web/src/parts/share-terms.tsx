/* The terms of a share: which fields, which of them unmasked, which rows. */
import { Button, Checkbox, Input, Select } from 'antd';
import { DeleteOutlined } from '@ant-design/icons';
import { useI18n } from '../i18n';
import { codeWords } from './update-words';
import type { Field, FilterOp, RowFilter } from '../types';
import { GradeTag } from './tags';

/* Where a mask falls: the grade decides, the field says which mask; without one the value is hidden. */
export const isMaskable = (f: Pick<Field, 'grade'>) => f.grade >= 'L3';

/* As the server wants it: "in" takes a list; conditions without a value are none. */
export function readyFilter(filter: RowFilter[]): RowFilter[] {
  const out: RowFilter[] = [];
  for (const f of filter) {
    const text = filterText(f.value);
    const list = text.split(/[,，、;；\s]+/).filter(Boolean);
    if (text.trim()) out.push({ ...f, value: f.op === 'in' ? list : text.trim() });
  }
  return out;
}

const filterText = (v: RowFilter['value']) => (Array.isArray(v) ? v.join('、') : String(v));

const OPS: FilterOp[] = ['=', 'in', 'starts', '>=', '<='];

interface FieldPickerProps {
  offered: Field[];
  fields: string[];
  clear: string[];
  onFields?: (names: string[]) => void;
  onClear?: (names: string[]) => void;
  /* In a decision: only what was asked to be unmasked may be. */
  clearable?: string[];
}

export function FieldPicker({ offered, fields, clear, onFields, onClear, clearable }: FieldPickerProps) {
  const { t, pick } = useI18n();
  const toggle = (list: string[], name: string, isOn: boolean) => (isOn ? [...list, name] : list.filter((n) => n !== name));
  const inOrder = (list: string[]) => offered.map((f) => f.name).filter((n) => list.includes(n));
  return (
    <div className="scroll-x" tabIndex={0} role="group" aria-label={t('ask.fields')}>
      <table className="field-pick">
        <thead>
          <tr><th scope="col">{t('field.title')}</th><th scope="col">{t('dataset.grade')}</th><th scope="col">{t('ask.field.comes')}</th><th scope="col">{t('ask.field.clear')}</th></tr>
        </thead>
        <tbody>
          {offered.map((f) => {
            const isOn = fields.includes(f.name);
            const isClear = clear.includes(f.name);
            return (
              <tr key={f.name} className={isOn ? 'is-on' : undefined}>
                <td>
                  <Checkbox checked={isOn} disabled={!onFields} onChange={(e) => {
                    onFields?.(inOrder(toggle(fields, f.name, e.target.checked)));
                    if (!e.target.checked) onClear?.(clear.filter((n) => n !== f.name));
                  }}>{pick(f.title)}</Checkbox>
                </td>
                <td><GradeTag grade={f.grade} /></td>
                <td className="soft">{isMaskable(f) && !isClear ? codeWords(t, 'mask', f.mask ?? 'hide') : t('ask.field.asis')}</td>
                <td>
                  {isMaskable(f) && (!clearable || clearable.includes(f.name)) ? (
                    <Checkbox checked={isClear} disabled={!isOn || !onClear} aria-label={t('ask.field.clear.of', { field: pick(f.title) })} onChange={(e) => onClear?.(inOrder(toggle(clear, f.name, e.target.checked)))}>{t('ask.field.clear.yes')}</Checkbox>
                  ) : <span className="soft">—</span>}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

export function FilterEditor({ fields, value, onChange }: { fields: Field[]; value: RowFilter[]; onChange: (v: RowFilter[]) => void }) {
  const { t, pick } = useI18n();
  if (value.length === 0) return <p>{t('ask.filter.none')}</p>;
  const set = (at: number, change: Partial<RowFilter>) => onChange(value.map((f, i) => (i === at ? { ...f, ...change } : f)));
  return (
    <div className="filter-rows">
      {value.map((f, i) => (
        <div key={i} className="filter-row">
          <Select showSearch optionFilterProp="label" aria-label={t('field.title')} style={{ width: 180 }} value={f.field} onChange={(field: string) => set(i, { field })} options={fields.map((x) => ({ value: x.name, label: pick(x.title) }))} />
          <Select aria-label={t('filter.op')} style={{ width: 120 }} value={f.op} onChange={(op: FilterOp) => set(i, { op })} options={OPS.map((op) => ({ value: op, label: t(`op.${op}`) }))} />
          <Input aria-label={t('filter.valueof')} placeholder={t(f.op === 'in' ? 'filter.value.in' : 'filter.valueof')} style={{ width: 220 }} value={filterText(f.value)} onChange={(e) => set(i, { value: e.target.value })} />
          <Button icon={<DeleteOutlined />} aria-label={t('filter.remove')} onClick={() => onChange(value.filter((_, at) => at !== i))} />
        </div>
      ))}
    </div>
  );
}

export function FilterWords({ filter, titleOf }: { filter: RowFilter[]; titleOf: (name: string) => string }) {
  const { t } = useI18n();
  if (filter.length === 0) return <>{t('ask.filter.none')}</>;
  return <>{filter.map((f) => `${titleOf(f.field)} ${t(`op.${f.op}`)} ${filterText(f.value)}`).join(t('filter.and'))}</>;
}
