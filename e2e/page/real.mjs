// The chat page on the real agent: page_test.go runs this, with the page's address and the agent's
// workspace. What only that test can do is asked of it, as a line on stdout of one word; each is
// answered with a line of JSON on stdin.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { launch } from './browser.mjs';
import { answer, asked, assertChatHarmless, assertSame, edit, ends, openChat, say, shows, state, words } from './chat.mjs';

const [url, workspace] = process.argv.slice(2);
const server = { url };
const t = { after() {} }; // the end of the browser is the end of its pages
const made = (name) => existsSync(join(workspace, name));

const input = createInterface({ input: process.stdin });
const lines = input[Symbol.asyncIterator]();

async function ask(word) {
  process.stdout.write(`${word}\n`);
  const { value, done } = await lines.next();
  if (done) throw new Error(`nobody answers ${word}`);
  return JSON.parse(value);
}

const FIRST = '[[words 12 20ms]]';
const COUNTED = '1 2 3 4 5 6 7 8 9 10 11 12';
const LONG = '[[halves 65536 5ms]]'; // 16 deltas, and nothing after the eighth until `release`
const HALF = 6_850; // its words up to there

async function answers(page) {
  await say(page, FIRST);
  assert.equal((await (await ends(page)).locator('.text').textContent()).trim(), COUNTED);
  await assertSame(page, server);
}

// survives has the page and then the server go away in the middle of an answer, which is there to
// be read so far, in another tab too.
async function survives(page) {
  await say(page, LONG);
  await words(page, HALF, 2);
  await state(page, 'running');
  await page.reload();
  const second = await openChat(t, page.url());
  const tabs = [page, second.page];
  for (const tab of tabs) await words(tab, HALF, 2);
  await ask('kill');
  for (const tab of tabs) assert.match(await state(tab, 'reconnecting'), /the answer goes on/);
  await ask('serve');
  for (const tab of tabs) await state(tab, 'running');
  await ask('release');
  for (const tab of tabs) {
    await ends(tab, 2);
    await assertSame(tab, server);
  }
  return second;
}

async function allows(page) {
  await say(page, '[[bash touch allowed]]');
  await state(page, 'waiting');
  assert.ok(!made('allowed'));
  await page.getByRole('button', { name: 'Allow once' }).click();
  await ends(page, 3);
  assert.ok(made('allowed'));
}

// denies is asked in one tab and answered in the other.
async function denies(page, other) {
  const word = 'Not that file, please';
  await say(page, '[[bash touch denied]]');
  await other.getByLabel('What to tell the model').fill(word);
  await other.getByRole('button', { name: 'Deny' }).click();
  for (const tab of [page, other]) {
    await tab.locator('.decided', { hasText: `Denied: ${word}` }).waitFor();
    await ends(tab, 4);
    await assertSame(tab, server);
  }
  assert.ok(!made('denied'));
  assert.ok((await ask('result')).includes(word), 'the model is told why');
}

// branches writes the second message anew: the model knows the first turn and no other.
async function branches(page, other) {
  await edit(page, 2, 'another way');
  for (const tab of [page, other]) {
    await shows(tab, asked(tab, 2), '2/2');
    await ends(tab, 2);
    await assertSame(tab, server);
  }
  const known = (await ask('history')).map((said) => said.trim());
  assert.deepEqual(known, [`user: ${FIRST}`, `assistant: ${COUNTED}`, 'user: another way']);
  await asked(other, 2).getByRole('button', { name: 'Branch before' }).click();
  for (const tab of [page, other]) {
    await shows(tab, asked(tab, 2), '1/2');
    await answer(tab, 4).waitFor();
    await assertSame(tab, server);
  }
}

const browser = await launch();
try {
  const { page, seen } = await openChat(t, url);
  await answers(page);
  const second = await survives(page);
  await allows(page);
  await denies(page, second.page);
  await branches(page, second.page);
  for (const tab of [seen, second.seen]) assertChatHarmless(tab, url);
} finally {
  await browser.close();
  input.close();
}
