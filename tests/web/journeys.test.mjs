// The journeys of the desk, in a real browser against a real server: file -> fixed row -> shared, masked record -> corrected value.
import test, { after, before } from 'node:test';
import assert from 'node:assert/strict';
import { ASKER, OWNER, URL_BASE, identityNumber, openBrowser, openWindow, signIn, visit } from './lib.mjs';

const DATASET = 'person';
const run = Date.now() % 100000;
const birth = (n) => `19${60 + (n % 30)}-0${1 + (n % 9)}-${10 + (run % 18)}`;
const serial = (n) => 100 + ((run + n * 2) % 800) - ((run + n * 2) % 2) + 1; // odd: a man

function messyRow(n, change = {}) {
  const row = { id: identityNumber(birth(n), serial(n)), name: `测试${'甲乙丙丁戊己庚辛'[n]}`, sex: '1', birth: birth(n), mobile: `1380572${1000 + n}`, division: '330521001003', address: '浙江省湖州市德清县武康街道春晖社区1号', residence: '1', ...change };
  return [row.id, row.name, row.sex, row.birth, row.mobile, row.division, row.address, row.residence];
}
const wrongDigit = (id) => id.slice(0, 17) + (id[17] === '1' ? '2' : '1');
const ROWS = [
  ['身份证号码', '姓名', '性别', '出生年月', '联系电话', '居住村社', '现住址', '人口类别'],
  messyRow(0),
  messyRow(1),
  messyRow(2, { id: wrongDigit(identityNumber(birth(2), serial(2))) }),
  messyRow(3, { id: '3.30521E+17' }),
  messyRow(4, { id: wrongDigit(identityNumber(birth(4), serial(4))) }),
];
const good = ROWS[1][0];

let browser, owner, asker, batch, request, grant, key, caseId;
before(async () => {
  browser = await openBrowser();
  owner = await openWindow(browser);
  asker = await openWindow(browser);
});
after(async () => {
  await browser?.close();
});

test('a wrong password is explained, the right one opens the desk', async () => {
  await owner.goto(URL_BASE + '/');
  await owner.fill('#login', OWNER.login);
  await owner.fill('#password', 'not-the-password');
  await owner.press('#password', 'Enter');
  await owner.getByRole('alert').filter({ hasText: '账号或密码不对' }).waitFor();
  await signIn(owner, OWNER);
  assert.match(await owner.title(), /您好.*数治/);
  assert.equal(await owner.getAttribute('html', 'lang'), 'zh-CN');
  await signIn(asker, ASKER);
});

test('a messy file is matched, loaded and counted', async () => {
  await visit(owner, `/intake/${DATASET}`);
  await owner.setInputFiles('input[type=file]', { name: `messy-${run}.csv`, mimeType: 'text/csv', buffer: Buffer.from('\ufeff' + ROWS.map((r) => r.join(',')).join('\r\n')) });
  await owner.getByRole('button', { name: '开始导入' }).waitFor();
  assert.match(owner.url(), /\/batches\/\w+/);
  batch = owner.url().match(/batches\/(\w+)/)[1];
  for (const header of ROWS[0]) assert.ok(await owner.getByText(header, { exact: true }).first().isVisible(), header);
  assert.equal(await owner.getByText('没对上').count(), 0, 'every header found its field');
  await owner.getByRole('button', { name: '开始导入' }).click();
  await owner.getByText(/行已入库，3 行待改/).waitFor({ timeout: 60000 });
});

test('a job that was left is found again', async () => {
  await visit(owner, '/batches');
  await owner.getByRole('link', { name: `messy-${run}.csv` }).first().click();
  await owner.getByText('为什么要改').waitFor();
});

test('a bad row is fixed with the keyboard alone', async () => {
  await visit(owner, `/batches/${batch}/quarantine`);
  const cell = owner.locator('[data-cell=id_number]').first();
  await cell.waitFor();
  await owner.waitForFunction(() => document.activeElement?.hasAttribute('data-cell'), null, { timeout: 5000 });
  const wrong = await cell.inputValue();
  await owner.keyboard.press('F2'); // take the suggestion
  const right = await cell.inputValue();
  assert.notEqual(right, wrong);
  assert.equal(right.slice(0, 17), wrong.slice(0, 17), 'only the check digit was wrong');
  await owner.keyboard.press('Enter'); // save: it lands
  await owner.locator('.bad-row.is-landed').first().waitFor();
  /* the next bad row has the focus; its number is lost, so it is typed from the original */
  await owner.waitForFunction(() => document.activeElement?.value === '3.30521E+17');
  await owner.keyboard.press('Control+a');
  await owner.keyboard.type(identityNumber(birth(3), serial(3)));
  await owner.keyboard.press('Enter');
  await owner.waitForFunction(() => document.querySelectorAll('.bad-row.is-landed').length === 2);
});

test('all suggestions of a kind are taken at once, and an empty page says so', async () => {
  await visit(owner, `/batches/${batch}/quarantine`);
  await owner.getByRole('button', { name: '全部采纳建议' }).first().click();
  await owner.getByText('这一批没有待改的行').waitFor();
  await visit(owner, `/batches/${batch}`);
  await owner.getByText('全部核验通过').waitFor();
});

test('a filter of a table lives in the address', async () => {
  await visit(owner, `/datasets/${DATASET}?tab=records&residence=1`);
  await owner.getByText(/户籍性质 = /).waitFor();
  await owner.locator('[data-row]').first().waitFor();
  await owner.keyboard.press('j');
  await owner.waitForFunction(() => document.activeElement?.hasAttribute('data-row'));
  await owner.keyboard.press('Enter');
  await owner.waitForURL(/\/records\//);
});

test('a share is asked for', async () => {
  await visit(asker, `/datasets/${DATASET}`);
  await asker.getByRole('link', { name: '申请共享' }).click();
  await asker.getByRole('checkbox', { name: '姓名', exact: true }).check();
  await asker.getByRole('checkbox', { name: '手机号码', exact: true }).check();
  await asker.getByLabel('用途', { exact: false }).first().fill('高龄津贴资格核对');
  await asker.locator('#basis').fill('浙江省社会养老服务促进条例');
  await asker.getByRole('checkbox', { name: '仅用于上述用途' }).check();
  await asker.getByRole('button', { name: '提交申请' }).click();
  await asker.waitForURL(/\/requests\/(?!new)\w+/);
  request = asker.url().match(/requests\/(\w+)/)[1];
  await asker.getByText(/正等.*答复/).waitFor();
});

test('the owner finds it at the top of the day and approves it', async () => {
  await visit(owner, '/');
  await owner.locator(`a[href="/requests/${request}"]`).first().click();
  await owner.getByRole('button', { name: '同意', exact: true }).click();
  await owner.getByRole('link', { name: '去生成密钥' }).waitFor();
});

test('the key is shown once and the answer is masked', async () => {
  await visit(asker, `/requests/${request}`);
  await asker.getByRole('link', { name: '去生成密钥' }).click();
  await asker.waitForURL(/\/grants\/\w+/);
  grant = asker.url().match(/grants\/(\w+)/)[1];
  await asker.getByRole('button', { name: '生成密钥' }).click();
  key = await asker.locator('[data-key]').innerText();
  assert.ok(key.trim().length >= 20);
  const url = `${URL_BASE}/api/v1/share/${grant}/records/${encodeURIComponent(good)}`;
  const answer = await fetch(url, { headers: { Authorization: `Bearer ${key.trim()}` } });
  assert.equal(answer.status, 200);
  const text = await answer.text();
  assert.match(text, /测\*+/, 'the name is masked');
  assert.match(text, /138\*+1000/, 'the number is masked');
  assert.ok(!text.includes('春晖社区'), 'what was not granted is not there');
  assert.equal((await fetch(url)).status, 401, 'without the key there is no answer');
  await asker.reload();
  await asker.getByText('密钥已生成，只在生成时显示过一次').waitFor();
  assert.equal(await asker.locator('[data-key]').count(), 0);
});

test('a wrong value is reported', async () => {
  await visit(asker, `/datasets/${DATASET}/records/${encodeURIComponent(good)}`);
  await asker.getByRole('button', { name: '报告“手机号码”有误' }).click();
  await asker.getByLabel('应该是').fill('13905720001');
  await asker.getByLabel('依据或说明').fill('本人到窗口核对');
  await asker.getByRole('dialog').getByRole('button', { name: '报告' }).click();
  const link = asker.getByRole('link', { name: '查看办理进度' });
  await link.waitFor();
  caseId = (await link.getAttribute('href')).match(/cases\/(\w+)/)[1];
});

test('it is corrected by its owner and the reporter is told', async () => {
  await visit(owner, `/cases/${caseId}`);
  await owner.getByLabel('答复').fill('已与本人核实');
  await owner.getByRole('button', { name: '改正' }).click();
  await owner.getByText('已改正').first().waitFor();
  await visit(asker, '/');
  await asker.locator(`#messages a[href="/cases/${caseId}"]`).first().waitFor();
});

test('a revoked grant stops at once', async () => {
  await visit(owner, `/grants/${grant}`);
  await owner.getByRole('button', { name: '收回授权' }).click();
  await owner.locator('#revoke-reason').fill('测试结束');
  await owner.getByRole('dialog').getByRole('button', { name: '收回授权' }).click();
  await owner.getByText('已收回').first().waitFor();
  const url = `${URL_BASE}/api/v1/share/${grant}/records/${encodeURIComponent(good)}`;
  assert.ok((await fetch(url, { headers: { Authorization: `Bearer ${key.trim()}` } })).status >= 400);
});

test('no page threw, none broke the content policy', () => {
  assert.deepEqual([...owner.faults, ...asker.faults], []);
});
