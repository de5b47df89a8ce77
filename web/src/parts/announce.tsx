import { createContext, useCallback, useContext, useRef, useState, type ReactNode } from 'react';
import { App } from 'antd';

type Say = (text: string, kind?: 'done' | 'failed' | 'quiet') => void;
const Context = createContext<Say>(() => undefined);

/* Tells the reader what just happened: a short notice for the eye, a live region for the ear. */
export function AnnounceProvider({ children }: { children: ReactNode }) {
  const { message } = App.useApp();
  const [text, setText] = useState('');
  const flip = useRef(false);
  const say = useCallback<Say>(
    (what, kind = 'quiet') => {
      flip.current = !flip.current; // the same words twice are still news
      setText(what + (flip.current ? '\u200b' : ''));
      if (kind === 'done') void message.success(what);
      if (kind === 'failed') void message.error(what, 6);
    },
    [message],
  );
  return (
    <Context.Provider value={say}>
      {children}
      <div className="only-read" role="status" aria-live="polite">{text}</div>
    </Context.Provider>
  );
}

export const useAnnounce = () => useContext(Context);
