// Branches: a message can be written anew and an answer given again, and nothing is lost.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { launch } from './browser.mjs';
import { answer, api, asked, assertChatQuiet, assertSame, edit, ends, idOf, openChat, say, shows, words } from './chat.mjs';
import { startServer } from './server.mjs';

const browser = await launch();
after(() => browser.close());
const server = await startServer({ after }, '--demo');

const bubbles = (page) => page.locator('.bubble').allTextContents();

describe('branches', { concurrency: 2 }, () => {
  test('a message that is written anew begins a branch, and the way back is two clicks', async (t) => {
    const { page, seen } = await openChat(t, server.url);
    await say(page, 'one');
    await ends(page);
    await say(page, 'two');
    await ends(page, 2);
    await edit(page, 2, 'two, but better');
    await shows(page, asked(page, 2), '2/2');
    await ends(page, 2);
    await edit(page, 1, 'history');
    await shows(page, asked(page, 1), '2/2');
    assert.match(await (await ends(page)).textContent(), /Earlier turns that it knows: 0/);
    assert.deepEqual(await bubbles(page), ['history']);
    await asked(page, 1).getByRole('button', { name: 'Branch before' }).click();
    await shows(page, asked(page, 1), '1/2');
    assert.deepEqual(await bubbles(page), ['one', 'two, but better'], 'a branch is shown to its latest end');
    await asked(page, 2).getByRole('button', { name: 'Branch before' }).click();
    await shows(page, asked(page, 2), '1/2');
    assert.deepEqual(await bubbles(page), ['one', 'two']);
    await assertSame(page, server);
    await page.reload();
    await shows(page, asked(page, 2), '1/2');
    await assertSame(page, server);
    await say(page, 'history');
    assert.match(await (await ends(page, 3)).textContent(), /Earlier turns that it knows: 2.*one.*two/s);
    assertChatQuiet(seen, server.url);
  });

  test('an answer can be given again, and both are there; another tab follows', async (t) => {
    const { page, seen } = await openChat(t, server.url);
    await say(page, 'approve touch it');
    await page.getByRole('button', { name: 'Allow once' }).click();
    await ends(page);
    const second = await openChat(t, page.url());
    await ends(second.page);
    await page.locator('[data-action="again"]').click();
    await page.getByLabel('What to tell the model').fill('no');
    await page.getByRole('button', { name: 'Deny' }).click();
    for (const tab of [page, second.page]) await shows(tab, answer(tab), '2/2');
    assert.match(await answer(page).textContent(), /Not allowed/);
    await answer(second.page).getByRole('button', { name: 'Branch before' }).click();
    for (const tab of [page, second.page]) await answer(tab).locator('.markdown', { hasText: 'Allowed: the real agent' }).waitFor();
    assert.equal((await api(server, 'GET', `/api/chats/${await idOf(page)}/messages?all=true`)).messages.length, 3);
    assertChatQuiet(seen, server.url);
    assertChatQuiet(second.seen, server.url);
  });

  test('while an answer is written nothing is branched', async (t) => {
    const { page, seen } = await openChat(t, server.url);
    await say(page, 'one');
    await ends(page);
    await edit(page, 1, 'slow');
    await shows(page, asked(page), '2/2');
    await words(page, 2);
    assert.equal(await page.locator('[data-action="edit"], [data-action="again"]').count(), 0);
    assert.equal(await asked(page).getByRole('button', { name: 'Branch before' }).isDisabled(), true);
    await page.getByRole('button', { name: 'Stop' }).click();
    await ends(page, 1, 'aborted');
    assertChatQuiet(seen, server.url);
  });
});
