// What a user sees of a run: the answer while it is written, and the end in words.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { assertQuiet, ended, launch, openDemo, press, reaches, send } from './browser.mjs';
import { startServer, tempDir, until } from './server.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

test('a prompt streams and ends finished, with close code 1000 in words', async (t) => {
  const server = await startServer(t, '--demo');
  const { page, seen } = await openDemo(t, server.url);
  await send(page, 'hello spool');
  const end = await ended(page);
  assert.equal(end.state, 'finished');
  assert.match(end.title, /1000/);
  assert.match(await page.locator('#output').textContent(), /hello spool/);
  assert.match(await page.locator('#run-id').textContent(), /^run_/);
  assert.match(await page.locator('.result').textContent(), /tokens? in.*\$/);
  assertQuiet(seen, server.url);
});

test('token by token shows the text once, as it grows', async (t) => {
  const server = await startServer(t, '--demo');
  const { page, seen } = await openDemo(t, server.url);
  await page.evaluate(watchText);
  await send(page, 'hello once', { partial: true });
  assert.equal((await ended(page)).state, 'finished');
  const text = await page.locator('#output .text').evaluateAll((parts) => parts.map((p) => p.textContent).join(''));
  assert.equal(text.split('hello once').length, 2, `shown once: ${text}`);
  assert.ok(await page.evaluate(() => globalThis.growth.size) > 3, 'the text grew in several steps');
  assert.equal(text, await wholeText(page));
  assertQuiet(seen, server.url);
});

// watchText runs in the page: it notes each length that the answer's text has had.
function watchText() {
  globalThis.growth = new Set();
  const output = document.getElementById('output');
  new MutationObserver(() => globalThis.growth.add(output.textContent.length))
    .observe(output, { childList: true, subtree: true, characterData: true });
}

// wholeText is the answer as the raw frames have it: the text of the assistant lines.
async function wholeText(page) {
  await page.locator('#raw summary').click();
  // The list is filled with the next animation frame; the result is its last line.
  await page.locator('#raw-list li', { hasText: '"type":"result"' }).first().waitFor();
  const frames = await page.locator('#raw-list li').allTextContents();
  return frames.filter((text) => text.startsWith('{"type":"assistant"')).map((text) => JSON.parse(text))
    .flatMap((line) => line.message.content).filter((block) => block.type === 'text').map((block) => block.text).join('');
}

test('a tool call is a card with its input and its result', async (t) => {
  const server = await startServer(t, '--demo');
  const { page, seen } = await openDemo(t, server.url);
  await send(page, 'tool');
  assert.equal((await ended(page)).state, 'finished');
  const card = page.locator('details.tool').first();
  assert.equal(await card.locator('.toolname').textContent(), 'Bash');
  assert.equal(await card.getAttribute('data-result'), 'ok');
  assert.deepEqual(await card.locator('.toollabel').allTextContents(), ['Input', 'Result']);
  assertQuiet(seen, server.url);
});

test('cancel stops the process tree and says so', async (t) => {
  const server = await startServer(t, '--demo');
  const { page, seen } = await openDemo(t, server.url);
  await send(page, 'silent');
  await reaches(page, 'running');
  await server.running(1);
  const run = await page.locator('#run-id').textContent();
  assert.notEqual((await marked(run)).length, 0, 'the run has a process to stop');
  await page.locator('#cancel').click();
  const end = await ended(page);
  assert.equal(end.state, 'cancelled');
  assert.match(end.what, /You cancelled/);
  await server.running(0);
  assert.deepEqual(await marked(run), [], 'no process of the run is left');
  assertQuiet(seen, server.url);
});

// marked lists the processes that carry a run's marker in their environment (Linux).
async function marked(run) {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const environs = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')));
  return pids.filter((_, i) => environs[i].split('\0').includes(`SPOOL_RUN=${run}`));
}

const failures = { error: 'API_ERROR', crash: 'EXIT_NONZERO', silent: 'TIMEOUT_WALL', slow: 'TIMEOUT_WALL' };

test('every scripted word ends as it says', async (t) => {
  const server = await startServer(t, '--demo', '--result-grace=200ms', '--stop-grace=500ms');
  const { words } = await server.health();
  await pressWords(t, server, words.map(({ word }) => word).filter((word) => failures[word] !== 'TIMEOUT_WALL'));
});

test('the words that take too long end in a timeout', async (t) => {
  const server = await startServer(t, '--demo', '--run-timeout=1s', '--stop-grace=500ms');
  await pressWords(t, server, ['slow', 'silent']);
});

async function pressWords(t, server, words) {
  const { page, seen } = await openDemo(t, server.url);
  for (const word of words) {
    await page.locator('#words button').filter({ has: page.getByText(word, { exact: true }) }).click();
    await press(page);
    const end = await ended(page);
    assert.equal(end.state, failures[word] ? 'failed' : 'finished', `${word}: ${end.error}`);
    assert.match(end.title, failures[word] ? /1011/ : /1000/, word);
    assert.ok(end.error.startsWith(failures[word] ?? ''), `${word}: ${end.error}`);
    if (failures[word]) assert.ok(end.todo.length > 10, `${word} says what to do`);
  }
  assertQuiet(seen, server.url);
}

test('lines on stderr are shown apart from the answer', async (t) => {
  const server = await startServer(t, '--demo');
  const { page } = await openDemo(t, server.url);
  assert.equal(await page.locator('#stderr').isVisible(), false);
  await send(page, 'stderr');
  assert.equal((await ended(page)).state, 'finished');
  await page.locator('#stderr summary').click();
  await page.locator('#stderr-list li').first().waitFor();
});

test('a run that must wait shows its place, then runs', async (t) => {
  const server = await startServer(t, '--demo', '--max-runs=1');
  const [first, second] = [await openDemo(t, server.url), await openDemo(t, server.url)];
  await send(first.page, 'silent');
  await reaches(first.page, 'running');
  await send(second.page, 'hello');
  await reaches(second.page, 'queued');
  assert.match(await second.page.locator('#state').textContent(), /place 1/);
  await first.page.locator('#cancel').click();
  assert.equal((await ended(second.page)).state, 'finished');
});

test('a run for which there is no place is told to come back later', async (t) => {
  const server = await startServer(t, '--demo', '--max-runs=1', '--max-queue=0');
  const [first, second] = [await openDemo(t, server.url), await openDemo(t, server.url)];
  await send(first.page, 'silent');
  await reaches(first.page, 'running');
  await send(second.page, 'hello');
  const end = await ended(second.page);
  assert.match(end.title, /1013/);
  assert.match(end.error, /^OVERLOADED/);
  assert.match(end.todo, /Wait/);
});

test('a server that stops, dies or is gone is told apart', async (t) => {
  const server = await startServer(t, '--demo', '--drain-grace=100ms', '--stop-grace=200ms');
  const { page } = await openDemo(t, server.url);
  await send(page, 'silent');
  await reaches(page, 'running');
  server.signal('SIGTERM');
  const stopped = await ended(page);
  assert.match(stopped.title, /1001/);
  assert.match(stopped.error, /^DRAINING/);
  await server.exited;
  await press(page);
  assert.match((await ended(page)).what, /No connection could be made/);
  await page.locator('#server-text', { hasText: 'does not answer' }).waitFor();
});

test('a server killed in the middle of a run is close code 1006, and the next one cleans up', async (t) => {
  const flags = ['--demo', '--stop-grace=500ms', `--data-dir=${join(await tempDir(t), 'data')}`];
  const server = await startServer(t, ...flags);
  const { page } = await openDemo(t, server.url);
  await send(page, 'silent');
  await reaches(page, 'running');
  const run = await page.locator('#run-id').textContent();
  server.signal('SIGKILL');
  const end = await ended(page);
  assert.equal(end.state, 'failed');
  assert.match(end.title, /1006/);
  await server.exited;
  await startServer(t, ...flags);
  await until(async () => (await marked(run)).length === 0, 'no process of the run is left');
});

test('without the CLI the page says what is wrong and what to do', async (t) => {
  const server = await startServer(t, '--claude=/nonexistent/claude');
  const { page, seen } = await openDemo(t, server.url);
  const { cli } = await server.health();
  assert.equal(cli.found, false);
  assert.equal(await page.locator('#notice-title').textContent(), cli.problem);
  assert.equal(await page.locator('#notice-text').textContent(), cli.hint);
  await send(page, 'hello');
  const end = await ended(page);
  assert.match(end.error, /^SPAWN_FAILED/);
  assertQuiet(seen, server.url);
});
