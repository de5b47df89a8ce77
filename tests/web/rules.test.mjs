// A leader or a department tries a policy: one case with its reasons, then everybody, then a draft against what is in force.
import test, { after, before } from 'node:test';
import assert from 'node:assert/strict';
import { ASKER, OWNER, openBrowser, openWindow, signIn, visit } from './lib.mjs';

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
  await page.getByTitle('乡镇（居住村社）', { exact: true }).click();
  await page.getByTitle('年龄段（出生日期）', { exact: true }).click();
  await page.getByTitle('居住村社', { exact: true }).click();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: '开始模拟', exact: true }).click();
  await page.locator('.rule-figures').waitFor();
  assert.match(await page.locator('.rule-figures').innerText(), /对象数\s*\d/);
  await page.getByRole('heading', { name: '按 居住村社' }).waitFor();
  await page.getByRole('cell', { name: /居仁社区/ }).first().waitFor();
  await page.getByRole('heading', { name: '按 乡镇' }).waitFor();
  await page.getByRole('cell', { name: /武康街道/ }).first().waitFor();
  await page.getByRole('cell', { name: /^\d0-\d9$/ }).first().waitFor();
  assert.deepEqual(page.faults, []);
});

test('a run is kept: opened, and run again with the same outcome', async () => {
  const one = page.getByLabel('以往的模拟').getByRole('row').nth(1);
  await one.getByRole('button', { name: /打\s?开/ }).waitFor();
  await page.reload();
  await one.getByRole('button', { name: /打\s?开/ }).click();
  await page.locator('.rule-figures').waitFor();
  await one.getByRole('button', { name: '重新模拟', exact: true }).click();
  await page.getByText('与上次模拟逐字节相同').waitFor();
  assert.deepEqual(page.faults, []);
});

test('a difference opens to the people behind it', async () => {
  const owner = await openWindow(browser);
  await signIn(owner, OWNER);
  await visit(owner, '/rules/elder-allowance');
  await owner.getByRole('button', { name: '改一稿试试', exact: true }).click();
  await owner.getByRole('button', { name: '高龄津贴', exact: true }).click();
  const cell = owner.locator('.drawing td.output-cell .content-editable', { hasText: /^60$/ }).first();
  await cell.click();
  await cell.press('Control+a');
  await cell.pressSequentially('70');
  await owner.fill('#in-s-as_of', '2026-11-25');
  await owner.getByRole('button', { name: '开始模拟', exact: true }).click();
  await owner.getByRole('button', { name: '查看草稿下增加', exact: true }).click();
  await owner.getByRole('heading', { name: /草稿下增加的 \d+ 个对象/ }).waitFor();
  await owner.locator('#rule-behind a, [aria-label="用例"] a').first().click();
  await owner.waitForURL(/\/datasets\/person\//);
  await owner.waitForSelector('#main h1');
  assert.deepEqual(owner.faults, []);
});

test('a draft goes from one person to a second and into force', async () => {
  const author = await openWindow(browser);
  await signIn(author, ASKER);
  await visit(author, '/rules/elder-allowance');
  await author.getByRole('button', { name: '改一稿试试', exact: true }).click();
  await author.getByRole('button', { name: '高龄津贴', exact: true }).click();
  const cell = author.locator('.drawing td.output-cell .content-editable', { hasText: /^60$/ }).first();
  await cell.click();
  await cell.press('Control+a');
  await cell.pressSequentially('85');
  await author.getByRole('button', { name: '保存草稿', exact: true }).waitFor();
  await author.fill('#draft-note', '八十岁津贴提到 85 元');
  await author.getByRole('button', { name: '保存草稿', exact: true }).click();
  await author.getByText('已保存为第 1 版草稿').waitFor();
  await author.getByRole('button', { name: '与现行对比', exact: true }).click();
  await author.locator('ins', { hasText: '85' }).waitFor();
  await author.locator('del', { hasText: '60' }).waitFor();
  await author.getByRole('button', { name: '提交审批', exact: true }).click();
  await author.getByText('第 1 版已提交，等另一人审批').waitFor();
  await author.getByRole('button', { name: /^批\s?准$/ }).click();
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' }).format(new Date());
  await author.fill('#from-1', today);
  await author.locator('.ant-popconfirm-buttons .ant-btn-primary').click();
  await author.getByText(/须由另一人审批/).waitFor();

  const second = await openWindow(browser);
  await signIn(second, { ...ASKER, login: 'civil-lead' });
  await visit(second, '/rules/elder-allowance');
  await second.getByRole('button', { name: /^批\s?准$/ }).click();
  await second.fill('#from-1', today);
  await second.locator('.ant-popconfirm-buttons .ant-btn-primary').click();
  await second.getByText(`第 1 版自 ${today} 起生效`).waitFor();
  await second.getByText('现行的是第 1 版。').waitFor();
  assert.deepEqual([author.faults, second.faults], [[], []]);
});
