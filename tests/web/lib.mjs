// What every browser test needs: the real server's address and accounts, a browser, signing in, looking for faults.
import { createRequire } from 'node:module';
import { setDefaultResultOrder } from 'node:dns';
import { readFileSync } from 'node:fs';

setDefaultResultOrder('ipv4first'); // the server listens there
const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const URL_BASE = (process.env.SHUZHI_URL ?? 'http://127.0.0.1:8330').replace(/\/$/, '');
/* The first account owns the person library, the second asks for a share of it. */
export const OWNER = { login: process.env.SHUZHI_LOGIN ?? 'police', password: process.env.SHUZHI_PASSWORD ?? 'deqing-2026' };
export const ASKER = { login: process.env.SHUZHI_LOGIN2 ?? 'civil', password: process.env.SHUZHI_PASSWORD2 ?? OWNER.password };
export const DESK = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };
export const SMALL = { width: 320, height: 640 };

export async function openBrowser() {
  return chromium.launch({
    executablePath: process.env.SHUZHI_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
  });
}

/* A window of its own: own cookies, own language.  What the page complains about is kept in window.faults. */
export async function openWindow(browser, { lang = 'zh', size = DESK } = {}) {
  const context = await browser.newContext({ viewport: size, hasTouch: size.width < 500, acceptDownloads: true });
  await context.addInitScript((l) => {
    if (!localStorage.getItem('shuzhi.lang')) localStorage.setItem('shuzhi.lang', l);
  }, lang);
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  page.faults = [];
  page.on('pageerror', (e) => page.faults.push(String(e)));
  page.on('console', (m) => {
    if (/Content Security Policy/.test(m.text())) page.faults.push(m.text());
  });
  return page;
}

export async function signIn(page, account) {
  await page.goto(URL_BASE + '/');
  await page.fill('#login', account.login);
  await page.fill('#password', account.password);
  await page.press('#password', 'Enter');
  await page.waitForSelector('#main h1');
}

export async function visit(page, path) {
  await page.goto(URL_BASE + path);
  await page.waitForSelector('#main h1');
  await page.waitForFunction(() => !document.querySelector('#main .waiting, #main .ant-skeleton'));
}

/* What axe finds serious or critical, as readable lines. */
export async function seriousFaults(page) {
  await page.evaluate(axeSource); // by the debugger, so the page's content policy stays strict
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return found.violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')} ${n.html.slice(0, 160)} ${(n.any[0]?.message ?? '').slice(0, 140)}`));
}

export const sidewaysScroll = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/* An identity number with the right check digit (GB 11643). */
export function identityNumber(birth, serial) {
  const body = `330521${birth.replace(/-/g, '')}${String(serial).padStart(3, '0')}`;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = [...body].reduce((a, d, i) => a + Number(d) * weights[i], 0);
  return body + '10X98765432'[sum % 11];
}
