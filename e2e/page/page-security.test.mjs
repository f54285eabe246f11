// The page towards other pages: headers, frames, its own address, foreign origins.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { assertQuiet, ended, launch, newPage, openDemo, send } from './browser.mjs';
import { startServer } from './server.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const POLICY = ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self'",
  "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"];

test('W2: the policy is strict on everything that the page is made of', async (t) => {
  const server = await startServer(t, '--demo');
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

// foreignPage serves HTML on another loopback port, which is another origin.
async function foreignPage(t, html) {
  const server = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(html));
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}/`;
}

test('W2: in a frame the page shows nothing', async (t) => {
  const server = await startServer(t, '--demo');
  const { page, seen } = await newPage(t);
  await page.goto(await foreignPage(t, `<iframe src="${server.url}/"></iframe>`));
  const frame = page.frames().find((f) => f.parentFrame() !== null);
  assert.equal(await frame.locator('#form').count(), 0);
  assert.match(seen.problems.join('\n'), /frame-ancestors/);
});

test('a page of another origin cannot open the socket or read the health', async (t) => {
  const server = await startServer(t, '--demo');
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
  const server = await startServer(t, '--demo');
  const lure = 'token=secret&gatewayUrl=ws://127.0.0.1:9/ws&url=ws://127.0.0.1:9/&prompt=evil&meta=EVIL&partial=1';
  const { page, seen } = await openDemo(t, `${server.url}/?${lure}#${lure}`);
  assert.equal(await page.locator('#prompt').inputValue(), '');
  assert.equal(await page.locator('#meta').inputValue(), 'TASK-123');
  assert.equal(await page.locator('#partial').isChecked(), false);
  assert.equal(seen.sockets.length, 0, 'it connects to nothing by itself');
  await send(page, 'hello');
  assert.equal((await ended(page)).state, 'succeeded');
  assert.deepEqual(seen.sockets, [server.ws]);
  assert.deepEqual(seen.requests.slice(1).filter((url) => url.includes('secret')), []);
  assert.doesNotMatch(await page.locator('body').innerText(), /secret|9\/ws/);
  assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]), [0, 0, '']);
  assertQuiet(seen, server.url);
});
