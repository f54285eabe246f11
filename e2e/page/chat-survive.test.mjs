// Reloads, networks and servers that go away: the page comes back by itself to where it was, and
// nothing is lost or there twice.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { launch } from './browser.mjs';
import { assertChatHarmless, assertChatQuiet, assertSame, ends, idOf, messagesOf, openChat, say, state, words } from './chat.mjs';
import { startProxy } from './proxy.mjs';
import { startServer, tempDir } from './server.mjs';

const browser = await launch();
after(() => browser.close());

// throughProxy starts a server behind a network that a test can cut.
async function throughProxy(t) {
  const proxy = await startProxy(t);
  const server = await startServer(t, '--demo', proxy.allow);
  proxy.to = Number(new URL(server.url).port);
  return { proxy, server };
}

// Most of the time they wait for a slow answer: that can be done together.
describe('whatever happens', { concurrency: 6 }, () => {
  test('a reload in the middle of an answer', async (t) => {
    const server = await startServer(t, '--demo');
    const { page, seen } = await openChat(t, server.url);
    await say(page, 'long');
    for (const n of [5, 60, 120]) {
      await words(page, n);
      await page.reload();
    }
    await ends(page);
    await assertSame(page, server);
    assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]), [0, 0, '']);
    assertChatQuiet(seen, server.url);
  });

  test('a server that is killed in the middle of an answer, and started again', async (t) => {
    const flags = ['--demo', `--data-dir=${join(await tempDir(t), 'data')}`];
    const server = await startServer(t, ...flags);
    const { page, seen } = await openChat(t, server.url);
    await say(page, 'hello');
    await ends(page);
    await say(page, 'slow');
    await words(page, 4, 2);
    server.signal('SIGKILL');
    assert.match(await state(page, 'reconnecting'), /the answer goes on/);
    await page.locator('.connection-bar', { hasText: 'nothing is lost' }).waitFor();
    await server.exited;
    const next = await startServer(t, ...flags, `--listen=${new URL(server.url).host}`);
    await state(page, 'running');
    await page.locator('.connection-bar').waitFor({ state: 'hidden' });
    await ends(page, 2);
    await assertSame(page, next);
    await say(page, 'history');
    assert.match(await (await ends(page, 3)).textContent(), /hello.*slow/s);
    assertChatHarmless(seen, server.url);
  });

  test('a browser that was offline, and a connection that died without a word', async (t) => {
    const { proxy, server } = await throughProxy(t);
    const { page, seen } = await openChat(t, proxy.url);
    await say(page, 'slow');
    await words(page, 3);
    const port = proxy.to;
    proxy.to = 1; // where nobody listens: a browser that is offline may try nevertheless
    proxy.cut();
    await state(page, 'reconnecting'); // before it is offline: then it may not be told of the end of a connection
    await page.context().setOffline(true);
    proxy.to = port;
    await page.context().setOffline(false); // which wakes the page
    await state(page, 'running');
    await words(page, 8);
    proxy.cut();
    await words(page, 14);
    await ends(page);
    await assertSame(page, server);
    assertChatHarmless(seen, proxy.url);
  });

  test('a connection of which nothing is heard any more, as after a sleep, is noticed and given up', async (t) => {
    const { proxy, server } = await throughProxy(t);
    const { page, seen } = await openChat(t, proxy.url);
    await say(page, 'slow');
    await words(page, 3);
    proxy.stall();
    await page.context().setOffline(true); // the page asks whether the server is still there
    await state(page, 'reconnecting');
    await page.context().setOffline(false);
    await words(page, 8);
    await ends(page);
    await assertSame(page, server);
    assertChatHarmless(seen, proxy.url);
  });

  test('a message that is sent while the server is away arrives once, over a reload too', async (t) => {
    const { proxy, server } = await throughProxy(t);
    const { page, seen } = await openChat(t, proxy.url);
    await say(page, 'first');
    await ends(page);
    const id = await idOf(page);
    proxy.deaf = true; // what is sent now goes nowhere
    await say(page, 'second');
    await page.locator('.message-foot', { hasText: 'Sending' }).waitFor();
    proxy.deaf = false;
    await page.reload();
    await ends(page, 2);
    await assertSame(page, server);
    await page.reload();
    await ends(page, 2);
    assert.deepEqual((await messagesOf(server, id)).filter(({ role }) => role === 'user').map(({ content }) => content), ['first', 'second']);
    assert.equal(await page.evaluate(() => sessionStorage.length), 0, 'nothing is kept that has arrived');
    assertChatHarmless(seen, proxy.url);
  });

  test('what is being written stays with its tab', async (t) => {
    const server = await startServer(t, '--demo');
    const { page, seen } = await openChat(t, server.url);
    await page.locator('.composer textarea').fill('half a tho');
    await page.reload();
    assert.equal(await page.locator('.composer textarea').inputValue(), 'half a tho');
    await say(page, 'hello');
    await ends(page);
    await page.goto(`${server.url}/`);
    assert.equal(await page.locator('.composer textarea').inputValue(), '');
    await page.goBack();
    await ends(page);
    assertChatQuiet(seen, server.url);
  });

  test('an answer that the end of its server has interrupted says so', async (t) => {
    const flags = ['--demo', '--on-restart=stop', '--stop-grace=500ms', `--data-dir=${join(await tempDir(t), 'data')}`];
    const server = await startServer(t, ...flags);
    const { page } = await openChat(t, server.url);
    await say(page, 'slow');
    await words(page, 2);
    server.signal('SIGKILL');
    await server.exited;
    await startServer(t, ...flags, `--listen=${new URL(server.url).host}`);
    assert.match(await (await ends(page, 1, 'interrupted')).locator('.outcome').textContent(), /^Interrupted\..*Nothing was started again by itself/);
    await page.locator('[data-action="again"]').waitFor();
  });
});
