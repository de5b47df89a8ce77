import { useCallback, useEffect, useRef, useState } from 'react';
import { problemOf, type ApiProblem } from '../problem';

export interface Load<A> {
  data: A | null;
  problem: ApiProblem | null;
  isLoading: boolean;
  reload: () => void;
  /* Puts in an answer that another call gave, without asking again. */
  set: (next: A | null | ((old: A | null) => A | null)) => void;
}

/* Loads when `deps` change; keeps the old answer on screen until the new one is there, and drops answers that come too late. */
export function useLoad<A>(load: (signal: AbortSignal) => Promise<A>, deps: readonly unknown[]): Load<A> {
  const [data, setData] = useState<A | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [isLoading, setLoading] = useState(true);
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;

  useEffect(() => {
    const abort = new AbortController();
    setLoading(true);
    latest.current(abort.signal)
      .then((answer) => {
        if (abort.signal.aborted) return;
        setData(answer);
        setProblem(null);
        setLoading(false);
      })
      .catch((cause) => {
        if (abort.signal.aborted) return;
        setProblem(problemOf(cause));
        setLoading(false);
      });
    return () => abort.abort();
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [...deps, turn]);

  return { data, problem, isLoading, reload: useCallback(() => setTurn((n) => n + 1), []), set: setData };
}

/* Calls `tick` every `ms` while `isOn`; not while the tab is hidden. */
export function usePoll(tick: () => void, ms: number, isOn: boolean) {
  const latest = useRef(tick);
  latest.current = tick;
  useEffect(() => {
    if (!isOn) return undefined;
    const id = setInterval(() => {
      if (!document.hidden) latest.current();
    }, ms);
    return () => clearInterval(id);
  }, [ms, isOn]);
}
