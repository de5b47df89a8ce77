import test from 'node:test';
import assert from 'node:assert/strict';
import { openKeys, selectedKey } from './menu';

test('an address lights its entry in the menu', () => {
  for (const [path, key, open] of [
    ['/', '/', []],
    ['/datasets/person/records/330521', '/datasets', []],
    ['/intake/person', '/intake', ['intake']],
    ['/batches/7', '/batches', ['intake']],
    ['/batches/7/quarantine', '/quarantine', ['intake']],
    ['/requests/new', '/requests/new', ['share']],
    ['/exchange/7', '/exchange', ['share']],
    ['/opening', '/opening', ['share']],
    ['/requests/3', '/requests', ['share']],
    ['/pages/firms', '/pages/firms', ['apps']],
  ] as const) {
    assert.equal(selectedKey(path), key);
    assert.deepEqual(openKeys(path), open);
  }
});
