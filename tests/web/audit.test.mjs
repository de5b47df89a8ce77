// An auditor sees how far the record is sealed and signed, and takes the file that proves it.
import test, { after, before } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { OWNER, openBrowser, openWindow, signIn, visit } from './lib.mjs';

let browser, page;
before(async () => {
  browser = await openBrowser();
  page = await openWindow(browser);
  await signIn(page, { ...OWNER, login: 'auditor' });
});
after(async () => {
  await browser?.close();
});

test('the state of the seals is shown', async () => {
  await visit(page, '/audit');
  const section = page.locator('section').filter({ hasText: '封存与签名' });
  await section.getByText('签名密钥').waitFor();
  for (let i = 0; i < 30 && (await section.innerText()).includes('还没有签名'); i++) { // the first seal comes within a second
    await page.waitForTimeout(200);
    await visit(page, '/audit');
    await section.getByText('签名密钥').waitFor();
  }
  assert.match(await section.innerText(), /已封存到批次\s*\d/);
  assert.match(await section.locator('code').innerText(), /^[\w-]{43}$/);
});

test('the audit is taken away as a file that holds its key, its batches and its end', async () => {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: '下载审计文件' }).click()]);
  const lines = readFileSync(await download.path(), 'utf8').trim().split('\n').map((l) => JSON.parse(l));
  assert.equal(download.suggestedFilename(), 'audit.jsonl');
  assert.equal(lines[0]['shuzhi-audit'], 1);
  assert.ok(lines.some((l) => l['public-key']?.startsWith('-----BEGIN PUBLIC KEY')) && lines.some((l) => l.batch) && lines.at(-1).end);
});
