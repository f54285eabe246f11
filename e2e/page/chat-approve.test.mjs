// Approvals: the whole input in sight, a choice, and one answer that counts.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { launch } from './browser.mjs';
import { answer, api, assertChatQuiet, ends, idOf, openChat, say, state } from './chat.mjs';
import { startServer } from './server.mjs';

const browser = await launch();
after(() => browser.close());
const server = await startServer({ after }, '--demo');

const request = (page, n = 1) => page.locator('.approval').nth(n - 1);
const press = (page, name, n = 1) => request(page, n).getByRole('button', { name }).click();

describe('approvals', { concurrency: 4 }, () => {
  test('all of a long input is in sight, and it can be allowed once', async (t) => {
    const command = `touch ${Array.from({ length: 120 }, (_, i) => `file-${i}-${'x'.repeat(i % 30)}`).join(' ')} && echo the-very-end`;
    const { page, seen } = await openChat(t, server.url);
    await say(page, `approve ${command}`);
    assert.match(await state(page, 'waiting'), /^Waiting for you: 1 request/);
    assert.match(await page.title(), /^\(!\) /);
    await page.locator('.item .badge', { hasText: 'waits for you' }).first().waitFor();
    const shown = request(page).locator('.input pre').first();
    assert.equal(await shown.textContent(), command);
    assert.ok(await shown.evaluate((pre) => pre.scrollHeight <= pre.clientHeight && pre.scrollWidth <= pre.clientWidth), 'nothing of it is cut or scrolled away');
    assert.match(await request(page).locator('.expiry').textContent(), /^is denied by itself in \d+:\d\d/);
    await press(page, 'Allow once');
    const text = await ends(page);
    assert.equal(await text.locator('.decided').getAttribute('data-state'), 'allowed');
    assert.match(await text.locator('.markdown').last().textContent(), /Allowed: the real agent would now have used Bash/);
    assertChatQuiet(seen, server.url);
  });

  test('what is allowed for good is not asked for again', async (t) => {
    const { page, seen } = await openChat(t, server.url);
    await say(page, 'approve touch mine');
    await press(page, 'Always allow Bash(touch mine *) in this conversation');
    await ends(page);
    await say(page, 'approve touch mine now');
    await ends(page, 2);
    assert.equal(await answer(page, 2).locator('.decided, .approval').count(), 0);
    await say(page, 'approve touch yours');
    await request(page).waitFor();
    await press(page, 'Switch to the mode acceptEdits in this conversation');
    await ends(page, 3);
    await say(page, 'approve touch theirs');
    await ends(page, 4);
    assertChatQuiet(seen, server.url);
  });

  test('a denial takes a word to the model, and two requests are answered each on its own', async (t) => {
    const { page, seen } = await openChat(t, server.url);
    await say(page, 'approve2 /a/first /b/second');
    await page.locator('.status', { hasText: 'Waiting for you: 2 requests' }).waitFor();
    await request(page, 2).getByLabel('What to tell the model').fill('Not that file, please');
    await press(page, 'Deny', 2);
    await page.locator('.decided', { hasText: 'Denied: Not that file, please' }).waitFor();
    assert.equal(await page.locator('.approval').count(), 1, 'the other one waits on');
    await press(page, 'Allow once');
    const text = await (await ends(page)).locator('.markdown').last().textContent();
    assert.match(text, /Not allowed: Read.*\/b\/second.*Not that file, please/s);
    assert.match(text, /Allowed: the real agent would now have used Read.*\/a\/first/s);
    assertChatQuiet(seen, server.url);
  });

  test('what would be hidden is shown by its number, before anything can be allowed', async (t) => {
    const hidden = 'rm \u202efdp.exe\u2066 \u200bfile\u0007 \u{e0041}';
    const { page, seen } = await openChat(t, server.url);
    let let_ = () => {};
    const wait = new Promise((resolve) => { let_ = resolve; });
    await page.route('**/api/approvals/*', async (route) => { await wait; await route.continue(); });
    await say(page, `approve ${hidden}`);
    await request(page).getByText('Loading what it is about').waitFor();
    assert.equal(await request(page).getByRole('button').count(), 0, 'nothing can be allowed unseen');
    let_();
    await request(page).getByRole('button', { name: 'Allow once' }).waitFor();
    assert.equal(await request(page).locator('.input pre').first().textContent(), 'rm \\u202efdp.exe\\u2066 \\u200bfile\\u0007 \\u{e0041}');
    assert.equal(await page.locator('.tool-summary').textContent(), 'rm \\u202efdp.exe\\u2066 \\u200bfile\\u0007 \\u{e0041}');
    assert.ok((await request(page).locator('.always-what').first().textContent()).includes('\\u202efdp.exe'));
    await press(page, 'Deny');
    await ends(page);
    assertChatQuiet(seen, server.url);
  });

  test('a request waits over a reload; what somebody else has answered is told', async (t) => {
    const { page, seen } = await openChat(t, server.url);
    await say(page, 'approve');
    await request(page).waitFor();
    await page.reload();
    await request(page).getByRole('button', { name: 'Allow once' }).waitFor();
    const second = await openChat(t, page.url());
    await request(second.page).getByRole('button', { name: 'Deny' }).waitFor();
    const [{ id }] = (await api(server, 'GET', `/api/approvals?chat=${await idOf(page)}`)).approvals;
    await page.route(`**/api/approvals/${id}`, async (route) => { // somebody else is faster
      if (route.request().method() === 'POST') await api(server, 'POST', `/api/approvals/${id}`, { allow: false, message: 'I was first' });
      await route.continue();
    });
    await press(page, 'Allow once');
    await Promise.all([page, second.page].map((tab) => tab.locator('.decided', { hasText: 'Denied: I was first' }).waitFor()));
    await Promise.all([ends(page), ends(second.page)]);
    assertChatQuiet(second.seen, server.url);
    assert.deepEqual(seen.dialogs, []);
  });

  test('a request that nobody answers is denied by itself', async (t) => {
    const hasty = await startServer(t, '--demo', '--approval-timeout=2s');
    const { page, seen } = await openChat(t, hasty.url);
    await say(page, 'approve');
    await page.locator('.decided', { hasText: 'Denied, because nobody answered in time' }).waitFor();
    await ends(page);
    assertChatQuiet(seen, hasty.url);
  });
});
