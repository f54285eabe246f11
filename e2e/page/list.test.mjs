// The list of runs: what it shows, how it is kept up to date, and what a click does.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { assertHarmless, assertQuiet, demoOf, ended, launch, newPage, openDemo, openRaw, reaches, runOf, send } from './browser.mjs';
import { assistant, fakeCLI, init, result } from './fake-cli.mjs';
import { linesOf, recordOf, startServer, submit, until } from './server.mjs';

const browser = await launch();
after(() => browser.close());
const server = await startServer({ after }, '--demo');

const entry = (page, run) => page.locator(`.entry[href="#${run}"]`);
const prompts = (page) => page.locator('.entry-prompt').allTextContents();

// They wait for the list to ask again: that can be done together.
describe('the list of runs', { concurrency: true }, () => {
  test('an empty list says so, and the first run appears', async (t) => {
    const empty = await startServer(t, '--demo');
    const { page, seen } = await openDemo(t, empty.url);
    await page.locator('#recent-note', { hasText: 'No runs yet' }).waitFor();
    await send(page, 'hello', { meta: 'FIRST-1' });
    await page.locator('.entry[aria-current][data-state="succeeded"]').waitFor();
    assert.equal(await page.locator('#recent-note').textContent(), '');
    assert.match(await page.locator('.entry').textContent(), /^hello Succeeded FIRST-1 \d+ s ago · \d+\.\d s( · \$[\d.]+)?\s*$/);
    assertQuiet(seen, empty.url);
  });

  test('a click attaches to a live run, and to one that has ended; Back goes back', async (t) => {
    const ran = await submit(server, 'hello from a script', { meta: 'ENDED-1', wait: true });
    const live = await submit(server, 'silent', { meta: 'LIVE-1' });
    const { page, seen } = await openDemo(t, server.url);
    await entry(page, live.run).click();
    await reaches(page, 'running');
    await entry(page, ran.run).click();
    assert.equal((await ended(page)).state, 'succeeded');
    assert.equal(await page.locator('#asked').textContent(), 'hello from a script');
    assert.deepEqual(await openRaw(page, 3), await linesOf(server, ran.run));
    assert.equal(await entry(page, ran.run).getAttribute('aria-current'), 'true');
    await page.goBack();
    await reaches(page, 'running');
    assert.equal(await runOf(page), live.run);
    await page.locator('#cancel').click();
    assert.equal((await ended(page)).state, 'aborted');
    await entry(page, live.run).locator('.entry-state', { hasText: 'Aborted' }).waitFor();
    await page.goBack();
    await reaches(page, 'idle');
    assert.equal((await recordOf(server, live.run)).state, 'aborted');
    assertQuiet(seen, server.url);
  });

  test('who watches a run that was not detached is told what that means', async (t) => {
    const socket = new WebSocket(server.ws);
    t.after(() => socket.close());
    const run = await new Promise((resolve) => {
      socket.onmessage = ({ data }) => {
        const frame = JSON.parse(data);
        if (frame.run) resolve(frame.run);
        else if (frame.info) socket.send('{"prompt":"silent","meta":"A"}');
      };
    });
    const { page, seen } = await openDemo(t, `${server.url}/#${run}`);
    await page.locator('#hint-text', { hasText: 'when nobody watches' }).waitFor();
    socket.close(); // from now on the page is the only one
    await new Promise((resolve) => { socket.onclose = resolve; });
    for (let sockets = 2; sockets < 5; sockets++) {
      await page.evaluate(() => dispatchEvent(new Event('online'))); // it makes sure of its connection
      await until(() => seen.sockets.length === sockets, 'another socket');
    }
    await page.locator('#cancel').click();
    assert.match((await ended(page)).what, /You cancelled/);
    assert.equal((await recordOf(server, run)).error, 'the run was aborted');
  });

  test('states, errors, task ids and filters', async (t) => {
    await Promise.all(['error', 'crash', 'hello one', 'hello two'].map((prompt, i) => submit(server, prompt, { meta: `FILTER-${i % 2}`, wait: true })));
    const { page, seen } = await openDemo(t, server.url);
    await page.locator('.entry-error', { hasText: /^API_ERROR: / }).first().waitFor();
    await page.locator('#filter-meta').fill('FILTER-1');
    await page.waitForFunction(() => document.querySelectorAll('.entry').length === 2);
    assert.deepEqual((await prompts(page)).sort(), ['crash', 'hello two']);
    await page.locator('#filter-state').selectOption('failed');
    await page.waitForFunction(() => document.querySelectorAll('.entry').length === 1);
    assert.deepEqual(await prompts(page), ['crash']);
    await page.locator('#filter-meta').fill('no such task');
    await page.locator('#recent-note', { hasText: 'No run is like that' }).waitFor();
    assert.equal(await page.locator('#filter-meta').getAttribute('aria-invalid'), 'true');
    assertQuiet(seen, server.url);
  });

  test('the list asks now and then, and not at all while nobody can see it', async (t) => {
    const quiet = await startServer(t, '--demo');
    const { page, seen } = await newPage(t, { viewport: { width: 360, height: 800 } });
    await page.goto(demoOf(quiet.url));
    await send(page, 'hello');
    await ended(page);
    const asked = () => seen.requests.filter((url) => url.includes('/api/runs?'));
    assert.deepEqual(asked(), [], 'it is folded on a phone');
    const began = Date.now();
    await page.locator('#recent > summary').click();
    await page.locator('.entry').waitFor();
    await submit(quiet, 'silent');
    for (let i = 0; i < 4; i++) { // each run of this page is an event
      await send(page, 'error');
      await ended(page);
    }
    await page.waitForFunction(() => document.querySelectorAll('.entry').length === 6);
    await page.locator('.entry[data-state="running"]').waitFor();
    await page.locator('#recent > summary').click();
    const [seconds, count] = [(Date.now() - began) / 1000, asked().length];
    assert.ok(count <= 1 + Math.ceil(seconds / 3), `${count} requests in ${seconds} s`);
  });

  test('many runs: a page at a time, the newest first, and news while older ones are shown', async (t) => {
    const cli = await fakeCLI(t, { fine: { lines: [init, assistant({ type: 'text', text: 'fine' }), result('fine')] } });
    const busy = await startServer(t, `--claude=${cli}`);
    const all = [];
    for (let i = 0; i < 45; i++) all.unshift((await submit(busy, `failure number ${i}`)).run);
    await until(async () => (await busy.health()).runs.running === 0, 'all have ended');
    const { page, seen } = await openDemo(t, busy.url);
    const shown = async (count) => {
      await page.waitForFunction((n) => document.querySelectorAll('.entry').length === n, count);
      return (await page.locator('.entry').evaluateAll((links) => links.map((link) => link.hash.slice(1))));
    };
    assert.deepEqual(await shown(20), all.slice(0, 20));
    assert.match(await page.locator('.entry').first().textContent(), /\$0\.2500/);
    await page.locator('#more').click();
    assert.deepEqual(await shown(40), all.slice(0, 40));
    await page.locator('.entry').nth(30).focus();
    const { run } = await submit(busy, 'fine', { wait: true });
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange'))); // else it may take 20 s
    assert.deepEqual(await shown(41), [run, ...all.slice(0, 40)]);
    assert.equal(await page.evaluate(() => document.activeElement.hash.slice(1)), all[30], 'the keyboard stays where it was');
    await page.locator('#more').click();
    assert.deepEqual(await shown(46), [run, ...all]);
    assert.equal(await page.locator('#more').isVisible(), false);
    assertQuiet(seen, busy.url);
  });

  test('output that is no longer kept: what the record knows is shown', async (t) => {
    const frugal = await startServer(t, '--demo', '--retain=0s');
    const [{ run }, failed] = await Promise.all(['hello of old', 'error'].map((prompt) => submit(frugal, prompt, { meta: 'OLD-1', wait: true })));
    await until(async () => (await recordOf(frugal, run)).outputGone && (await recordOf(frugal, failed.run)).outputGone, 'the output is gone');
    const { page, seen } = await openDemo(t, frugal.url);
    await entry(page, run).click();
    const end = await ended(page);
    assert.equal(end.state, 'succeeded');
    assert.match(end.title, /no longer kept/);
    assert.match(end.todo, /--retain/);
    const { result: text } = await recordOf(frugal, run);
    assert.match(text, /hello of old/);
    assert.equal(await page.locator('#output .text').textContent(), text);
    assert.match(await page.locator('.result').textContent(), /tokens? in/);
    await entry(page, failed.run).click();
    await page.locator('#outcome-error', { hasText: /^API_ERROR/ }).waitFor();
    assert.equal(await page.locator('#state').getAttribute('data-state'), 'failed');
    await send(page, 'hello again'); // who watches sees all of it
    assert.equal((await ended(page)).title, 'Succeeded: close code 1000, done');
    assertHarmless(seen, frugal.url);
  });
});
