import test from 'node:test';
import assert from 'node:assert/strict';
import { csvRow, fill, formatBytes, formatCount, formatPercent, weekdaysLeft } from './text';

test('fill puts in names, numbers and the right plural', () => {
  for (const [text, args, want] of [
    ['{n} {n|row|rows}', { n: 1 }, '1 row'],
    ['{n} {n|row|rows}', { n: 1200 }, '1,200 rows'],
    ['{name} 已入库', { name: '张三' }, '张三 已入库'],
    ['{missing}', {}, '{missing}'],
  ] as const) assert.equal(fill(text, args), want);
});

test('numbers as people say them', () => {
  assert.equal(formatCount(550000, 'zh'), '55 万');
  assert.equal(formatCount(550000, 'en'), '550,000');
  assert.equal(formatCount(9999, 'zh'), '9,999');
  assert.equal(formatBytes(999), '999 B');
  assert.equal(formatBytes(5_300_000), '5.3 MB');
  assert.equal(formatPercent(9999999, 10000000), '99.9%');
  assert.equal(formatPercent(1, 0), '—');
});

test('weekdays left, over a weekend, today, and past', () => {
  const wednesday = new Date(2026, 10, 25, 12);
  for (const [due, want] of [
    ['2026-11-25', 0],
    ['2026-11-26', 1],
    ['2026-11-30', 3],
    ['2026-11-24', -1],
    ['2026-11-20', -3],
  ] as const) assert.equal(weekdaysLeft(due, wednesday), want, due);
});

test('csvRow quotes, and disarms formulas but not numbers', () => {
  assert.equal(csvRow(['a,b', 'c"d', null, -1.5, '=1+1', '+86 138']), '"a,b","c""d",,-1.5,\'=1+1,\'+86 138');
});
