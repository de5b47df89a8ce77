/* What the session says one may do: "verb:dataset", "verb:*" or just "verb".  The server decides; this only hides what would be refused. */
import type { User } from '../types';

export function mayDo(user: Pick<User, 'may'>, verb: string, dataset: string): boolean {
  return user.may.some((m) => m === verb || m === `${verb}:*` || m === `${verb}:${dataset}`);
}

export function mayAny(user: Pick<User, 'may'>, verb: string): boolean {
  return user.may.some((m) => m === verb || m.startsWith(`${verb}:`));
}
