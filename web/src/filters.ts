/* A link is a view: filters, order, page and columns of a table live in the address, and nowhere else. */

export type Params = Record<string, string | number | boolean | null | undefined>;

/* "" or "?a=1&b=2"; empty values are left out, keys keep their order. */
export function queryOf(params?: Params): string {
  const out = new URLSearchParams();
  for (const [k, v] of Object.entries(params ?? {})) if (v !== null && v !== undefined && v !== '') out.append(k, String(v));
  const text = out.toString();
  return text ? `?${text}` : '';
}

/* The names in `known` that the address holds; anything else in the address is not a filter of this table. */
export function filtersFrom(search: URLSearchParams, known: readonly string[]): Record<string, string> {
  const out: Record<string, string> = {};
  for (const name of known) {
    const v = search.get(name)?.trim();
    if (v) out[name] = v;
  }
  return out;
}

/* The address after changing some filters: what is set to "" goes, and so does the page, which belonged to the old view. */
export function withFilters(search: URLSearchParams, changes: Params): URLSearchParams {
  const out = new URLSearchParams(search);
  for (const [k, v] of Object.entries(changes)) {
    if (v === null || v === undefined || v === '') out.delete(k);
    else out.set(k, String(v));
  }
  if (!('after' in changes)) out.delete('after');
  return out;
}

/* field -> -field -> none */
export function nextOrder(current: string | null, field: string): string | null {
  if (current === field) return `-${field}`;
  if (current === `-${field}`) return null;
  return field;
}

export function orderOf(order: string | null, field: string): 'ascending' | 'descending' | 'none' {
  if (order === field) return 'ascending';
  return order === `-${field}` ? 'descending' : 'none';
}
