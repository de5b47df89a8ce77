// Signing in with two steps, another system's sign-in, accounts and sessions: as people do it, by keyboard too.
import test, { after, before } from 'node:test';
import assert from 'node:assert/strict';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { DESK, OWNER, PHONE, URL_BASE, openBrowser, openWindow, seriousFaults, sidewaysScroll, signIn } from './lib.mjs';

const PORT = Number(process.env.SHUZHI_SYSTEM_PORT);
const CALLBACK = `http://127.0.0.1:${PORT}/callback`;
let browser, system, secret;
const calls = [];

before(async () => {
  browser = await openBrowser();
  system = createServer((rq, rs) => {
    calls.push(new URL(rq.url, CALLBACK));
    rs.setHeader('Content-Type', 'text/html; charset=utf-8');
    rs.end('<!doctype html><title>system</title><h1>system</h1>');
  }).listen(PORT, '127.0.0.1');
});
after(async () => {
  await browser?.close();
  system?.close();
});

function totp(key) {
  const bits = [...key].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const raw = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
  const h = createHmac('sha1', raw).update(counter).digest();
  return String((h.readUInt32BE(h[19] & 15) & 0x7fffffff) % 1000000).padStart(6, '0');
}

function ask(more = {}) {
  const verifier = randomBytes(32).toString('base64url');
  const q = new URLSearchParams({ client_id: 'forest', redirect_uri: CALLBACK, response_type: 'code', scope: 'openid profile organisation', state: 'st',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256', ...more });
  return { address: `${URL_BASE}/oauth/authorize?${q}`, verifier };
}
const lastCall = () => calls.filter((c) => c.pathname !== '/favicon.ico').at(-1);

async function clean(page, what) {
  assert.deepEqual(await seriousFaults(page), [], what);
  assert.ok((await sidewaysScroll(page)) <= 0, `${what} scrolls sideways`);
  assert.equal(await page.locator('h1').count(), 1, what);
}

for (const [lang, size] of [['zh', DESK], ['en', PHONE]])
  test(`another system signs a person in and out, ${lang}, by keyboard`, async () => {
    const page = await openWindow(browser, { lang, size });
    const { address, verifier } = ask(lang === 'en' ? { prompt: 'consent' } : {});
    await page.goto(address);
    await page.waitForSelector('#login');
    await page.keyboard.type(OWNER.login);
    await page.keyboard.press('Tab');
    await page.keyboard.type(OWNER.password);
    await page.keyboard.press('Enter');
    await page.waitForSelector('.signin-one .signin-go');
    assert.match(await page.textContent('h1'), lang === 'zh' ? /林业一张图/ : /Forest map/);
    await clean(page, 'consent');
    await page.focus('.signin-one .signin-go');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${CALLBACK}**`);
    const call = lastCall();
    assert.equal(call.searchParams.get('state'), 'st');
    assert.equal(call.searchParams.get('iss'), URL_BASE);
    const res = await fetch(`${URL_BASE}/oauth/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'authorization_code', client_id: 'forest',
      code: call.searchParams.get('code'), redirect_uri: CALLBACK, code_verifier: verifier }) });
    const tokens = await res.json();
    assert.equal(res.status, 200);
    const claims = JSON.parse(Buffer.from(tokens.id_token.split('.')[1], 'base64url'));
    assert.equal(claims.preferred_username, OWNER.login);

    await page.goto(ask().address); // agreed once: nothing is asked
    await page.waitForURL(`${CALLBACK}**`);
    assert.ok(lastCall().searchParams.get('code'));
    await page.goto(ask({ prompt: 'login' }).address); // a fresh sign-in
    await page.waitForSelector('#login');

    await signIn(page, OWNER);
    await page.goto(`${URL_BASE}/oauth/logout?${new URLSearchParams({ id_token_hint: tokens.id_token, post_logout_redirect_uri: `http://127.0.0.1:${PORT}/bye`, state: 'end' })}`);
    await page.waitForSelector('.signin-go');
    await clean(page, 'sign-out');
    await page.click('.signin-go');
    await page.waitForURL(`http://127.0.0.1:${PORT}/bye**`);
    assert.equal(lastCall().searchParams.get('state'), 'end');
    await page.goto(ask({ prompt: 'none' }).address);
    await page.waitForURL(`${CALLBACK}**`);
    assert.equal(lastCall().searchParams.get('error'), 'login_required');
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

test('a second step is set up at the first sign-in, and accounts are made', async () => {
  const page = await openWindow(browser);
  await page.goto(`${URL_BASE}/`);
  await page.fill('#login', 'accounts');
  await page.fill('#password', OWNER.password);
  await page.press('#password', 'Enter');
  await page.waitForSelector('img.qr');
  await clean(page, 'set-up');
  assert.ok(await page.$eval('img.qr', (i) => i.complete && i.naturalWidth > 0), 'the QR code is drawn');
  secret = (await page.textContent('.signin-form code')).replace(/\s/g, '');
  await page.fill('#more', '000000');
  await page.press('#more', 'Enter');
  await page.waitForSelector('.signin-error');
  await page.fill('#more', totp(secret));
  await page.press('#more', 'Enter');
  await page.waitForSelector('.recovery');
  assert.equal(await page.locator('.recovery li').count(), 10);
  await clean(page, 'recovery codes');
  await page.click('.signin-go');
  await page.waitForSelector('#main h1');

  await page.goto(`${URL_BASE}/accounts`);
  await page.waitForSelector('#main h1');
  await clean(page, 'accounts');
  await page.click('.page-actions button');
  const form = page.locator('.ant-modal');
  await form.locator('#login').fill('zhou.min');
  await form.locator('#zh').fill('周敏');
  await form.locator('#organisation').fill('330521-gaj');
  await form.locator('#roles').fill('clerk');
  await form.locator('.ant-modal-footer .ant-btn-primary').click();
  await page.waitForSelector('#shown-password');
  const first = await page.textContent('#shown-password');

  const other = await openWindow(browser, { lang: 'en', size: PHONE });
  await other.goto(`${URL_BASE}/`);
  await other.fill('#login', 'zhou.min');
  await other.fill('#password', first);
  await other.press('#password', 'Enter');
  await other.waitForSelector('#more');
  await clean(other, 'new password');
  await other.fill('#more', 'short');
  await other.press('#more', 'Enter');
  await other.waitForSelector('.signin-error');
  assert.match(await other.textContent('.signin-error'), /12 to 128 characters/);
  await other.fill('#more', 'Wukang-tea-71');
  await other.press('#more', 'Enter');
  await other.waitForSelector('#main h1');
  await other.goto(`${URL_BASE}/account`);
  await other.waitForSelector('#sessions li');
  await clean(other, 'account');

  await page.fill('.search-box input, input.search-box', 'zhou');
  await page.waitForFunction(() => document.querySelectorAll('tbody tr[data-row-key], tbody tr').length >= 1);
  await page.click('button[aria-label$=" zhou.min"]');
  await page.click('.ant-modal-confirm .ant-btn-primary');
  await page.waitForSelector('.mark-bad');
  await other.goto(`${URL_BASE}/account`);
  await other.waitForSelector('#login'); // closed: out at once
  assert.deepEqual([...page.faults, ...other.faults], []);
  await page.context().close();
  await other.context().close();
});

test('a passkey is added and signs in, with the browser\'s own device', async () => {
  const page = await openWindow(browser);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true,
    hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
  await signIn(page, OWNER);
  await page.goto(`${URL_BASE}/account`);
  await page.waitForSelector('#passkeys button');
  await page.click('#passkeys > button');
  await page.waitForSelector('#passkeys li');
  await clean(page, 'account with a passkey');
  await page.context().clearCookies();
  await page.goto(`${URL_BASE}/`);
  await page.waitForSelector('.signin-other');
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
  await page.click('.signin-other');
  await page.waitForSelector('.signin-error');
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true });
  await page.click('.signin-other');
  await page.waitForSelector('#main h1');
  await page.goto(`${URL_BASE}/account`);
  await page.waitForSelector('#sessions .mark-good'); // two factors in one step
  await page.click('#passkeys li button');
  await page.waitForFunction(() => !document.querySelector('#passkeys li'));
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
