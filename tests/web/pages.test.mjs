// Every page, in both languages, on a desk and on a phone: nothing serious for axe, no sideways scroll, a title, one h1.
import test, { after, before } from 'node:test';
import assert from 'node:assert/strict';
import { DESK, OWNER, PHONE, SMALL, URL_BASE, openBrowser, openWindow, seriousFaults, sidewaysScroll, signIn, visit } from './lib.mjs';

const PATHS = ['/', '/datasets', '/datasets/person', '/datasets/person?tab=records', '/datasets/person?tab=quality', '/datasets/person?tab=lineage',
  '/intake', '/intake/person', '/batches', '/quarantine', '/requests/new?dataset=person', '/requests', '/requests?box=owner', '/grants',
  '/grants?box=owner', '/cases', '/cases?box=mine', '/audit', '/rules', '/pages', '/exchange', '/opening', '/account', '/no-such-page'];

let browser;
const paths = [...PATHS];
before(async () => {
  browser = await openBrowser();
  /* one of each thing that there is, found through the pages themselves */
  const page = await openWindow(browser);
  await signIn(page, OWNER);
  const first = async (from, pattern) => {
    await visit(page, from);
    const links = await page.$$eval('#main a[href]', (all) => all.map((a) => a.getAttribute('href')));
    const found = links.find((l) => pattern.test(l));
    if (found) paths.push(found);
  };
  await first('/datasets/person?tab=records', /^\/datasets\/[^/]+\/records\//);
  await first('/batches', /^\/batches\/[^/]+$/);
  await first('/batches?state=mapping', /^\/batches\/[^/]+$/);
  await first('/quarantine', /^\/batches\/[^/]+\/quarantine$/);
  await first('/requests?box=owner', /^\/requests\/(?!new)[^/]+$/);
  await first('/requests?box=owner&state=waiting', /^\/requests\/(?!new)[^/]+$/);
  await first('/grants?box=owner', /^\/grants\/[^/]+$/);
  await first('/cases?state=any', /^\/cases\/[^/]+$/);
  await first('/rules', /^\/rules\/[^/]+/);
  await first('/pages', /^\/pages\/[^/]+$/);
  await page.context().close();
});
after(async () => {
  await browser?.close();
});

for (const lang of ['zh', 'en'])
  for (const [name, size] of [['desk', DESK], ['phone', PHONE], ['small phone', SMALL]])
    test(`every page, ${lang}, ${name}`, async (t) => {
      const page = await openWindow(browser, { lang, size });
      await page.goto(URL_BASE + '/');
      await page.waitForSelector('#login');
      assert.deepEqual(await seriousFaults(page), [], 'sign-in');
      assert.ok((await sidewaysScroll(page)) <= 0, 'sign-in scrolls sideways');
      await signIn(page, OWNER);
      for (const path of new Set(paths))
        await t.test(path, async () => {
          await visit(page, path);
          await page.waitForTimeout(250);
          assert.equal(await page.getAttribute('html', 'lang'), lang === 'zh' ? 'zh-CN' : 'en');
          assert.equal(await page.locator('h1').count(), 1);
          assert.equal(await page.locator('main').count(), 1);
          assert.match(await page.title(), /.+ · (数治|Shuzhi)$/);
          assert.ok((await sidewaysScroll(page)) <= 0, 'scrolls sideways');
          assert.deepEqual(await seriousFaults(page), []);
        });
      assert.deepEqual(page.faults, []);
      await page.context().close();
    });

for (const lang of ['zh', 'en'])
  for (const [name, size] of [['desk', DESK], ['phone', PHONE], ['small phone', SMALL]])
    test(`open data without signing in, ${lang}, ${name}`, async () => {
      const page = await openWindow(browser, { lang, size });
      await page.goto(URL_BASE + '/open');
      await page.locator('.open-list a').first().waitFor();
      assert.deepEqual(await seriousFaults(page), []);
      assert.ok((await sidewaysScroll(page)) <= 0, 'scrolls sideways');
      await page.getByRole('searchbox').fill(lang === 'zh' ? '区划' : 'divisions');
      await page.keyboard.press('Enter');
      await page.waitForURL(/q=/);
      await page.locator('.open-list a').first().click();
      await page.getByRole('link', { name: 'data.csv' }).waitFor();
      assert.equal(await page.locator('h1').count(), 1);
      assert.match(await page.locator('h1').innerText(), lang === 'zh' ? /行政区划/ : /divisions/);
      assert.deepEqual(await seriousFaults(page), []);
      assert.ok((await sidewaysScroll(page)) <= 0, 'scrolls sideways');
      const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'data.csv' }).click()]);
      assert.match(file.suggestedFilename(), /^divisions-1-data\.csv$/);
      assert.deepEqual(page.faults, []);
      await page.context().close();
    });

test('the language switch is remembered', async () => {
  const page = await openWindow(browser);
  await signIn(page, OWNER);
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByText('Waiting for me').waitFor();
  await page.reload();
  await page.getByText('Waiting for me').waitFor();
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  await page.context().close();
});

test('on a phone the menu is a drawer', async () => {
  const page = await openWindow(browser, { size: PHONE });
  await signIn(page, OWNER);
  await page.getByRole('button', { name: '打开菜单' }).click();
  await page.getByRole('dialog').getByRole('link', { name: '数据目录' }).click();
  await page.waitForURL(/\/datasets$/);
  await page.context().close();
});

test('the skip link is the first stop and leads to the content', async () => {
  const page = await openWindow(browser);
  await signIn(page, OWNER);
  await page.reload();
  await page.waitForSelector('#main h1');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.className), 'skip');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
  await page.context().close();
});
