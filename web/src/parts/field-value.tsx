import { useEffect, useState } from 'react';
import { api } from '../api';
import { useI18n } from '../i18n';
import { formatNumber } from '../text';
import type { CodeList, Field } from '../types';
import { MaskedMark } from './tags';

const lists = new Map<string, Promise<CodeList | null>>();

/* A code list, asked for once; null while it comes or where there is none. */
export function useCodes(code: string | null | undefined): CodeList | null {
  const [list, setList] = useState<CodeList | null>(null);
  useEffect(() => {
    let isHere = true;
    setList(null);
    if (code) {
      if (!lists.has(code)) lists.set(code, api.codes(code).catch(() => (lists.delete(code), null)));
      void lists.get(code)?.then((got) => {
        if (isHere) setList(got);
      });
    }
    return () => {
      isHere = false;
    };
  }, [code]);
  return list;
}

interface FieldValueProps {
  field: Pick<Field, 'type' | 'code'> & Partial<Field>;
  value: unknown;
  isMasked?: boolean;
  /* In a table the head of the column carries the mark. */
  isMarkQuiet?: boolean;
  /* The code beside its title, where there is room. */
  showsCode?: boolean;
}

/* One value as people read it: codes by their titles, numbers grouped with unit, masks marked, "none" told apart from "". */
export function FieldValue({ field, value, isMasked, isMarkQuiet, showsCode }: FieldValueProps) {
  const { t, pick } = useI18n();
  const codes = useCodes(isMasked ? null : field.code);
  if (value === null || value === undefined || value === '') return <span className="soft" title={t('field.none')}>—</span>;
  const text = String(value);
  let shown = text;
  if (typeof value === 'boolean') shown = t(value ? 'app.yes' : 'app.no');
  else if (typeof value === 'number' && field.type === 'number' && !field.is_key) shown = formatNumber(value);
  if (typeof value === 'object') shown = JSON.stringify(value);
  const item = codes?.items.find((i) => i.code === text);
  return (
    <span className={isMasked ? 'masked' : undefined}>
      {item ? <span title={text}>{pick(item.title)}{showsCode && <span className="soft code"> {text}</span>}</span> : shown}
      {field.unit && !isMasked ? <span className="soft"> {pick(field.unit)}</span> : null}
      {isMasked && !isMarkQuiet && <> <MaskedMark /></>}
    </span>
  );
}
