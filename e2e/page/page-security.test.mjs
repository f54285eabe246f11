// The page towards other pages: headers, frames, its own address, foreign origins.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { WebSocket } from 'ws';
import { assertHarmless, assertQuiet, ended, healthKnown, launch, newPage, openDemo, runOf, send } from './browser.mjs';
import { foreignPage } from './elsewhere.mjs';
import { startServer, submit } from './server.mjs';

const browser = await launch();
after(() => browser.close());
const server = await startServer({ after }, '--demo');

const POLICY = ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self'",
  "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"];

test('W2: the policy is strict on everything that the page is made of', async (t) => {
  for (const path of ['/', '/demo', '/ws-demo.js', '/ws-demo.css', '/api/health', '/nothing']) {
    const { headers } = await fetch(server.url + path);
    const policy = (headers.get('content-security-policy') ?? '').split(';').map((part) => part.trim()).filter(Boolean);
    assert.deepEqual(policy.sort(), [...POLICY].sort(), path);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
    assert.equal(headers.get('referrer-policy'), 'no-referrer', path);
    assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin', path);
    assert.equal(headers.get('access-control-allow-origin'), null, path);
  }
});

test('W2: in a frame the page shows nothing', async (t) => {
  const { page, seen } = await newPage(t);
  await page.goto(await foreignPage(t, `<iframe src="${server.url}/demo"></iframe>`));
  const frame = page.frames().find((f) => f.parentFrame() !== null);
  assert.equal(await frame.locator('#form').count(), 0);
  assert.match(seen.problems.join('\n'), /frame-ancestors/);
});

test('a page of another origin cannot open the socket or read the health', async (t) => {
  const { page } = await newPage(t);
  await page.goto(await foreignPage(t, '<p>elsewhere</p>'));
  const outcome = await page.evaluate(async ([ws, health]) => {
    const socket = new WebSocket(ws);
    const opened = await new Promise((resolve) => {
      socket.onopen = () => resolve('open');
      socket.onclose = ({ code }) => resolve(code);
    });
    return { opened, health: await fetch(health).then(() => 'read', () => 'refused') };
  }, [server.ws, `${server.url}/api/health`]);
  assert.deepEqual(outcome, { opened: 1006, health: 'refused' });
  assert.equal(await upgradeStatus(server.ws, 'http://evil.example'), 403);
});

function upgradeStatus(url, origin) {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { origin });
    socket.on('error', () => {});
    socket.on('open', () => resolve(101));
    socket.on('unexpected-response', (request, response) => {
      resolve(response.statusCode);
      request.destroy();
    });
  });
}

test('W4: nothing in the page\'s address changes anything', async (t) => {
  const lure = 'token=secret&gatewayUrl=ws://127.0.0.1:9/ws&url=ws://127.0.0.1:9/&prompt=evil&meta=EVIL&partial=1';
  const { page, seen } = await openDemo(t, `${server.url}/?${lure}#${lure}`);
  assert.equal(await page.locator('#prompt').inputValue(), '');
  assert.equal(await page.locator('#meta').inputValue(), 'TASK-123');
  assert.equal(await page.locator('#partial').isChecked(), false);
  assert.equal(seen.sockets.length, 0, 'it connects to nothing by itself');
  await send(page, 'hello');
  assert.equal((await ended(page)).state, 'succeeded');
  assert.deepEqual(seen.sockets, [server.ws]);
  assert.equal(await page.evaluate(() => location.search + location.hash), `?${lure}#${await runOf(page)}`);
  assert.deepEqual(seen.requests.slice(1).filter((url) => url.includes('secret')), []);
  assert.doesNotMatch(await page.locator('body').innerText(), /secret|:9\/ws/);
  assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]), [0, 0, '']);
  assertQuiet(seen, server.url);
});

test('W4: what follows the # shows a run if it is the id of one, and nothing else', async (t) => {
  const { run } = await submit(server, 'hello', { wait: true });
  const { page, seen } = await newPage(t);
  const others = [`${run}x`, `${run.slice(0, -1)}`, `x${run}`, run.toUpperCase(), `${run}?from=9`, `${run}/abort`, `/${run}`, `../${run}`,
    run.replace('run_', 'run%5f'), `${run}%00`, `${run}\u200b`, `run=${run}`, `!/${run}`, 'javascript:alert(1)', '//evil.example/', '<img src=x onerror=alert(1)>', 'prompt'];
  for (const hash of others.slice(0, 3)) {
    await page.goto('about:blank');
    await page.goto(`${server.url}/demo#${hash}`);
    await healthKnown(page);
    assert.equal(await page.locator('#state').textContent(), 'No run yet', hash);
  }
  for (const hash of others) { // while the page is open
    await page.evaluate((to) => new Promise((changed) => { onhashchange = changed; location.hash = to; }), hash);
    assert.equal(await page.locator('#state').textContent(), 'No run yet', hash);
  }
  assert.deepEqual(seen.sockets, []);
  assert.deepEqual(seen.requests.filter((url) => url.includes('/api/') && !/\/api\/(health|runs\?limit=\d+&meta=&state=)$/.test(url)), []);
  await page.evaluate((hash) => { location.hash = hash; }, run);
  assert.equal((await ended(page)).state, 'succeeded');
  assert.deepEqual(seen.sockets, [`${server.url.replace('http', 'ws')}/ws/runs/${run}?from=0`]);
  assert.deepEqual(seen.changes, [], 'looking changes nothing');
  assertQuiet(seen, server.url);
});

test('W4: an id that nobody knows is only asked for', async (t) => {
  const nobodys = `run_${'z'.repeat(26)}`;
  const { page, seen } = await newPage(t);
  await page.goto(`${server.url}/demo#${nobodys}`);
  const end = await ended(page);
  assert.equal(end.state, 'missing');
  assert.match(end.what, /does not know/);
  assert.deepEqual([seen.sockets, seen.changes], [[], []]);
  assert.deepEqual(seen.requests.filter((url) => url.includes(nobodys) && !url.includes('#')), [`${server.url}/api/runs/${nobodys}`]);
  assertHarmless(seen, server.url);
});
