import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { words, type WordKey } from './words';
import { fill, type Lang } from './text';

type Args = Record<string, string | number>;
export type Translate = (key: WordKey, args?: Args) => string;

interface I18n {
  lang: Lang;
  setLang: (lang: Lang) => void;
  t: Translate;
  /* A title of the server in the reader's language; anything else as text. */
  pick: (title: unknown) => string;
}

const Context = createContext<I18n | null>(null);
const STORE = 'shuzhi.lang';

function remembered(): Lang {
  try {
    return localStorage.getItem(STORE) === 'en' ? 'en' : 'zh';
  } catch {
    return 'zh';
  }
}

export function pickIn(lang: Lang, title: unknown): string {
  if (title === null || title === undefined) return '';
  if (typeof title !== 'object') return String(title);
  const t = title as Record<string, unknown>;
  const both = [t[lang], t[lang === 'zh' ? 'en' : 'zh']];
  for (const v of both) if (typeof v === 'string' && v) return v;
  if (t.title !== undefined) return pickIn(lang, t.title);
  if (t.name !== undefined) return pickIn(lang, t.name);
  return typeof t.login === 'string' ? t.login : typeof t.code === 'string' ? t.code : '';
}

export function I18nProvider({ children }: { children: ReactNode }) {
  const [lang, setLang] = useState<Lang>(remembered);
  useEffect(() => {
    document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en';
    try {
      localStorage.setItem(STORE, lang);
    } catch {
      /* a browser without storage forgets the choice, nothing more */
    }
  }, [lang]);
  const value = useMemo<I18n>(
    () => ({
      lang,
      setLang,
      t: (key, args) => fill(words[key][lang === 'zh' ? 0 : 1], args),
      pick: (title) => pickIn(lang, title),
    }),
    [lang],
  );
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useI18n(): I18n {
  const i18n = useContext(Context);
  if (!i18n) throw new Error('useI18n outside I18nProvider');
  return i18n;
}
