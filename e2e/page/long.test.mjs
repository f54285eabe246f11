// Output of any length leaves the page bounded, and says what it left out.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertQuiet, ended, launch, openDemo, send } from './browser.mjs';
import { assistant, fakeCLI, init, result } from './fake-cli.mjs';
import { startServer } from './server.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const words = 'the quick brown fox jumps over the lazy dog ';
const paragraph = `${words.repeat(4)}\n`;
const unbroken = `x${'😀'.repeat(50_000)}`; // the x puts a pair across every 2^n
const scenarios = {
  lines: { lines: [init, ...Array.from({ length: 6_000 }, (_, i) => assistant({ type: 'text', text: `answer ${i}` })), result('done')] },
  wide: { lines: [init, assistant({ type: 'text', text: paragraph.repeat(40_000) }), result('done')] }, // 7 MB in one line
  unbroken: { lines: [init, assistant({ type: 'text', text: unbroken }), result('done')] },
  plain: { lines: ['just text', '', '<b>not bold</b>', '[1,2', 'null', '42'] },
  unknown: { lines: [init, { type: 'new_thing', text: 'secret of the future' }, assistant({ type: 'new_block' }), result('done')] },
};

async function demoOf(t) {
  const server = await startServer(t, `--claude=${await fakeCLI(t, scenarios)}`);
  return { server, ...await openDemo(t, server.url) };
}

test('6,000 lines: the newest are shown, the others counted', async (t) => {
  const { server, page, seen } = await demoOf(t);
  await page.locator('#raw summary').click();
  await send(page, 'lines');
  assert.equal((await ended(page)).state, 'finished');
  assert.equal(await page.locator('#raw-list li').count(), 500);
  assert.equal(await page.locator('#raw-hidden').textContent(), '5,504 earlier frames not shown');
  assert.equal(await page.locator('#raw-count').textContent(), '6,004');
  assert.equal(await page.locator('#output').evaluate((output) => output.childElementCount), 600);
  assert.match(await page.locator('#output-hidden').textContent(), /^5,\d{3} earlier parts not shown$/);
  assert.match(await page.locator('#output').textContent(), /answer 5999/);
  assertQuiet(seen, server.url);
});

test('the raw frames opened after the run are the newest ones, numbered', async (t) => {
  const { page } = await demoOf(t);
  await send(page, 'lines');
  await ended(page);
  assert.equal(await page.locator('#raw-list li').count(), 0);
  await page.locator('#raw summary').click();
  await page.locator('#raw-list li').first().waitFor();
  assert.equal(await page.locator('#raw-list li').count(), 500);
  assert.equal(await page.locator('#raw-list li').first().evaluate((li) => li.value), 5_505);
  assert.match(await page.locator('#raw-list li').last().textContent(), /"type":"result"/);
});

test('a line of 7 MB is shown whole, in parts of the DOM that stay small', async (t) => {
  const { server, page, seen } = await demoOf(t);
  await send(page, 'wide');
  assert.equal((await ended(page)).state, 'finished');
  const parts = await page.locator('#output .text').evaluateAll((all) => all.map((part) => part.textContent));
  assert.ok(parts.join('') === paragraph.repeat(40_000), 'the text is whole');
  assert.ok(Math.max(...parts.map((part) => part.length)) <= 16_384);
  await page.locator('#raw summary').click();
  await page.locator('#raw-list li', { hasText: 'more characters' }).waitFor();
  assertQuiet(seen, server.url);
});

test('text without a line break is never cut inside a character', async (t) => {
  const { page } = await demoOf(t);
  await send(page, 'unbroken');
  await ended(page);
  const parts = await page.locator('#output .text').evaluateAll((all) => all.map((part) => part.textContent));
  assert.ok(parts.length > 1);
  for (const part of parts) assert.ok(part.isWellFormed?.() ?? !/[\uD800-\uDBFF]$/.test(part));
  assert.ok(parts.join('') === unbroken, 'the text is whole');
});

test('plain text is shown as it is, unknown lines only among the raw frames', async (t) => {
  const { server, page, seen } = await demoOf(t);
  await send(page, 'plain');
  await ended(page);
  assert.match(await page.locator('#output').textContent(), /just text\n\n<b>not bold<\/b>\n\[1,2\n/);
  await send(page, 'unknown');
  await ended(page);
  assert.doesNotMatch(await page.locator('#output').textContent(), /future/);
  await page.locator('#raw summary').click();
  await page.locator('#raw-list li', { hasText: 'secret of the future' }).waitFor();
  assertQuiet(seen, server.url);
});
