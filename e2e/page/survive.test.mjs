// A run is watched to its end, each line once, whatever happens to the page, the network and
// the server meanwhile.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { assertHarmless, assertQuiet, ended, launch, openDemo, openRaw, reaches, runOf, send } from './browser.mjs';
import { assistant, fakeCLI, init, result } from './fake-cli.mjs';
import { startProxy } from './proxy.mjs';
import { linesOf, recordOf, startServer, submit, tempDir, until } from './server.mjs';

const browser = await launch();
after(() => browser.close());

const many = Array.from({ length: 3_000 }, (_, i) => assistant({ type: 'text', text: `answer ${i} ${'x'.repeat(i % 97)}` }));
const loud = Array.from({ length: 20 }, (_, i) => `warning ${i}\n`).join('');
const scenarios = { many: { lines: [init, ...many, result('done')], stderr: loud } };

// assertExact proves that the page shows what the server has: each line once, in order.
async function assertExact(page, server, state = 'succeeded') {
  assert.equal((await ended(page)).state, state);
  const lines = await linesOf(server, await runOf(page));
  assert.deepEqual(await openRaw(page, lines.length), lines);
  const said = lines.map((line) => JSON.parse(line)).filter(({ type }) => type === 'assistant').map(({ message }) => message.content[0].text);
  assert.deepEqual(await page.locator('#output .text').allTextContents(), said);
}

const words = (page, n) => page.locator('#output .text').nth(n - 1).waitFor();

// collectLines runs in the page: it keeps what has ever been added to the answer, which keeps
// only the newest itself.
function collectLines() {
  globalThis.said = [];
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const node of addedNodes) if (node.className === 'text') globalThis.said.push(node.textContent);
  }).observe(document.getElementById('output'), { childList: true });
}

// Most of the time they wait for a slow answer: that can be done together.
describe('whatever happens', { concurrency: true }, () => {
  test('a reload in the middle shows everything again, and the rest', async (t) => {
    const server = await startServer(t, '--demo');
    const { page, seen } = await openDemo(t, server.url);
    await send(page, 'slow');
    await words(page, 5);
    assert.equal(await page.evaluate(() => location.hash), `#${await runOf(page)}`);
    for (const word of [7, 12]) {
      await page.reload();
      await reaches(page, 'running');
      await words(page, word);
      assert.equal(await page.locator('#asked').textContent(), 'slow');
    }
    await assertExact(page, server);
    assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]), [0, 0, '']);
    assertQuiet(seen, server.url);
  });

  test('two tabs show the same run, and one that leaves takes nothing with it', async (t) => {
    const server = await startServer(t, '--demo');
    const { page, seen } = await openDemo(t, server.url);
    await send(page, 'slow');
    await words(page, 3);
    const [second, third] = await Promise.all([openDemo(t, page.url()), openDemo(t, page.url())]);
    await words(third.page, 5);
    await third.page.close();
    await page.goto('about:blank'); // the one that started it
    await words(second.page, 12);
    await page.goBack();
    await Promise.all([assertExact(page, server), assertExact(second.page, server)]);
    assertQuiet(seen, server.url);
    assertQuiet(second.seen, server.url);
  });

  test('a server that was killed comes back, and so does the page', async (t) => {
    const proxy = await startProxy(t); // keeps the address while the server moves
    const flags = ['--demo', proxy.allow, `--data-dir=${join(await tempDir(t), 'data')}`];
    let server = await startServer(t, ...flags);
    proxy.to = Number(new URL(server.url).port);
    const { page, seen } = await openDemo(t, proxy.url);
    await send(page, 'slow');
    await words(page, 5);
    server.signal('SIGKILL');
    await reaches(page, 'reconnecting');
    assert.match(await page.locator('#hint-text').textContent(), /The run goes on/);
    await server.exited;
    server = await startServer(t, ...flags, `--listen=${new URL(server.url).host}`);
    await reaches(page, 'running');
    assert.equal(await page.locator('#hint').isVisible(), false);
    await assertExact(page, server);
    assertHarmless(seen, proxy.url);
  });

  test('a browser that was offline, and connections that died unnoticed', async (t) => {
    const proxy = await startProxy(t);
    const server = await startServer(t, '--demo', proxy.allow);
    proxy.to = Number(new URL(server.url).port);
    const { page } = await openDemo(t, proxy.url);
    await send(page, 'slow');
    await words(page, 3);
    await page.context().setOffline(true);
    proxy.cut(); // which a browser that is offline may notice or not
    await page.context().setOffline(false);
    await words(page, 8);
    proxy.stall();
    await page.evaluate(() => dispatchEvent(new Event('online'))); // as after a sleep
    await words(page, 20);
    await assertExact(page, server);
  });

  test('3,000 lines and 20 of stderr over a network that cuts all the time', async (t) => {
    const proxy = await startProxy(t);
    const server = await startServer(t, `--claude=${await fakeCLI(t, scenarios)}`, proxy.allow);
    proxy.to = Number(new URL(server.url).port);
    const { run } = await submit(server, 'many', { wait: true });
    const { page } = await openDemo(t, proxy.url);
    await page.evaluate(collectLines);
    proxy.budget = () => 1_000 + Math.floor(Math.random() * 40_000);
    await page.evaluate((id) => { location.hash = id; }, run);
    assert.equal((await ended(page)).state, 'succeeded');
    t.diagnostic(`${proxy.cuts} cuts`);
    assert.ok(proxy.cuts >= 10, `${proxy.cuts} cuts`);
    const said = await page.evaluate(() => globalThis.said);
    assert.deepEqual(said, many.map((line) => line.message.content[0].text));
    assert.equal(await page.locator('#stderr-count').textContent(), '20');
    assert.equal(await page.locator('#lines').textContent(), '3,002');
  });

  test('a run that is cancelled while the server is away ends when it is back', async (t) => {
    const flags = ['--demo', `--data-dir=${join(await tempDir(t), 'data')}`];
    const server = await startServer(t, ...flags);
    const { page } = await openDemo(t, server.url);
    await send(page, 'slow');
    await words(page, 2);
    const run = await runOf(page);
    server.signal('SIGKILL');
    await reaches(page, 'reconnecting');
    await page.locator('#cancel').click();
    await page.locator('#hint-text', { hasText: 'as soon as it answers' }).waitFor();
    await server.exited;
    const next = await startServer(t, ...flags, `--listen=${new URL(server.url).host}`);
    await page.locator('#retry').click({ timeout: 1_000 }).catch(() => {}); // it may be back by itself
    assert.equal((await ended(page)).state, 'aborted');
    await until(async () => (await recordOf(next, run)).state === 'aborted', 'the run was stopped');
  });

  test('a run that was killed with its server says so', async (t) => {
    const flags = ['--demo', '--on-restart=stop', '--stop-grace=500ms', `--data-dir=${join(await tempDir(t), 'data')}`];
    const server = await startServer(t, ...flags);
    const { page } = await openDemo(t, server.url);
    await send(page, 'slow');
    await words(page, 2);
    server.signal('SIGKILL');
    await server.exited;
    const next = await startServer(t, ...flags, `--listen=${new URL(server.url).host}`);
    await assertExact(page, next, 'interrupted');
    assert.match((await ended(page)).error, /^INTERRUPTED/);
  });

  test('a server that stays away: what to do is said; one that has never heard of the run is told apart', async (t) => {
    const server = await startServer(t, '--demo');
    const { page } = await openDemo(t, server.url);
    await send(page, 'slow');
    await words(page, 2);
    server.signal('SIGKILL');
    await page.locator('#hint-text', { hasText: 'Check that it is running' }).waitFor();
    await page.locator('#retry').waitFor();
    await server.exited;
    await startServer(t, '--demo', `--listen=${new URL(server.url).host}`);
    assert.equal((await ended(page)).state, 'missing');
  });

  test('a connection that is lost before the run has an id', async (t) => {
    const proxy = await startProxy(t);
    const server = await startServer(t, '--demo', proxy.allow);
    proxy.to = Number(new URL(server.url).port);
    const { page, seen } = await openDemo(t, proxy.url);
    proxy.deaf = true;
    await send(page, 'hello');
    await reaches(page, 'waiting');
    proxy.cut();
    const end = await ended(page);
    assert.equal(end.state, 'refused');
    assert.match(end.title, /1006/);
    assert.match(end.todo, /recent runs/);
    assertHarmless(seen, proxy.url);
  });

  test('stderr, whose lines have no numbers, is shown once, and so are lines that come twice', async (t) => {
    const server = await startServer(t, '--demo');
    const { run } = await submit(server, 'error', { wait: true });
    const { page, seen } = await openDemo(t, server.url);
    const connections = [['a', 'b'], ['a'], ['a', 'b', 'c']];
    await page.routeWebSocket('**/ws/runs/**', (socket) => {
      const texts = connections.shift();
      const frames = [{ t: 'info', info: 'run', run }, { t: 'line', n: 1, line: 'first' }, ...texts.map((text) => ({ t: 'stderr', text }))];
      if (connections.length === 0) frames.push({ t: 'line', n: 2, line: 'second' }, { t: 'line', n: 2, line: 'second' }, { t: 'end', state: 'succeeded' });
      for (const frame of frames) socket.send(JSON.stringify(frame));
      socket.close({ code: connections.length ? 1011 : 1000 });
    });
    await page.evaluate((id) => { location.hash = id; }, run);
    assert.equal((await ended(page)).state, 'succeeded');
    assert.deepEqual(await openRaw(page, 2), ['first', 'second']);
    await page.locator('#stderr').evaluate((stderr) => { stderr.open = true; });
    await page.locator('#stderr-list li').nth(2).waitFor();
    assert.deepEqual(await page.locator('#stderr-list li').allTextContents(), ['a', 'b', 'c']);
    assert.deepEqual(seen.problems, []);
  });
});
