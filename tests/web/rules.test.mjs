// A leader or a department tries a policy: one case with its reasons, then everybody, then a draft against what is in force.
import test, { after, before } from 'node:test';
import assert from 'node:assert/strict';
import { OWNER, openBrowser, openWindow, signIn, visit } from './lib.mjs';

let browser, page;
before(async () => {
  browser = await openBrowser();
  page = await openWindow(browser);
  await signIn(page, OWNER);
});
after(async () => {
  await browser?.close();
});

test('the rules in force are listed and one is drawn', async () => {
  await visit(page, '/rules');
  await page.getByRole('link', { name: '高龄津贴与养老服务补贴' }).first().click();
  await page.getByRole('button', { name: '每月合计', exact: true }).waitFor();
  assert.ok((await page.locator('.drawing .djs-element').count()) > 10);
  await page.getByRole('button', { name: '高龄津贴', exact: true }).click();
  await page.locator('.drawing table').first().waitFor();
});

test('one case is decided, and says why', async () => {
  await page.locator('#rule-case').click();
  await page.getByTitle('九十岁完全失能').click();
  await page.getByRole('button', { name: '得出结果', exact: true }).click();
  await page.locator('.rule-result').filter({ hasText: '400' }).waitFor();
  assert.ok((await page.locator('.rule-steps li').allInnerTexts()).some((t) => /高龄津贴.*命中第 4 条/.test(t)));
});

test('everybody is simulated, in sums and groups', async () => {
  await page.fill('#in-s-as_of', '2026-11-25');
  await page.locator('#sim-by').click();
  await page.getByTitle('居住村社').click();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: '开始模拟', exact: true }).click();
  await page.locator('.rule-figures').waitFor();
  assert.match(await page.locator('.rule-figures').innerText(), /对象数\s*\d/);
  await page.getByRole('heading', { name: '按 居住村社' }).waitFor();
  await page.getByRole('cell', { name: /居仁社区/ }).first().waitFor();
  assert.deepEqual(page.faults, []);
});
