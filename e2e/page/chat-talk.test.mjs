// To talk: what comes streams, and it is always clear how things stand.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { launch } from './browser.mjs';
import { answer, api, asked, assertChatQuiet, assertSame, chatOf, ends, idOf, openChat, say, state, words } from './chat.mjs';
import { assistant, fakeCLI, init, result } from './fake-cli.mjs';
import { startServer, submit } from './server.mjs';

const browser = await launch();
after(() => browser.close());
const server = await startServer({ after }, '--demo');

// watchGrowth runs in the page: it notes every length that the answer has had.
function watchGrowth() {
  globalThis.lengths = new Set();
  new MutationObserver(() => {
    const text = document.querySelector('.message.assistant .text');
    if (text?.dataset.streaming) globalThis.lengths.add(text.textContent.length);
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
}

describe('talking', { concurrency: 4 }, () => {
  test('an answer comes word by word, as Markdown with colours, and says what it took', async (t) => {
    const { page, seen } = await openChat(t, server.url);
    await page.evaluate(watchGrowth);
    await say(page, 'markdown');
    await state(page, 'running');
    const text = await ends(page);
    assert.match(await state(page, 'finished'), /^Finished/);
    assert.ok(await page.evaluate(() => globalThis.lengths.size) > 5, 'it grew while it was written');
    await text.locator('h4', { hasText: 'An answer in Markdown' }).waitFor();
    assert.deepEqual(await text.locator('ol > li').allTextContents(), ['A numbered item', 'Another one with code']);
    assert.deepEqual(await text.locator('td').allTextContents(), ['lines', 'as they come']);
    await text.locator('.code .hl-keyword', { hasText: 'package' }).waitFor();
    assert.match(await text.locator('.code pre').textContent(), /<b>hello<\/b> from the stand-in & its code block/);
    assert.match(await text.locator('.took').textContent(), /^\d+\.\d s · \d+ tokens? read · \d+ written · <?\$0\.\d+$/);
    const { usage } = await chatOf(server, await idOf(page));
    assert.ok(usage.costUsd > 0);
    await page.locator('.page-head .spent', { hasText: `$${usage.costUsd.toFixed(4)}` }).waitFor();
    await page.locator('.conversation[aria-current] .spent').waitFor();
    assert.equal(await page.title(), 'markdown – Spool');
    assertChatQuiet(seen, server.url);
  });

  test('a tool call is a card with its input and result; code and answers can be copied', async (t) => {
    const { page, seen } = await openChat(t, server.url, { permissions: ['clipboard-read', 'clipboard-write'] });
    await say(page, 'tool');
    const text = await ends(page);
    const card = text.locator('.tool');
    assert.equal(await card.getAttribute('data-state'), 'done');
    assert.equal(await card.locator('.tool-name').textContent(), 'Bash');
    assert.equal(await card.locator('.tool-body').count(), 0, 'it is folded');
    await card.locator('.tool-head').click();
    assert.match(await card.locator('.input').textContent(), /command/);
    assert.ok((await card.locator('.result pre').textContent()).length > 0);
    await say(page, 'markdown');
    await (await ends(page, 2)).getByRole('button', { name: 'Copy code' }).click();
    await answer(page, 2).getByText('Copied').waitFor();
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^package main\n/);
    await answer(page, 2).getByRole('button', { name: 'Copy answer' }).click();
    await page.waitForFunction(async () => (await navigator.clipboard.readText()).startsWith('## An answer'));
    assertChatQuiet(seen, server.url);
  });

  test('a failure says what it is and what to do; asking again is one click', async (t) => {
    const { page, seen } = await openChat(t, server.url);
    await say(page, 'error');
    const failed = await ends(page, 1, 'failed');
    assert.match(await failed.locator('.outcome').textContent(), /^Failed\. The model's service said no\..*try again.*API_ERROR/i);
    assert.equal((await failed.textContent()).split('API Error: 400').length, 2, 'the reason is told once');
    assert.match(await state(page, 'failed'), /the last answer says why/);
    await say(page, 'crash');
    assert.match(await (await ends(page, 2, 'failed')).locator('.outcome').textContent(), /stopped with an error.*EXIT_NONZERO/);
    const run = await answer(page, 2).getAttribute('data-run');
    await answer(page, 2).getByRole('button', { name: 'Try again' }).click();
    await page.locator(`.message.assistant[data-status="failed"]:not([data-run="${run}"]) >> nth=1`).waitFor();
    assert.equal(await page.locator('.message').count(), 4);
    assertChatQuiet(seen, server.url);
  });

  test('thoughts are folded, and what a nested agent does stands within its call', async (t) => {
    const inside = (line) => ({ ...line, parent_tool_use_id: 'task' });
    const lines = [init,
      assistant({ type: 'thinking', thinking: 'First **this**, then that.' }),
      assistant({ type: 'tool_use', id: 'task', name: 'Task', input: { description: 'Look around', prompt: 'Look' } }),
      inside(assistant({ type: 'tool_use', id: 'in', name: 'Glob', input: { pattern: '*.go' } })),
      inside({ type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: 'in', content: 'main.go' }] } }),
      { type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: 'task', content: 'Nothing new', is_error: true }] } },
      assistant({ type: 'text', text: 'Done.' }), result('Done.')];
    const other = await startServer(t, `--claude=${await fakeCLI(t, { think: { lines } })}`);
    const { page, seen } = await openChat(t, other.url);
    await say(page, 'think');
    const text = await ends(page);
    const thought = text.locator('.thinking');
    assert.equal(await thought.locator('strong').isVisible(), false);
    await thought.locator('summary').click();
    await thought.locator('strong', { hasText: 'this' }).waitFor();
    const task = text.locator('.tool', { has: page.locator('.nested') });
    assert.equal(await task.getAttribute('data-state'), 'failed');
    assert.equal(await task.locator('.nested .tool-name').textContent(), 'Glob');
    assertChatQuiet(seen, other.url);
  });

  test('a message that comes while it answers waits, or interrupts; and an answer can be stopped', async (t) => {
    const { page, seen } = await openChat(t, server.url);
    await say(page, 'slow');
    await words(page, 2);
    await say(page, 'history');
    await asked(page, 2).locator('.message-foot', { hasText: 'Queued' }).waitFor();
    await page.locator('.status', { hasText: '1 queued' }).waitFor();
    await page.reload();
    await asked(page, 2).locator('.message-foot', { hasText: 'Queued' }).waitFor();
    await say(page, 'hello there', 'Control+Enter');
    const stopped = await ends(page, 1, 'aborted');
    assert.match(await stopped.locator('.outcome').textContent(), /^Stopped\./);
    await ends(page, 3);
    assert.deepEqual(await page.locator('.bubble').allTextContents(), ['slow', 'hello there', 'history'], 'who interrupts is the next');
    await say(page, 'slow');
    await words(page, 2, 4);
    await page.getByRole('button', { name: 'Stop' }).click();
    await ends(page, 4, 'aborted');
    assert.match(await state(page, 'aborted'), /^Stopped/);
    assertChatQuiet(seen, server.url);
  });

  test('two tabs show the same, and what is typed in one appears in the other', async (t) => {
    const { page, seen } = await openChat(t, server.url);
    await say(page, 'long');
    await words(page, 3);
    const second = await openChat(t, page.url());
    await words(second.page, 5);
    await say(second.page, 'hello from the second tab');
    await Promise.all([ends(page, 2), ends(second.page, 2)]);
    await Promise.all([assertSame(page, server), assertSame(second.page, server)]);
    assertChatQuiet(seen, server.url);
    assertChatQuiet(second.seen, server.url);
  });

  test('a model can be chosen where the server allows one; what it does not allow is told kindly', async (t) => {
    const choosy = await startServer(t, '--demo', '--allow-model=sonnet');
    const { page, seen } = await openChat(t, choosy.url);
    await page.getByLabel('Model').selectOption('sonnet');
    await say(page, 'history');
    assert.match(await (await ends(page)).textContent(), /sonnet/);
    await page.route('**/api/health', async (route) => {
      const health = await (await route.fetch()).json();
      await route.fulfill({ json: { ...health, allows: { models: ['opus'], permissionModes: ['plan'] } } });
    });
    await page.reload();
    await page.getByLabel('Model').selectOption('opus');
    await page.getByLabel('Permissions').selectOption('plan');
    await say(page, 'hello');
    const refused = page.locator('.message.user .outcome');
    assert.match(await refused.textContent(), /Not sent\..*does not allow this choice.*FORBIDDEN_OPTION/);
    await refused.getByRole('button', { name: 'Send again' }).click();
    await ends(page, 2);
    assertChatQuiet(seen, choosy.url);
    const strict = await openChat(t, server.url);
    assert.equal(await strict.page.getByLabel('Model').count(), 0);
  });

  test('the place in the line, and the end that comes, are told', async (t) => {
    const small = await startServer(t, '--demo', '--max-runs=1', '--run-timeout=12s', '--stop-grace=500ms');
    const { page, seen } = await openChat(t, small.url);
    const { run } = await submit(small, 'silent'); // takes the only place, for 12 seconds at most
    await say(page, 'slow');
    assert.match(await state(page, 'queued'), /^Queued: place 1 in the server's line/);
    await api(small, 'POST', `/api/runs/${run}/abort`);
    await state(page, 'running');
    await page.locator('.status .deadline', { hasText: /The server ends it in 0:0\d|the run will be ended in/ }).waitFor();
    assert.match(await (await ends(page, 1, 'timed_out')).locator('.outcome').textContent(), /^Out of time\..*longer than the server allows.*TIMEOUT_WALL/);
    assertChatQuiet(seen, small.url);
  });
});
