// What a user sees of a run: the answer while it is written, and the end in words.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { after, describe, test } from 'node:test';
import { assertHarmless, assertQuiet, ended, launch, openDemo, openRaw, press, reaches, runOf, send } from './browser.mjs';
import { linesOf, recordOf, startServer } from './server.mjs';

const browser = await launch();
after(() => browser.close());
const server = await startServer({ after }, '--demo', '--result-grace=200ms', '--stop-grace=1s');

test('a prompt streams and ends well, with close code 1000 in words', async (t) => {
  const { page, seen } = await openDemo(t, server.url);
  assert.equal(await page.locator('#state').textContent(), 'No run yet');
  await send(page, 'hello spool', { meta: 'T-1' });
  const end = await ended(page);
  assert.equal(end.state, 'succeeded');
  assert.match(end.title, /^Succeeded.*1000/);
  assert.match(await page.locator('#output').textContent(), /hello spool/);
  assert.match(await page.locator('.result').textContent(), /tokens? in, \d+ out/);
  assert.equal(await page.locator('#asked').textContent(), 'hello spool');
  assert.equal(await page.locator('#run-meta').textContent(), 'T-1');
  assert.deepEqual(await openRaw(page, 3), await linesOf(server, await runOf(page)));
  assert.equal((await recordOf(server, await runOf(page))).detach, true);
  assertQuiet(seen, server.url);
});

test('token by token shows the text once, as it grows', async (t) => {
  const { page, seen } = await openDemo(t, server.url);
  await page.evaluate(watchText);
  await send(page, 'hello once', { partial: true });
  assert.equal((await ended(page)).state, 'succeeded');
  const text = await page.locator('#output .text').evaluateAll((parts) => parts.map((p) => p.textContent).join(''));
  assert.equal(text.split('hello once').length, 2, `shown once: ${text}`);
  assert.ok(await page.evaluate(() => globalThis.growth.size) > 3, 'the text grew in several steps');
  assert.equal(text, textOf(await linesOf(server, await runOf(page))));
  assertQuiet(seen, server.url);
});

// watchText runs in the page: it notes each length that the answer's text has had.
function watchText() {
  globalThis.growth = new Set();
  const output = document.getElementById('output');
  new MutationObserver(() => globalThis.growth.add(output.textContent.length))
    .observe(output, { childList: true, subtree: true, characterData: true });
}

// textOf is the answer as the lines have it: the text of the assistant lines.
function textOf(lines) {
  return lines.filter((text) => text.startsWith('{"type":"assistant"')).map((text) => JSON.parse(text))
    .flatMap((line) => line.message.content).filter((block) => block.type === 'text').map((block) => block.text).join('');
}

test('a tool call is a card with its input and its result', async (t) => {
  const { page, seen } = await openDemo(t, server.url);
  await send(page, 'tool');
  assert.equal((await ended(page)).state, 'succeeded');
  const card = page.locator('details.tool').first();
  assert.equal(await card.locator('.toolname').textContent(), 'Bash');
  assert.equal(await card.getAttribute('data-result'), 'ok');
  assert.deepEqual(await card.locator('.toollabel').allTextContents(), ['Input', 'Result']);
  assertQuiet(seen, server.url);
});

test('cancel ends the run with all its processes, and keeps what there is of the answer', async (t) => {
  const { page, seen } = await openDemo(t, server.url);
  await send(page, 'slow');
  await page.locator('#output .text').nth(2).waitFor();
  const run = await runOf(page);
  assert.notEqual((await marked(run)).length, 0, 'the run has a process to stop');
  await page.locator('#cancel').click();
  const end = await ended(page);
  assert.equal(end.state, 'aborted');
  assert.match(end.what, /You cancelled/);
  assert.match(await page.locator('#output').textContent(), /^This is Spool's/);
  assert.deepEqual(await marked(run), [], 'no process of the run is left');
  const record = await recordOf(server, run);
  assert.equal(record.state, 'aborted');
  assert.deepEqual(record.stop.survivors, []);
  assert.deepEqual(seen.changes, [`POST ${server.url}/api/runs/${run}/abort`]);
  assertQuiet(seen, server.url);
});

// marked lists the processes that carry a run's marker in their environment (Linux).
async function marked(run) {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const environs = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')));
  return pids.filter((_, i) => environs[i].split('\0').includes(`SPOOL_RUN=${run}`));
}

test('a run that somebody else ends says so', async (t) => {
  const { page, seen } = await openDemo(t, server.url);
  await send(page, 'silent');
  await reaches(page, 'running');
  await fetch(`${server.url}/api/runs/${await runOf(page)}/abort`, { method: 'POST' });
  const end = await ended(page);
  assert.equal(end.state, 'aborted');
  assert.match(end.error, /^ABORTED/);
  assert.match(end.what, /Somebody/);
  assertQuiet(seen, server.url);
});

const failures = { error: 'API_ERROR', crash: 'EXIT_NONZERO', silent: 'TIMEOUT_WALL', slow: 'TIMEOUT_WALL' };

describe('what takes some time', { concurrency: true }, () => {
  test('every scripted word ends as it says', async (t) => {
    const { words } = await server.health();
    const short = words.map(({ word }) => word).filter((word) => failures[word] !== 'TIMEOUT_WALL');
    await Promise.all(short.map((word) => pressWord(t, server, word, failures[word] ? 'failed' : 'succeeded')));
  });

  test('a run is warned of its deadline, and times out', async (t) => {
    const hasty = await startServer(t, '--demo', '--run-timeout=12s', '--stop-grace=500ms');
    const warned = (page) => Promise.all([ // at once: it does not stand there for long
      page.locator('#state', { hasText: 'nearly over' }).waitFor(),
      page.locator('#deadline', { hasText: /about to stop this run: .* in [012] seconds?\./ }).waitFor(),
    ]);
    await Promise.all(['slow', 'silent'].map((word) => pressWord(t, hasty, word, 'timed_out', warned)));
  });

  test('a run that must wait shows its place, then runs; one without a place is told to come back', async (t) => {
    const small = await startServer(t, '--demo', '--max-runs=1', '--max-queue=1');
    const [first, second, third] = await Promise.all([1, 2, 3].map(() => openDemo(t, small.url)));
    await send(first.page, 'silent');
    await reaches(first.page, 'running');
    await send(second.page, 'hello');
    await reaches(second.page, 'queued');
    assert.match(await second.page.locator('#state').textContent(), /place 1/);
    await send(third.page, 'hello');
    const end = await ended(third.page);
    assert.equal(end.state, 'refused');
    assert.match(end.title, /1013/);
    assert.match(end.error, /^OVERLOADED/);
    assert.match(end.todo, /Wait/);
    await first.page.locator('#cancel').click();
    assert.equal((await ended(second.page)).state, 'succeeded');
  });

  test('a cancelled run gives its place in the queue up', async (t) => {
    const small = await startServer(t, '--demo', '--max-runs=1');
    const [first, second] = await Promise.all([1, 2].map(() => openDemo(t, small.url)));
    await send(first.page, 'silent');
    await reaches(first.page, 'running');
    await send(second.page, 'hello');
    await reaches(second.page, 'queued');
    await second.page.locator('#cancel').click();
    assert.equal((await ended(second.page)).state, 'aborted');
    assert.equal((await small.health()).runs.queued, 0);
    await first.page.locator('#cancel').click();
    assert.equal((await ended(first.page)).state, 'aborted');
  });
});

async function pressWord(t, on, word, state, meanwhile = async () => {}) {
  const { page, seen } = await openDemo(t, on.url);
  await page.locator('#words button').filter({ has: page.getByText(word, { exact: true }) }).click();
  await press(page);
  await meanwhile(page);
  const end = await ended(page);
  assert.equal(end.state, state, `${word}: ${end.error}`);
  assert.match(end.title, failures[word] ? /1011/ : /1000/, word);
  assert.ok(end.error.startsWith(failures[word] ?? ''), `${word}: ${end.error}`);
  if (failures[word]) assert.ok(end.todo.length > 10, `${word} says what to do`);
  assert.equal(await page.locator('#deadline').isVisible(), false);
  assertQuiet(seen, on.url);
}

test('lines on stderr are shown apart from the answer', async (t) => {
  const { page } = await openDemo(t, server.url);
  assert.equal(await page.locator('#stderr').isVisible(), false);
  await send(page, 'stderr');
  assert.equal((await ended(page)).state, 'succeeded');
  await page.locator('#stderr summary').click();
  await page.locator('#stderr-list li').first().waitFor();
});

test('a second click on Send is no second run, another prompt is', async (t) => {
  const { page, seen } = await openDemo(t, server.url);
  await page.locator('#prompt').fill('silent');
  await page.locator('#send').dblclick();
  const first = await runOf(page);
  await send(page, 'hello');
  assert.equal((await ended(page)).state, 'succeeded');
  assert.equal(seen.sockets.length, 2);
  assert.notEqual(await runOf(page), first);
  assert.equal((await recordOf(server, first)).state, 'running', 'the run that is not shown goes on');
  await fetch(`${server.url}/api/runs/${first}/abort`, { method: 'POST' });
  assertQuiet(seen, server.url);
});

test('a server that stops, and one that is gone, are told apart', async (t) => {
  const other = await startServer(t, '--demo', '--drain-grace=100ms', '--stop-grace=200ms');
  const { page, seen } = await openDemo(t, other.url);
  await send(page, 'silent');
  await reaches(page, 'running');
  other.signal('SIGTERM');
  const stopped = await ended(page);
  assert.equal(stopped.state, 'interrupted');
  assert.match(stopped.title, /1001/);
  assert.match(stopped.error, /^DRAINING/);
  await other.exited;
  await press(page);
  const gone = await ended(page);
  assert.equal(gone.state, 'refused');
  assert.match(gone.what, /No connection could be made/);
  await page.locator('#server-text', { hasText: 'does not answer' }).waitFor();
  assertHarmless(seen, other.url);
});

test('without the CLI the page says what is wrong and what to do', async (t) => {
  const bare = await startServer(t, '--claude=/nonexistent/claude');
  const { page, seen } = await openDemo(t, bare.url);
  const { cli } = await bare.health();
  assert.equal(cli.found, false);
  assert.equal(await page.locator('#notice-title').textContent(), cli.problem);
  assert.equal(await page.locator('#notice-text').textContent(), cli.hint);
  await send(page, 'hello');
  const end = await ended(page);
  assert.equal(end.state, 'failed');
  assert.match(end.error, /^SPAWN_FAILED/);
  assertQuiet(seen, bare.url);
});
