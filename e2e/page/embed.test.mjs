// The chat page elsewhere: in a frame of another page, and at the end of an SSH tunnel.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { launch, newPage } from './browser.mjs';
import { assertChatQuiet, ends, openChat, say } from './chat.mjs';
import { foreignPage, tunnel } from './elsewhere.mjs';
import { repository, startServer } from './server.mjs';

const browser = await launch();
after(() => browser.close());

// embedding serves the example of a page with a frame, for this server.
async function embedding(t, url) {
  const html = await readFile(join(repository, 'demo/embed.html'), 'utf8');
  return foreignPage(t, html.replace('http://127.0.0.1:3000/webchat/', `${url}/webchat/`));
}

const frameOf = (page) => page.frames().find((frame) => frame.parentFrame() !== null);

test('W2: by default no page may show the chat page in a frame', async (t) => {
  const server = await startServer(t, '--demo');
  for (const path of ['/', '/webchat/', '/demo']) {
    const { headers } = await fetch(server.url + path);
    assert.match(headers.get('content-security-policy'), /frame-ancestors 'none'/);
    assert.equal(headers.get('x-frame-options'), 'DENY');
  }
  const { page, seen } = await newPage(t);
  await page.goto(await embedding(t, server.url));
  assert.equal(await frameOf(page).locator('.composer').count(), 0);
  assert.match(seen.problems.join('\n'), /frame-ancestors/);
});

test('W2: with --allow-embed the chat works in a frame of that origin, and of no other', async (t) => {
  const address = await foreignPage(t, ''); // its origin must be known before the server starts
  const server = await startServer(t, '--demo', `--allow-embed=${new URL(address).origin}`, '--allow-embed=https://app.example');
  const first = await fetch(`${server.url}/webchat/`);
  const again = await fetch(`${server.url}/webchat/`, { headers: { 'If-None-Match': first.headers.get('etag') } });
  assert.equal(again.status, 304);
  for (const { headers } of [first, again]) { // a browser keeps the headers of the latest
    assert.match(headers.get('content-security-policy'), new RegExp(`frame-ancestors ${new URL(address).origin} https://app.example;`));
    assert.equal(headers.get('x-frame-options'), null);
  }
  assert.equal((await fetch(`${server.url}/api/health`)).headers.get('x-frame-options'), 'DENY', 'only pages are shown');

  const { page } = await newPage(t);
  await page.goto(address);
  await page.evaluate((src) => { document.body.append(Object.assign(document.createElement('iframe'), { src })); }, `${server.url}/webchat/`);
  const frame = page.frameLocator('iframe');
  await frame.locator('.composer textarea').fill('hello from a frame');
  await frame.locator('.composer textarea').press('Enter');
  await frame.locator('.message.assistant[data-status="succeeded"]').waitFor();
  await page.evaluate(() => { const frame = document.querySelector('iframe'); frame.src += ''; });
  await frame.locator('.composer textarea').waitFor();
  assert.equal(await page.evaluate(() => { try { return document.querySelector('iframe').contentDocument; } catch { return null; } }), null);

  const other = await newPage(t);
  await other.page.goto(await embedding(t, server.url));
  assert.equal(await frameOf(other.page).locator('.composer').count(), 0);
  assert.match(other.seen.problems.join('\n'), /frame-ancestors/);
});

test('the chat page works at the end of an SSH tunnel, on another port', async (t) => {
  const server = await startServer(t, '--demo');
  const far = await tunnel(t, server.url);
  const { baseUrl, token, initialMessages } = await (await fetch(`${far}/webchat/info`)).json();
  assert.equal(baseUrl, `${far}/webchat/`);
  assert.deepEqual(initialMessages, []);
  const { page, seen } = await openChat(t, baseUrl);
  await say(page, 'hello through a tunnel');
  await ends(page);
  const reply = await page.evaluate(async (key) => {
    const answer = await fetch('/webchat/rpc', { method: 'POST', headers: { 'X-Webchat-Token': key }, body: JSON.stringify({ text: 'hello', session: 'main' }) });
    return answer.json();
  }, token);
  assert.equal(reply.ok, true);
  assert.match(reply.payloads[0].text, /stand-in agent/);
  assertChatQuiet(seen, far);

  const here = await newPage(t);
  await here.page.goto(`${server.url}/api/openapi.json`); // a page of the server's own, at its own port
  const outcome = await here.page.evaluate((url) => fetch(url).then(() => 'read', () => 'refused'), `${far}/webchat/info`);
  assert.equal(outcome, 'refused', 'at this end of the tunnel that is another program\'s page');
});
