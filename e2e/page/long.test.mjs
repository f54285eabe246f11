// Output of any length leaves the page bounded, and says what it left out.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { assertHarmless, assertQuiet, ended, launch, openDemo, openRaw, send } from './browser.mjs';
import { assistant, fakeCLI, init, result } from './fake-cli.mjs';
import { startServer } from './server.mjs';

const browser = await launch();
after(() => browser.close());

const words = 'the quick brown fox jumps over the lazy dog ';
const paragraph = `${words.repeat(4)}\n`;
const unbroken = `x${'😀'.repeat(50_000)}`; // the x puts a pair across every 2^n
const scenarios = {
  lines: { lines: [init, ...Array.from({ length: 10_000 }, (_, i) => assistant({ type: 'text', text: `answer ${i}` })), result('done')] },
  wide: { lines: [init, assistant({ type: 'text', text: paragraph.repeat(40_000) }), result('done')] }, // 7 MB in one line
  unbroken: { lines: [init, assistant({ type: 'text', text: unbroken }), result('done')] },
  plain: { lines: ['just text', '', '<b>not bold</b>', '[1,2', 'null', '42'] },
  unknown: { lines: [init, { type: 'new_thing', text: 'secret of the future' }, assistant({ type: 'new_block' }), result('done')] },
};

const no = { toString: 1, valueOf: 1 }; // what becomes neither a text nor a number
scenarios.odd = { lines: ['{"type":"__proto__"}', ...['constructor', 'toString', 'result', 'assistant', 'user', 'system', 'stream_event', no, null]
  .map((type) => ({ type, subtype: no, message: no, event: no, errors: 'x', usage: no, num_turns: no, result: no })),
...[null, 5, 'text', [null, 5, 'text', no], [{ type: 'tool_use', id: no, name: '', input: no }, { type: 'tool_result', content: no }]].flatMap((content) =>
  ['assistant', 'user'].map((type) => ({ type, message: { content } }))),
{ type: 'stream_event', event: { type: 'content_block_delta', delta: 5 } }, { type: 'system', subtype: 'api_retry', attempt: no },
assistant({ type: 'text', text: 'after all that' }), result('done', { total_cost_usd: no, duration_ms: no })] };
const server = await startServer({ after }, `--claude=${await fakeCLI({ after }, scenarios)}`);

test('10,000 lines: the newest are shown, the others counted, live and later', async (t) => {
  const { page, seen } = await openDemo(t, server.url);
  await page.locator('#raw summary').click();
  await send(page, 'lines');
  assert.equal((await ended(page)).state, 'succeeded');
  await assertNewest(page);
  await page.reload();
  assert.equal((await ended(page)).state, 'succeeded');
  assert.equal(await page.locator('#raw-list li').count(), 0);
  await page.locator('#raw summary').click();
  await assertNewest(page);
  assertQuiet(seen, server.url);
});

async function assertNewest(page) {
  await page.locator('#raw-list li', { hasText: '"type":"result"' }).waitFor();
  assert.equal(await page.locator('#raw-list li').count(), 500);
  assert.equal(await page.locator('#raw-list li').first().evaluate((li) => li.value), 9_503);
  assert.equal(await page.locator('#raw-hidden').textContent(), '9,502 earlier lines not shown');
  assert.equal(await page.locator('#raw-count').textContent(), '10,002');
  assert.equal(await page.locator('#lines').textContent(), '10,002');
  assert.equal(await page.locator('#output').evaluate((output) => output.childElementCount), 600);
  assert.match(await page.locator('#output-hidden').textContent(), /^9,\d{3} earlier parts not shown$/);
  assert.match(await page.locator('#output').textContent(), /answer 9999/);
}

test('a line of 7 MB is shown whole, in parts of the DOM that stay small', async (t) => {
  const { page, seen } = await openDemo(t, server.url);
  await send(page, 'wide');
  assert.equal((await ended(page)).state, 'succeeded');
  const parts = await page.locator('#output .text').evaluateAll((all) => all.map((part) => part.textContent));
  assert.ok(parts.join('') === paragraph.repeat(40_000), 'the text is whole');
  assert.ok(Math.max(...parts.map((part) => part.length)) <= 16_384);
  await page.locator('#raw summary').click();
  await page.locator('#raw-list li', { hasText: 'more characters' }).waitFor();
  assertQuiet(seen, server.url);
});

test('text without a line break is never cut inside a character', async (t) => {
  const { page } = await openDemo(t, server.url);
  await send(page, 'unbroken');
  await ended(page);
  const parts = await page.locator('#output .text').evaluateAll((all) => all.map((part) => part.textContent));
  assert.ok(parts.length > 1);
  for (const part of parts) assert.ok(part.isWellFormed?.() ?? !/[\uD800-\uDBFF]$/.test(part));
  assert.ok(parts.join('') === unbroken, 'the text is whole');
});

test('plain text is shown as it is, unknown lines only among the raw lines', async (t) => {
  const { page, seen } = await openDemo(t, server.url);
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

test('lines of a shape that nobody has heard of stop nothing', async (t) => {
  const { page, seen } = await openDemo(t, server.url);
  await send(page, 'odd');
  assert.equal((await ended(page)).state, 'succeeded');
  assert.match(await page.locator('#output').textContent(), /after all that/);
  assert.deepEqual(await openRaw(page, scenarios.odd.lines.length), scenarios.odd.lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))));
  assertHarmless(seen, server.url);
});
