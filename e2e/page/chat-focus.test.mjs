// The focus: it goes where it is wanted, and is never lost with the control that had it.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { launch } from './browser.mjs';
import { api, asked, assertChatQuiet, edit, ends, openChat, say, shows, words } from './chat.mjs';
import { startServer } from './server.mjs';

const browser = await launch();
after(() => browser.close());
const server = await startServer({ after }, '--demo');

// focused waits until the focus is on the element of this name, or of this role if it has none.
const focused = (page, name) => page.waitForFunction((wanted) => {
  const { activeElement: element } = document;
  return (element.ariaLabel ?? element.labels?.[0]?.textContent ?? element.textContent) === wanted;
}, name);

async function makeChats(...names) {
  for (const name of names) await api(server, 'POST', '/api/chats', { name });
}

describe('the focus', { concurrency: 3 }, () => {
  test('a window puts it into its field, and gives it back; what fails is told in the window', async (t) => {
    const { page } = await openChat(t, server.url);
    await say(page, 'hello');
    await ends(page);
    await page.locator('h1', { hasText: 'hello' }).waitFor();
    const menu = page.locator('.page-head .menu > button');
    for (const tags of ['one', 'two']) {
      await menu.click();
      await page.getByText('Tags', { exact: true }).click();
      await focused(page, 'New tags, with commas between them');
      await page.keyboard.type(tags);
      await page.keyboard.press('Enter');
      await page.locator('.page-head .tag', { hasText: tags }).waitFor();
      await focused(page, 'Actions for hello');
    }
    await page.route('**/api/chats/*', (route) => (route.request().method() === 'PUT' ? route.fulfill({ status: 500, json: { error: 'no room', code: 'INTERNAL' } }) : route.continue()));
    await page.keyboard.press('t');
    await focused(page, 'Title');
    await page.keyboard.type('Another');
    await page.keyboard.press('Enter');
    assert.match(await page.locator('dialog [role="alert"]').textContent(), /^The name could not be changed: .*no room/);
    assert.equal(await page.getByLabel('Title', { exact: true }).inputValue(), 'Another');
  });

  test('it stays with the messages when a request is answered, a message written anew, a branch shown, an answer stopped', async (t) => {
    const { page, seen } = await openChat(t, server.url);
    await say(page, 'approve2');
    await page.locator('.approval button').nth(4).waitFor();
    await page.getByRole('button', { name: 'Deny' }).first().press('Enter');
    await focused(page, 'Messages');
    await page.locator('.tool[data-state="denied"]').waitFor();
    await page.keyboard.press('a');
    await page.keyboard.press('Tab');
    await focused(page, 'Allow once');
    await page.keyboard.press('Enter');
    await ends(page);
    await focused(page, 'Messages');
    await page.keyboard.press('e');
    await page.keyboard.press('Escape');
    await focused(page, 'Messages');
    await edit(page, 1, 'slow');
    await focused(page, 'Messages');
    await words(page, 1);
    await page.locator('[data-action="stop"]').press('Enter');
    await ends(page, 1, 'aborted');
    await focused(page, 'Messages');
    await edit(page, 1, 'hello');
    await ends(page);
    const back = asked(page, 1).getByRole('button', { name: 'Branch before' });
    await back.press('Enter');
    await shows(page, asked(page, 1), '2/3');
    await focused(page, 'Branch before');
    await page.keyboard.press('Enter');
    await shows(page, asked(page, 1), '1/3');
    await focused(page, 'Next branch'); // there is none before
    assertChatQuiet(seen, server.url);
    await page.route('**/api/chats/*', (route) => (route.request().method() === 'PUT' ? route.fulfill({ status: 500, json: { error: 'no room', code: 'INTERNAL' } }) : route.continue()));
    await page.keyboard.press('Enter');
    await page.locator('.notice', { hasText: 'could not be shown' }).waitFor();
    await page.locator('.sidebar a.primary').click();
    await page.locator('.words').waitFor();
    await page.locator('.conversation').first().press('Enter');
    await shows(page, asked(page, 1), '1/3');
    await focused(page, 'Message'); // and not a branch that nobody asks for any more
  });

  test('on a phone the list takes it along, keeps the page out of reach, and gives it back', async (t) => {
    const { page, seen } = await openChat(t, server.url, { viewport: { width: 360, height: 740 } });
    const main = page.locator('main');
    await page.getByRole('button', { name: 'Show the list of conversations' }).press('Enter');
    await focused(page, 'Close the list');
    assert.ok(await main.evaluate((element) => element.inert));
    await page.keyboard.press('Escape');
    await focused(page, 'Show the list of conversations');
    assert.ok(!await main.evaluate((element) => element.inert));
    await page.keyboard.press('/');
    await page.keyboard.type('some');
    assert.equal(await page.getByLabel('Search titles and messages').inputValue(), 'some');
    await page.keyboard.press('Escape'); // leaves the field
    await page.keyboard.press('Escape');
    await focused(page, 'Show the list of conversations');
    await page.getByRole('button', { name: 'Show the list of conversations' }).click();
    await page.locator('.sidebar a.primary').click(); // where it is already
    await page.locator('.sidebar').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Show the list of conversations' }).press('Enter');
    await page.setViewportSize({ width: 1280, height: 740 });
    await page.waitForFunction(() => !document.querySelector('main').inert);
    assertChatQuiet(seen, server.url);
  });

  test('a menu at the end of the list is all in sight', async (t) => {
    await makeChats(...Array.from({ length: 12 }, (_, n) => `Chat ${n}`));
    const { page, seen } = await openChat(t, server.url, { viewport: { width: 1280, height: 600 } });
    await page.locator('.item').nth(11).waitFor();
    for (const item of [page.locator('.item').first(), page.locator('.item').last()]) {
      await item.scrollIntoViewIfNeeded();
      await item.hover();
      await item.locator('.menu > button').click();
      const box = await page.locator('.menu-items').boundingBox();
      const list = await page.locator('.conversations').boundingBox();
      assert.ok(box.y >= list.y && box.y + box.height <= list.y + list.height, JSON.stringify({ box, list }));
      await page.keyboard.press('Escape');
    }
    assertChatQuiet(seen, server.url);
  });

  test('two clicks begin one conversation', async (t) => {
    const { page, seen } = await openChat(t, server.url);
    await page.locator('.words button', { hasText: 'stderr' }).dblclick();
    await ends(page);
    assert.equal(seen.changes.length, 1);
    assertChatQuiet(seen, server.url);
  });
});
