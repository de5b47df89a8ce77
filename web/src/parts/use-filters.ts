import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router-dom';
import { filtersFrom, withFilters, type Params } from '../filters';

/* Reads and writes the filters of a table in the address.  Every change is a step one can go back from. */
export function useFilters(known: readonly string[]) {
  const [search, setSearch] = useSearchParams();
  const names = known.join('\n');
  const text = search.toString();
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const values = useMemo(() => filtersFrom(search, names.split('\n')), [text, names]);
  const set = useCallback(
    (changes: Params) => setSearch((old) => withFilters(old, changes), { replace: 'q' in changes }),
    [setSearch],
  );
  return { values, set, key: JSON.stringify(values) };
}
