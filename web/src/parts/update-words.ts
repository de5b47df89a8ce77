import type { Translate } from '../i18n';
import { words, type WordKey } from '../words';

/* How often a dataset is renewed; a word the dictionary does not have is shown as it is. */
export function updateWords(t: Translate, update: string): string {
  const key = `update.${update}`;
  return key in words ? t(key as WordKey) : update;
}

/* The same for anything the server names by code. */
export function codeWords(t: Translate, family: string, code: string): string {
  const key = `${family}.${code}`;
  return key in words ? t(key as WordKey) : code;
}
