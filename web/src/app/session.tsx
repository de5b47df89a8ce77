import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { api, setCsrf, setOnSignedOut } from '../api';
import { problemOf, type ApiProblem } from '../problem';
import type { Session, Title, User } from '../types';

interface SessionState {
  user: User | null;
  /* The county this server serves, where it says so. */
  county: Title | null;
  isLoading: boolean;
  problem: ApiProblem | null;
  enter: (session: Session) => void;
  leave: () => Promise<void>;
  retry: () => void;
}

const Context = createContext<SessionState | null>(null);

export function SessionProvider({ children }: { children: ReactNode }) {
  const [user, setUser] = useState<User | null>(null);
  const [county, setCounty] = useState<Title | null>(null);
  const [isLoading, setLoading] = useState(true);
  const [problem, setProblem] = useState<ApiProblem | null>(null);

  const enter = useCallback((s: Session) => {
    setCsrf(s.csrf);
    setUser(s.user);
    setCounty(s.county ?? null);
    setProblem(null);
  }, []);
  const forget = useCallback(() => {
    setCsrf(null);
    setUser(null);
  }, []);
  const look = useCallback(() => {
    setLoading(true);
    api.session()
      .then(enter)
      .catch((cause) => {
        const p = problemOf(cause);
        if (p.code !== 'UNKNOWN') setProblem(p);
      })
      .finally(() => setLoading(false));
  }, [enter]);

  useEffect(() => {
    setOnSignedOut(forget);
    look();
  }, [forget, look]);

  const leave = useCallback(async () => {
    await api.signOut().catch(() => undefined);
    forget();
  }, [forget]);

  const value = useMemo(
    () => ({ user, county, isLoading, problem, enter, leave, retry: look }),
    [user, county, isLoading, problem, enter, leave, look],
  );
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useSession(): SessionState {
  const s = useContext(Context);
  if (!s) throw new Error('useSession outside SessionProvider');
  return s;
}

export function useUser(): User {
  const { user } = useSession();
  if (!user) throw new Error('nobody is signed in');
  return user;
}
