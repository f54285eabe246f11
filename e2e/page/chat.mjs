// The chat page in a browser: how the tests talk to it, and what must not happen there.

import assert from 'node:assert/strict';
import { newPage } from './browser.mjs';

// openChat opens the chat page and waits until something can be written.
export async function openChat(t, url, options) {
  const { page, seen } = await newPage(t, options);
  await page.goto(url);
  await page.locator('.composer textarea').waitFor();
  return { page, seen };
}

// say writes a message and sends it.
export async function say(page, text, key = 'Enter') {
  const field = page.locator('.composer textarea');
  await field.fill(text);
  await field.press(key);
}

export const answer = (page, n = 1) => page.locator('.message.assistant').nth(n - 1);
export const asked = (page, n = 1) => page.locator('.message.user').nth(n - 1);

// ends waits until the n-th answer is over, in this way.
export async function ends(page, n = 1, status = 'succeeded') {
  await page.locator(`.message.assistant >> nth=${n - 1}`).and(page.locator(`[data-status="${status}"]`)).waitFor();
  return answer(page, n);
}

// state waits for a state of the conversation and returns its words.
export async function state(page, name) {
  const line = page.locator(`.status[data-state="${name}"]`);
  await line.waitFor();
  return line.textContent();
}

// words waits until the answer has so many words.
export function words(page, n, of = 1) {
  return page.waitForFunction(([at, least]) => {
    const texts = document.querySelectorAll('.message.assistant')[at]?.querySelectorAll('.text') ?? [];
    return [...texts].flatMap((text) => text.textContent.split(/\s+/)).filter(Boolean).length >= least;
  }, [of - 1, n]);
}

// edit writes the n-th message anew, which begins a branch.
export async function edit(page, n, text) {
  await asked(page, n).hover();
  await asked(page, n).getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Edit your message').fill(text);
  await page.getByLabel('Edit your message').press('Enter');
}

// shows waits until a message is this one of its branches, as `2/2`.
export async function shows(page, message, place) {
  await message.locator('.branches > span', { hasText: place }).waitFor();
}

// idOf waits until the conversation has an address, and returns its id.
export async function idOf(page) {
  await page.waitForFunction(() => /^#conv-[a-z2-7]{26}$/.test(location.hash));
  return page.evaluate(() => location.hash.slice(1));
}

export async function api(server, method, path, body) {
  const response = await fetch(server.url + path, { method, ...(body && { body: JSON.stringify(body) }) });
  return response.status === 204 ? undefined : response.json();
}

export const messagesOf = async (server, id) => (await api(server, 'GET', `/api/chats/${id}/messages`)).messages;
export const chatOf = async (server, id) => (await api(server, 'GET', `/api/chats/${id}`)).chat;

// What stands between blocks is not the same in Markdown and in a page.
const plain = (text) => text.replace(/\s+/g, '');

// assertSame proves that the page shows the conversation as the server has it: each message
// once, in order, to the last word. The texts must be ones in which Markdown finds nothing.
export async function assertSame(page, server) {
  const wanted = (await messagesOf(server, await idOf(page))).map(({ role, content }) => plain(`${role}: ${content}`));
  await page.waitForFunction((n) => document.querySelectorAll('.message').length === n, wanted.length);
  const shown = await page.locator('.message').evaluateAll((list) => list.map((message) => {
    const role = message.classList.contains('user') ? 'user' : 'assistant';
    return `${role}: ${[...message.querySelectorAll('.bubble, .text')].map((text) => text.textContent).join(' ')}`;
  }));
  assert.deepEqual(shown.map(plain), wanted);
}

// assertChatQuiet fails when the page did anything besides talking to its own server.
export function assertChatQuiet(seen, url, { problems = [] } = {}) {
  assert.deepEqual(seen.problems, problems, 'no errors on the console, CSP reports among them');
  assertChatHarmless(seen, url);
}

export function assertChatHarmless(seen, url) {
  assert.deepEqual(seen.dialogs, [], 'no dialog and no window');
  assert.deepEqual(seen.requests.filter((to) => !to.startsWith(`${url}/`)), [], 'no request elsewhere');
  assert.deepEqual(seen.sockets.filter((to) => to !== `${url.replace('http', 'ws')}/ws`), [], 'no other socket');
}

// act chooses something out of the menu of a conversation in the list.
export async function act(page, title, action) {
  const item = page.locator('.item', { hasText: title }).first();
  await item.hover();
  await item.locator('.menu > button').click();
  await item.locator('.menu-items').getByText(action, { exact: true }).click();
}
