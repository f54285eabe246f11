// How the chat page is for everybody: readers of screens, small and large ones, slow networks,
// and long conversations.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { launch, newPage } from './browser.mjs';
import { api, assertChatQuiet, ends, openChat, say, words } from './chat.mjs';
import { startServer } from './server.mjs';

const browser = await launch();
after(() => browser.close());
const server = await startServer({ after }, '--demo', '--allow-model=sonnet');

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// assertAccessible has axe-core look at the page as it is. The order of headings within an answer
// is the model's.
async function assertAccessible(page, what) {
  await page.evaluate(axe); // as the browser's driver, whom the page's policy does not bind
  const found = await page.evaluate(async () => (await globalThis.axe.run(document, { rules: { 'heading-order': { enabled: false } } })).violations
    .map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`));
  assert.deepEqual(found, [], what);
}

describe('for everybody', { concurrency: 4 }, () => {
  for (const colorScheme of ['light', 'dark']) {
    test(`axe-core finds nothing, ${colorScheme}`, async (t) => {
      const { page, seen } = await openChat(t, server.url, { colorScheme, reducedMotion: 'reduce' });
      await page.locator('.words').waitFor();
      await assertAccessible(page, 'the beginning');
      await say(page, 'markdown');
      await (await ends(page)).locator('.hl-keyword').first().waitFor();
      await say(page, 'error');
      await ends(page, 2, 'failed');
      await say(page, 'tool');
      await (await ends(page, 3)).locator('.tool-head').click();
      await say(page, 'approve touch file');
      await page.locator('.approval button').first().waitFor();
      await assertAccessible(page, 'a conversation, with a request');
      await page.locator('.page-head .menu > button').click();
      await assertAccessible(page, 'a menu');
      await page.getByText('Tags', { exact: true }).click();
      await page.getByLabel('New tags').fill('one, two');
      await assertAccessible(page, 'a window');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.locator('.page-head .tag').first().waitFor();
      await page.getByRole('button', { name: 'Deny' }).click();
      await ends(page, 4);
      await page.getByLabel('Search titles and messages').fill('stand');
      await page.locator('mark').first().waitFor();
      await assertAccessible(page, 'a search');
      await page.evaluate(() => { location.hash = 'overview'; });
      await page.locator('.run').first().waitFor();
      await assertAccessible(page, 'the overview');
      await page.evaluate(() => document.activeElement.blur());
      await page.keyboard.press('?');
      await assertAccessible(page, 'the keys');
      assertChatQuiet(seen, server.url);
    });
  }

  test('from 360 pixels to 3840 nothing sticks out, and on a phone the list slides in', async (t) => {
    const { page, seen } = await openChat(t, server.url);
    await say(page, `approve2 /${'long'.repeat(60)} /b`);
    await page.locator('.approval button').nth(5).waitFor();
    await page.getByRole('button', { name: 'Allow once' }).first().click();
    for (const width of [360, 480, 760, 1280, 2560, 3840]) {
      await page.setViewportSize({ width, height: Math.min(2160, Math.max(740, width / 2)) });
      const wide = await page.evaluate(() => {
        const sticksOut = (node) => node.getBoundingClientRect().right > innerWidth + 1 && node.checkVisibility() && !node.closest('bdi, .sidebar, .code, .offscreen, .table');
        return [document.documentElement.scrollWidth > innerWidth, ...[...document.querySelectorAll('main *')].filter(sticksOut).map((node) => node.outerHTML.slice(0, 120))];
      });
      assert.deepEqual(wide, [false], `${width} pixels`);
    }
    await page.setViewportSize({ width: 360, height: 740 });
    await page.locator('.sidebar').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Show the list of conversations' }).click();
    await page.locator('.conversation[aria-current]').waitFor();
    await page.locator('.sidebar a.primary').click();
    await page.locator('.sidebar').waitFor({ state: 'hidden' });
    assertChatQuiet(seen, server.url);
  });

  test('all of it is at most 160 KB on the wire, and what colours code comes later', async (t) => {
    const { page, seen } = await openChat(t, server.url);
    await say(page, 'hello');
    await ends(page);
    const own = () => [...new Set(seen.requests.map((url) => new URL(url).pathname))].filter((path) => /^\/($|bundle|styles|icon|assets)/.test(path));
    assert.deepEqual(own().filter((path) => path.startsWith('/assets/')), []);
    await say(page, 'markdown');
    await (await ends(page, 2)).locator('.hl-keyword').first().waitFor();
    let size = 0;
    for (const path of own()) {
      const answer = await fetch(server.url + path, { headers: { 'Accept-Encoding': 'gzip' } });
      assert.equal(answer.headers.get('content-encoding'), 'gzip', path);
      size += Number(answer.headers.get('content-length'));
      assert.ok(gzipSync(Buffer.from(await answer.arrayBuffer())).length > 0);
    }
    t.diagnostic(`${size} bytes in ${own().length} files`);
    assert.ok(own().length >= 4 && size <= 160_000, `${size} bytes`);
  });

  test('the way to the end goes when all is in sight', async (t) => {
    const { page, seen } = await openChat(t, server.url);
    await say(page, 'long');
    await ends(page);
    await page.setViewportSize({ width: 1280, height: 500 });
    await page.locator('.messages').evaluate((list) => { list.scrollTop = 0; });
    await page.getByRole('button', { name: 'To the end' }).waitFor();
    await page.setViewportSize({ width: 1280, height: 2_400 });
    await page.getByRole('button', { name: 'To the end' }).waitFor({ state: 'detached' });
    assert.deepEqual(seen.problems, []);
  });

  test('1,000 messages: shown in a moment, and each new word costs little', async (t) => {
    const { page, seen } = await newPage(t);
    const { chat } = await api(server, 'POST', '/api/chats', { name: 'Long' });
    await page.route(`**/api/chats/${chat.id}`, (route) => route.fulfill({ json: { chat: { ...chat, head: idOf('a', 500), run: 'run_500' } } }));
    await page.routeWebSocket('**/ws', (socket) => t.after(playLong(socket, chat.id)));
    await page.goto(`${server.url}/#${chat.id}`);
    await page.waitForFunction(() => document.querySelectorAll('.message').length === 1_002 && document.body.textContent.includes('answer number 499'));
    let typing = await page.evaluate(watchTyping);
    for (let again = 0; again < 2 && typing.frame >= 150; again++) typing = await page.evaluate(watchTyping); // others use this machine too
    const { frame, longest, atEnd } = typing;
    t.diagnostic(`while words came a frame took ${Math.round(frame)} ms, the longest one ${Math.round(longest)} ms`);
    assert.ok(frame < 150, `${frame} ms`);
    assert.ok(atEnd, 'the end stays in sight');
    await page.locator('.messages').evaluate((list) => { list.scrollTop = 0; });
    await page.getByText('question number 0', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'To the end' }).click();
    await page.getByRole('button', { name: 'To the end' }).waitFor({ state: 'detached' });
    assert.deepEqual(seen.problems, []);
  });
});

const idOf = (role, n) => `${role}${String(n).padStart(63, '0')}`;

// playLong is a server whose conversation has 500 turns, and then one that goes on until stop is called.
function playLong(socket, sessionId) {
  let seq = 0;
  let typing;
  const send = (frame) => socket.send(JSON.stringify({ sessionId, timestamp: new Date().toISOString(), ...frame }));
  const journal = (runId, frame) => send({ id: `${sessionId}:${++seq}`, seq, runId, ...frame });
  const turn = (n, more = {}) => journal(`run_${n}`, { kind: 'text', role: 'user', content: `question number ${n}`, messageId: idOf('a', n), parent: n ? idOf('b', n - 1) : '', ...more });
  socket.onMessage((message) => {
    const { type, sessions = [] } = JSON.parse(message);
    if (type !== 'chat.subscribe' || sessions.length === 0 || seq > 0) return;
    send({ kind: 'chat_subscribed', isProcessing: true, lastSeq: 1_501, epoch: 'e', pendingPermissions: [], replay: 'complete' });
    for (let n = 0; n < 500; n++) {
      turn(n);
      journal(`run_${n}`, { kind: 'text', role: 'assistant', content: `## answer number ${n}\n\nSome **text** with \`code\` in it.\n\n- one\n- two\n\n\`\`\`go\nfunc main() { println(${n}) }\n\`\`\`\n` });
      journal(`run_${n}`, { kind: 'complete', exitCode: 0, aborted: false, success: true, result: '', costUsd: 0, state: 'succeeded', head: idOf('b', n) });
    }
    turn(500);
    typing = setInterval(() => journal('run_500', { kind: 'stream_delta', content: 'word ' }), 20);
  });
  return function stop() { clearInterval(typing); };
}

// watchTyping runs in the page: it returns how long a frame takes while 100 words come, the one in
// the middle and the longest one.
async function watchTyping() {
  const text = () => [...document.querySelectorAll('.message.assistant .text')].at(-1).textContent.length;
  const from = text();
  const frames = [];
  let last = performance.now();
  while (text() < from + 500) {
    await new Promise(requestAnimationFrame);
    frames.push(performance.now() - last);
    last = performance.now();
  }
  const list = document.querySelector('.messages');
  frames.sort((a, b) => a - b);
  return { frame: frames[frames.length >> 1], longest: frames.at(-1), atEnd: list.scrollHeight - list.scrollTop - list.clientHeight < 80 };
}
