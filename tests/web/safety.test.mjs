// The owner takes a masked copy; an auditor watches a record, finds who looked at it, and settles the case.
import test, { after, before } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ASKER, OWNER, PHONE, openBrowser, openWindow, seriousFaults, sidewaysScroll, signIn, visit } from './lib.mjs';

let browser, owner, auditor, key;
const ask = (page, path, body) => page.evaluate(async ([path, body]) => {
  const s = await (await fetch('/api/v1/session')).json();
  const r = await fetch('/api/v1' + path, body ? { method: 'POST', body: JSON.stringify(body), headers: { 'X-CSRF-Token': s.csrf } } : {});
  return { status: r.status, body: await r.json() };
}, [path, body]);

before(async () => {
  browser = await openBrowser();
  owner = await openWindow(browser);
  auditor = await openWindow(browser);
  await signIn(owner, OWNER);
  await signIn(auditor, { ...OWNER, login: 'auditor' });
  key = (await ask(owner, '/datasets/person/records?limit=1')).body.records[0]._key;
});
after(async () => {
  await browser?.close();
});

test('the owner takes a masked copy for somebody, and sees what becomes of each field', async () => {
  await visit(owner, '/datasets/person');
  const section = owner.locator('section').filter({ hasText: '脱敏副本' });
  await section.getByText('日期平移', { exact: true }).first().waitFor();
  assert.match(await section.innerText(), /出生日期\s*日期平移/);
  await section.getByLabel('给谁').fill('浙江大学');
  await section.getByLabel('作什么用').fill('人口流动研究');
  const [download] = await Promise.all([owner.waitForEvent('download'), section.getByRole('link', { name: '下载副本' }).click()]);
  const text = readFileSync(await download.path(), 'utf8');
  assert.match(download.suggestedFilename(), /^person-masked-\d+\.csv$/);
  assert.match(text, /^"?id_number/);
  assert.ok(!text.includes(key));
  await owner.mouse.move(0, 0); // a button under the pointer has other colours
  await owner.waitForTimeout(400);
  assert.deepEqual(await seriousFaults(owner), []);
});

test('a look at a watched record opens a case with the lines of the audit', async () => {
  assert.equal((await ask(auditor, `/watch/person/${key}`, { reason: '网络关注事件当事人' })).status, 201);
  const asker = await openWindow(browser);
  await signIn(asker, ASKER);
  await visit(asker, `/datasets/person/records/${key}`);
  const link = auditor.locator('tr, li').filter({ hasText: '查看重点关注人员' }).getByRole('link', { name: /异常查看/ }).first();
  for (let i = 0; i < 40; i++) {
    await visit(auditor, '/cases');
    if (await link.count()) break;
    await auditor.waitForTimeout(500);
  }
  await link.click();
  const facts = auditor.locator('section').filter({ hasText: '审计记录' });
  await facts.getByText('审计记录').first().waitFor();
  assert.match(await facts.innerText(), /姚丽华/);
  assert.ok(!(await auditor.locator('#main').innerText()).includes(key));
  assert.deepEqual(await seriousFaults(auditor), []);
  await auditor.setViewportSize(PHONE);
  await auditor.waitForTimeout(400);
  assert.equal(await sidewaysScroll(auditor), 0, await auditor.evaluate(() => [...document.querySelectorAll('#main *')].filter((x) => x.getBoundingClientRect().right > innerWidth + 1).map((x) => `${x.tagName}.${x.className} ${x.textContent.slice(0, 60)}`).slice(0, 6).join('\n')));
  await auditor.setViewportSize({ width: 1440, height: 900 });
  await auditor.getByLabel('核查结果').fill('办理业务，已核实');
  await auditor.getByRole('button', { name: '办结' }).click();
  await auditor.getByText('办理业务，已核实').waitFor();
  assert.deepEqual(auditor.faults, []);
});
