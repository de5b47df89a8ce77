import test from 'node:test';
import assert from 'node:assert/strict';
import { mayAny, mayDo } from './may';

test('a right names a dataset, all of them, or needs none', () => {
  const user = { may: ['read:*', 'intake:person', 'audit'] };
  assert.ok(mayDo(user, 'read', 'address'));
  assert.ok(mayDo(user, 'intake', 'person'));
  assert.ok(!mayDo(user, 'intake', 'person-old'));
  assert.ok(mayDo(user, 'audit', 'person'));
  assert.ok(mayAny(user, 'intake') && mayAny(user, 'audit'));
  assert.ok(!mayAny(user, 'approve') && !mayAny(user, 'aud'));
});
