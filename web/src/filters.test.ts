import test from 'node:test';
import assert from 'node:assert/strict';
import { filtersFrom, nextOrder, orderOf, queryOf, withFilters } from './filters';

test('queryOf leaves out what is empty and escapes the rest', () => {
  for (const [params, want] of [
    [undefined, ''],
    [{}, ''],
    [{ q: '' }, ''],
    [{ q: null, limit: 50 }, '?limit=50'],
    [{ q: '张三 & 李四', town: '330521001' }, '?q=%E5%BC%A0%E4%B8%89+%26+%E6%9D%8E%E5%9B%9B&town=330521001'],
    [{ is_late: false }, '?is_late=false'],
  ] as const) assert.equal(queryOf(params), want);
});

test('filtersFrom takes only the filters of this table', () => {
  const s = new URLSearchParams('q=+%E5%BC%A0+&sex=1&tab=records&empty=&evil=1');
  assert.deepEqual(filtersFrom(s, ['q', 'sex', 'empty', 'town']), { q: '张', sex: '1' });
});

test('withFilters forgets the page unless the page is what changed', () => {
  const s = new URLSearchParams('tab=records&after=abc&sex=1');
  assert.equal(withFilters(s, { sex: '2' }).toString(), 'tab=records&sex=2');
  assert.equal(withFilters(s, { sex: '' }).toString(), 'tab=records');
  assert.equal(withFilters(s, { after: 'def' }).toString(), 'tab=records&after=def&sex=1');
  assert.equal(s.toString(), 'tab=records&after=abc&sex=1');
});

test('an order goes up, down, away', () => {
  assert.equal(nextOrder(null, 'name'), 'name');
  assert.equal(nextOrder('name', 'name'), '-name');
  assert.equal(nextOrder('-name', 'name'), null);
  assert.equal(nextOrder('-name', 'age'), 'age');
  assert.equal(orderOf('-name', 'name'), 'descending');
  assert.equal(orderOf('name', 'name'), 'ascending');
  assert.equal(orderOf('name', 'age'), 'none');
});
