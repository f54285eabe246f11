// W2 and W4 on the chat page: its headers, frames around it, and its own address.

import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { launch, newPage } from './browser.mjs';
import { api, assertChatQuiet, ends, idOf, openChat, say } from './chat.mjs';
import { repository, startServer } from './server.mjs';

const browser = await launch();
after(() => browser.close());
const server = await startServer({ after }, '--demo');

const POLICY = ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self'",
  "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"];

const assets = (await readdir(join(repository, 'web/dist/assets'))).map((name) => `/assets/${name}`);
const pages = ['/', '/index.html', '/webchat', '/webchat/'];

test('W2: the policy is strict on everything that the chat page is made of', async () => {
  for (const path of [...pages, '/bundle.js', '/styles.css', '/icon.svg', '/assets/nothing.js', ...assets]) {
    const { headers } = await fetch(server.url + path);
    const policy = (headers.get('content-security-policy') ?? '').split(';').map((part) => part.trim()).filter(Boolean);
    assert.deepEqual(policy.sort(), [...POLICY].sort(), path);
    for (const [name, value] of [['x-content-type-options', 'nosniff'], ['referrer-policy', 'no-referrer'], ['cross-origin-opener-policy', 'same-origin'], ['access-control-allow-origin', null]]) {
      assert.equal(headers.get(name), value, path);
    }
  }
});

test('W2: nothing is inline, and nothing comes from elsewhere', async () => {
  for (const path of pages) {
    const html = await (await fetch(server.url + path)).text();
    assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)|<style|\sstyle\s*=|\son[a-z]+\s*=|(?:src|href)="(?!\/[a-z])/i, path);
  }
  assert.doesNotMatch(await (await fetch(`${server.url}/styles.css`)).text(), /@import|url\((?!["']?\/icon\.svg)/);
});

test('W2: in a frame the chat page shows nothing', async (t) => {
  const outside = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(`<iframe src="${server.url}/"></iframe>`));
  await new Promise((resolve) => { outside.listen(0, '127.0.0.1', resolve); });
  t.after(() => outside.close());
  const { page, seen } = await newPage(t);
  await page.goto(`http://127.0.0.1:${outside.address().port}/`);
  const frame = page.frames().find((f) => f.parentFrame() !== null);
  assert.equal(await frame.locator('.app').count(), 0);
  assert.match(seen.problems.join('\n'), /frame-ancestors/);
});

test('W4: nothing in the address but the id of a conversation changes anything', async (t) => {
  const lure = 'token=secret&gatewayUrl=ws://127.0.0.1:9/ws&url=ws://127.0.0.1:9/&prompt=evil&model=evil&session=evil';
  const { page, seen } = await openChat(t, `${server.url}/?${lure}#${lure}`);
  assert.equal(await page.locator('.composer textarea').inputValue(), '');
  await say(page, 'hello');
  await ends(page);
  const id = await idOf(page);
  assert.deepEqual(new Set(seen.sockets), new Set([`${server.url.replace('http', 'ws')}/ws`]));
  assert.deepEqual(seen.requests.slice(1).filter((url) => url.includes('secret')), []);
  assert.doesNotMatch(await page.locator('body').innerText(), /secret|:9\/ws|evil/);
  assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]), [0, 0, '']);
  const others = [`${id}x`, id.slice(0, -1), `x${id}`, id.toUpperCase(), `${id}?from=9`, `${id}/delete`, `../${id}`, id.replace('conv-', 'conv%2d'), `${id}%00`, `${id}\u200b`,
    `chat=${id}`, 'javascript:alert(1)', '//evil.example/', '<img src=x onerror=alert(1)>', 'overview?x', 'Overview'];
  for (const hash of others) {
    await page.evaluate((to) => new Promise((changed) => { addEventListener('hashchange', changed, { once: true }); location.hash = to; }), hash);
    await page.locator('h1', { hasText: 'New conversation' }).waitFor();
    assert.equal(await page.locator('.message').count(), 0, hash);
  }
  assert.deepEqual((await api(server, 'GET', '/api/chats')).chats.map((chat) => chat.id), [id], 'looking makes and changes nothing');
  assertChatQuiet(seen, server.url);
});
