import test from 'node:test';
import assert from 'node:assert/strict';
import { words } from './words';

const holes = (text: string) => new Set([...text.matchAll(/\{(\w+)/g)].map((m) => m[1]));

test('every word has both languages', () => {
  for (const [key, [zh, en]] of Object.entries(words)) {
    assert.ok(zh.trim(), `${key} zh`);
    assert.ok(en.trim(), `${key} en`);
    assert.ok(!/[\u4e00-\u9fff]/.test(en) || key === 'app.switch', `${key}: Chinese in the English text`);
  }
});

test('both languages have the same holes', () => {
  for (const [key, [zh, en]] of Object.entries(words)) assert.deepEqual([...holes(zh)].sort(), [...holes(en)].sort(), key);
});
