// The list of conversations, the keys, and the overview.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { launch } from './browser.mjs';
import { act, api, assertChatQuiet, chatOf, edit, ends, idOf, openChat, say, state, words } from './chat.mjs';
import { startServer, submit, until } from './server.mjs';

const browser = await launch();
after(() => browser.close());

const titles = (page) => page.locator('.conversations .item-title bdi').allTextContents();
const item = (page, title) => page.locator('.conversations .item', { hasText: title });

// makeChats makes conversations with a message each, on the server alone.
async function makeChats(server, ...names) {
  const made = [];
  for (const name of names) {
    const { chat } = await api(server, 'POST', '/api/chats', { name });
    made.push(chat.id);
  }
  return made;
}

describe('the list', { concurrency: 3 }, () => {
  test('conversations are starred, renamed, tagged and deleted, here and in other tabs', async (t) => {
    const server = await startServer(t, '--demo');
    const { page, seen } = await openChat(t, server.url);
    await page.locator('.conversations .empty', { hasText: 'Nothing here yet' }).waitFor();
    await makeChats(server, 'Alpha', 'Beta', 'Gamma');
    await item(page, 'Gamma').waitFor();
    const second = await openChat(t, server.url);
    await act(page, 'Alpha', 'Star');
    for (const tab of [page, second.page]) {
      await tab.getByRole('region', { name: 'Starred' }).getByText('Alpha').waitFor();
      assert.deepEqual(await titles(tab), ['Alpha', 'Gamma', 'Beta']);
    }
    await act(page, 'Beta', 'Rename');
    await page.getByLabel('Title', { exact: true }).fill('Beta two');
    await page.getByLabel('Title', { exact: true }).press('Enter');
    await act(page, 'Gamma', 'Tags');
    await page.getByLabel('New tags').fill('work, later, work');
    await page.getByRole('button', { name: 'Save' }).click();
    await item(second.page, 'Beta two').waitFor();
    await second.page.getByRole('group', { name: 'Show only' }).getByText('later').click();
    await until(async () => (await titles(second.page)).join() === 'Gamma', 'only what has the tag');
    await act(page, 'Gamma', 'Tags');
    await page.getByRole('button', { name: 'Remove work' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await until(async () => (await api(server, 'GET', '/api/chats')).chats.find(({ title }) => title === 'Gamma').tags.join() === 'later', 'one tag is left');
    await item(page, 'Alpha').locator('.conversation').click();
    await act(page, 'Alpha', 'Delete');
    await page.getByRole('button', { name: 'Keep' }).click();
    await act(page, 'Alpha', 'Delete');
    await page.locator('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.locator('h1', { hasText: 'New conversation' }).waitFor();
    await until(async () => (await titles(page)).length === 2, 'it is gone');
    assertChatQuiet(seen, server.url);
    assertChatQuiet(second.seen, server.url);
  });

  test('a conversation that somebody deletes while it is looked at, and an id that nobody knows', async (t) => {
    const server = await startServer(t, '--demo');
    const [id] = await makeChats(server, 'Short life');
    const { page, seen } = await openChat(t, `${server.url}/#${id}`);
    await page.locator('h1', { hasText: 'Short life' }).waitFor();
    await api(server, 'DELETE', `/api/chats/${id}`);
    await page.locator('.welcome', { hasText: 'There is no such conversation.' }).waitFor();
    await page.goto(`${server.url}/#conv-${'z'.repeat(26)}`);
    await page.locator('.welcome', { hasText: 'SESSION_NOT_FOUND' }).waitFor();
    await page.getByRole('link', { name: 'New conversation' }).first().click();
    await page.locator('.composer').waitFor();
    assert.deepEqual(seen.dialogs, []);
  });

  test('the search finds words of titles and of messages, and shows where', async (t) => {
    const server = await startServer(t, '--demo');
    const { page, seen } = await openChat(t, server.url);
    await say(page, 'The zebra crosses the street');
    await ends(page);
    const id = await idOf(page);
    await makeChats(server, 'Unrelated', 'About a zebra');
    await page.locator('.sidebar a.primary').click();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('zebr');
    await page.locator('.item mark').first().waitFor();
    assert.ok((await page.locator('.item mark').allTextContents()).every((hit) => hit.toLowerCase() === 'zebra'));
    assert.ok((await titles(page)).includes('About a zebra'));
    await page.locator('.item', { hasText: 'you' }).first().click();
    assert.equal(await idOf(page), id);
    await page.getByLabel('Search titles and messages').fill('nosuchword');
    await page.locator('.empty', { hasText: 'Nothing has all of these words' }).waitFor();
    await page.getByLabel('Search titles and messages').press('Escape');
    await item(page, 'Unrelated').waitFor();
    assertChatQuiet(seen, server.url);
  });

  test('a message that was found is shown where it stands; one on another branch is told of', async (t) => {
    const server = await startServer(t, '--demo');
    const { page, seen } = await openChat(t, server.url);
    await say(page, 'The zebra crosses the street');
    await ends(page);
    for (const n of [2, 3]) {
      await say(page, 'long');
      await ends(page, n);
    }
    await page.locator('.sidebar a.primary').click();
    const found = page.locator('.item', { hasText: 'you' });
    const field = page.getByLabel('Search titles and messages');
    await field.fill('zebra');
    await found.click();
    const first = page.locator('.message.user', { hasText: 'zebra' });
    const inSight = () => first.evaluate((message) => {
      const { top, bottom } = message.getBoundingClientRect();
      return top >= 0 && bottom <= innerHeight;
    });
    await until(inSight, 'the message is in sight');
    await page.getByRole('button', { name: 'To the end' }).click();
    await until(async () => !await inSight(), 'the end is in sight');
    await found.click(); // in the conversation that is open
    await until(inSight, 'the message is in sight again');
    await edit(page, 1, 'A lion');
    await ends(page);
    await found.click();
    await page.locator('.notice', { hasText: 'on another branch' }).waitFor();
    assertChatQuiet(seen, server.url);
  });

  test('what a new conversation has from another one is found in it', async (t) => {
    const server = await startServer(t, '--demo');
    const { page, seen } = await openChat(t, server.url);
    await say(page, 'The zebra crosses the street');
    await ends(page);
    const { head } = await chatOf(server, await idOf(page));
    const { chat } = await api(server, 'POST', '/api/chats', { name: 'Branch', starting_head: head });
    const nothing = page.locator('.messages .empty', { hasText: 'Nothing was said here yet' });
    await page.route('**/messages?all=true', async (route) => { // they come from far away
      await nothing.waitFor();
      await route.continue();
    });
    await page.locator('.sidebar a.primary').click();
    await page.getByLabel('Search titles and messages').fill('zebra');
    await page.locator('.item', { hasText: 'you' }).click();
    await page.waitForFunction((id) => location.hash === `#${id}`, chat.id);
    const found = page.locator('.message.user', { hasText: 'zebra' });
    await found.waitFor();
    await until(() => found.evaluate((message) => message.getAnimations().length > 0), 'it is shown');
    assert.equal(await page.locator('.notice').count(), 0);
    assertChatQuiet(seen, server.url);
  });

  test('all of it by keys', async (t) => {
    const server = await startServer(t, '--demo');
    const [alpha, beta] = await makeChats(server, 'Alpha', 'Beta');
    const { page, seen } = await openChat(t, `${server.url}/#${alpha}`);
    await page.locator('h1', { hasText: 'Alpha' }).waitFor();
    const press = (key) => page.keyboard.press(key);
    await page.locator('.composer textarea').press('Escape');
    await press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await press('n'); // belongs to the window in front
    await press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(await idOf(page), alpha);
    await press('k');
    await page.waitForFunction((id) => location.hash === `#${id}`, beta);
    await page.locator('h1', { hasText: 'Beta' }).waitFor();
    await page.locator('.composer textarea').press('Escape');
    await press('s');
    await until(async () => (await chatOf(server, beta)).starred, 'starred by a key');
    await press('t');
    await page.getByLabel('Title', { exact: true }).fill('Beta by keys');
    await press('Enter');
    await page.locator('h1', { hasText: 'Beta by keys' }).waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await press('c');
    await page.keyboard.type('approve?');
    await press('Enter');
    await page.locator('.approval button').first().waitFor();
    await press('Escape');
    await press('a');
    await press('Tab'); // the first control of the request, all of it above
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Allow once');
    await press('Enter');
    await ends(page);
    await press('Escape');
    await page.evaluate(() => document.activeElement.blur());
    await press('e');
    await page.getByLabel('Edit your message').fill('slow');
    await press('Enter');
    await state(page, 'running');
    await words(page, 2);
    await page.evaluate(() => document.activeElement.blur());
    await press('x');
    await ends(page, 1, 'aborted');
    await press('o');
    await page.locator('h1', { hasText: 'Overview' }).waitFor();
    await press('n');
    await page.locator('h1', { hasText: 'New conversation' }).waitFor();
    assertChatQuiet(seen, server.url);
  });

  test('the overview: runs that can be ended, what was used, and how the server is', async (t) => {
    const server = await startServer(t, '--demo');
    await submit(server, 'hello', { meta: 'DONE-1', wait: true });
    const { run } = await submit(server, 'silent', { meta: 'LIVE-1' });
    const { page, seen } = await openChat(t, server.url);
    await say(page, 'tool');
    await ends(page);
    await page.getByRole('link', { name: 'Overview' }).click();
    const live = page.locator('.run', { hasText: 'LIVE-1' });
    assert.equal(await live.locator('.run-state').textContent(), 'running');
    assert.equal(await page.locator('.run').first().locator('.run-meta').textContent(), 'LIVE-1', 'what goes on stands first');
    assert.equal(await live.locator('a').getAttribute('href'), `/demo#${run}`);
    assert.match(await page.locator('.run', { hasText: 'CHAT' }).locator('a').getAttribute('href'), /^#conv-/);
    await live.getByRole('button', { name: 'Abort' }).click();
    await page.locator('.run[data-state="aborted"]', { hasText: 'LIVE-1' }).waitFor();
    await page.getByText(/30 days: \$0\.\d+ · .* tokens · \d runs?/).waitFor();
    assert.equal(await page.locator('.plot-bar').count(), 30);
    await page.getByRole('button', { name: 'Tokens' }).click();
    await page.locator('.plot-bar title', { hasText: /tokens, \d runs?$/ }).last().waitFor({ state: 'attached' });
    assert.match(await page.locator('.facts-grid').textContent(), /All is well.*stand-in, no model/);
    assertChatQuiet(seen, server.url);
  });
});
