// Real Chromium on the demo page, and a record of what must not happen there.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];

let browser;

// launch starts one browser for the tests of a file; close it in an `after` hook.
export async function launch() {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
  return browser;
}

// newPage opens an empty page in a context of its own. `seen` collects what it does.
export async function newPage(t, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  t.after(() => context.close());
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const seen = { problems: [], dialogs: [], requests: [], changes: [], sockets: [] };
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) seen.problems.push(message.text());
  });
  page.on('pageerror', (error) => seen.problems.push(error.message));
  page.on('dialog', (dialog) => { seen.dialogs.push(dialog.message()); dialog.dismiss(); });
  page.on('websocket', (socket) => seen.sockets.push(socket.url()));
  context.on('request', (request) => {
    seen.requests.push(request.url());
    if (request.method() !== 'GET') seen.changes.push(`${request.method()} ${request.url()}`);
  });
  context.on('page', () => seen.dialogs.push('a window was opened'));
  return { page, seen };
}

// demoOf is the demo page of a server, with what follows in the address.
export const demoOf = (url) => Object.assign(new URL(url), { pathname: '/demo' }).href;

// openDemo opens the demo page and waits until it knows the server's health.
export async function openDemo(t, url, options) {
  const { page, seen } = await newPage(t, options);
  await page.goto(demoOf(url));
  await healthKnown(page);
  return { page, seen };
}

export function healthKnown(page) {
  return page.locator('#server:not([data-health="unknown"])').waitFor();
}

// send fills in the form and sends it.
export async function send(page, prompt, { partial = false, meta } = {}) {
  await page.locator('#prompt').fill(prompt);
  if (meta !== undefined) await page.locator('#meta').fill(meta);
  await page.locator('#partial').setChecked(partial);
  await press(page);
}

// press clicks Send, after it has made sure that `ended` cannot see the run before.
export async function press(page) {
  await page.locator('#outcome').evaluate((outcome) => { delete outcome.dataset.state; });
  await page.locator('#send').click();
}

// ended waits for the end of the run and returns the state and the words of the page.
export async function ended(page) {
  await page.locator('#outcome[data-state]').waitFor();
  const text = (id) => page.locator(id).textContent();
  return {
    state: await page.locator('#state').getAttribute('data-state'),
    title: await text('#outcome-title'),
    error: await text('#outcome-error'),
    what: await text('#outcome-what'),
    todo: await text('#outcome-todo'),
  };
}

export function reaches(page, state) {
  return page.locator(`#state[data-state="${state}"]`).waitFor();
}

// runOf returns the id of the run that the page shows, once it has one.
export async function runOf(page) {
  await page.locator('#run-id', { hasText: /^run_/ }).waitFor();
  return page.locator('#run-id').textContent();
}

// openRaw unfolds the raw lines and returns them once there are so many.
export async function openRaw(page, count = 1) {
  await page.locator('#raw').evaluate((raw) => { raw.open = true; });
  await page.locator('#raw-list li').nth(count - 1).waitFor();
  return page.locator('#raw-list li').allTextContents();
}

// assertQuiet fails when the page did anything besides talking to its own server.
export function assertQuiet(seen, url) {
  assert.deepEqual(seen.problems, [], 'no errors on the console, CSP reports among them');
  assertHarmless(seen, url);
}

export function assertHarmless(seen, url) {
  assert.deepEqual(seen.dialogs, [], 'no dialog and no window');
  assert.deepEqual(seen.requests.filter((to) => !to.startsWith(`${url}/`)), [], 'no request elsewhere');
  const ours = new RegExp(`^${url.replace('http', 'ws')}/ws/(claude|runs/run_[a-z2-7]{26}\\?from=\\d+)$`);
  assert.deepEqual(seen.sockets.filter((to) => !ours.test(to)), [], 'no other socket');
}
