/* Turns whatever went wrong into one shape the pages can explain: RFC 9457 problems, dropped lines, odd answers. */
import type { WordKey } from './words';

export type ProblemCode =
  | 'INVALID' | 'UNKNOWN' | 'DENIED' | 'MISSING' | 'CONFLICT' | 'LIMIT' | 'BUSY' | 'BROKEN' | 'OFFLINE';

export class ApiProblem extends Error {
  constructor(
    readonly code: ProblemCode,
    readonly status: number,
    readonly detail: string,
    readonly detailZh: string | null = null,
    readonly at: string | null = null,
  ) {
    super(detail);
    this.name = 'ApiProblem';
  }
}

const BY_STATUS: Record<number, ProblemCode> = {
  400: 'INVALID', 401: 'UNKNOWN', 403: 'DENIED', 404: 'MISSING', 409: 'CONFLICT', 413: 'INVALID', 422: 'INVALID',
  429: 'LIMIT', 502: 'BUSY', 503: 'BUSY', 504: 'BUSY',
};
const CODES = new Set<string>([...Object.values(BY_STATUS), 'BROKEN']);

/* body: the parsed answer, or null where it was not JSON. */
export function problemFrom(status: number, body: unknown): ApiProblem {
  const b = (body && typeof body === 'object' ? body : {}) as Record<string, unknown>;
  const text = (v: unknown) => (typeof v === 'string' && v.trim() ? v : null);
  const code = typeof b.code === 'string' && CODES.has(b.code) ? (b.code as ProblemCode) : (BY_STATUS[status] ?? 'BROKEN');
  return new ApiProblem(code, status, text(b.detail) ?? text(b.title) ?? `status ${status}`, text(b.detail_zh), text(b.at));
}

export function problemOf(cause: unknown): ApiProblem {
  if (cause instanceof ApiProblem) return cause;
  if (cause instanceof TypeError) return new ApiProblem('OFFLINE', 0, cause.message);
  return new ApiProblem('BROKEN', 0, cause instanceof Error ? cause.message : String(cause));
}

/* For each code: what happened, what it means for my work, what I can do. */
export function problemWords(code: ProblemCode): { what: WordKey; means: WordKey; next: WordKey } {
  return {
    what: `problem.${code}.what`,
    means: `problem.${code}.means`,
    next: `problem.${code}.next`,
  } as { what: WordKey; means: WordKey; next: WordKey };
}
