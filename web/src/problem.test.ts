import test from 'node:test';
import assert from 'node:assert/strict';
import { ApiProblem, problemFrom, problemOf, problemWords, type ProblemCode } from './problem';
import { words } from './words';

test('a problem keeps its code, both languages and its place', () => {
  const p = problemFrom(400, { code: 'INVALID', detail: 'no such field', detail_zh: '没有这个字段', at: '/fields/0' });
  assert.deepEqual([p.code, p.status, p.detail, p.detailZh, p.at], ['INVALID', 400, 'no such field', '没有这个字段', '/fields/0']);
});

test('an answer that is no problem is judged by its status', () => {
  for (const [status, body, want] of [
    [401, null, 'UNKNOWN'],
    [403, {}, 'DENIED'],
    [404, '<html>', 'MISSING'],
    [409, { code: 'nonsense' }, 'CONFLICT'],
    [413, null, 'INVALID'],
    [429, null, 'LIMIT'],
    [502, null, 'BUSY'],
    [500, null, 'BROKEN'],
    [418, null, 'BROKEN'],
  ] as const) assert.equal(problemFrom(status, body).code, want, String(status));
});

test('a dropped line is OFFLINE, a fault of ours is BROKEN, a problem stays itself', () => {
  assert.equal(problemOf(new TypeError('Failed to fetch')).code, 'OFFLINE');
  assert.equal(problemOf(new Error('oops')).code, 'BROKEN');
  const p = new ApiProblem('LIMIT', 429, 'slow down');
  assert.equal(problemOf(p), p);
});

test('every code is explained in three sentences', () => {
  const codes: ProblemCode[] = ['INVALID', 'UNKNOWN', 'DENIED', 'MISSING', 'CONFLICT', 'LIMIT', 'BUSY', 'BROKEN', 'OFFLINE'];
  for (const code of codes) for (const key of Object.values(problemWords(code))) assert.ok(words[key], key);
});
