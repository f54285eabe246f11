// The form: its limits, the keyboard, the width of a phone.

import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { assertQuiet, demoOf, ended, healthKnown, launch, newPage, openDemo, openRaw, press, reaches, send } from './browser.mjs';
import { startServer, submit } from './server.mjs';

const browser = await launch();
after(() => browser.close());
const server = await startServer({ after }, '--demo');

test('the prompt is counted and limited in UTF-8 bytes', async (t) => {
  const { page, seen } = await openDemo(t, server.url);
  for (const [prompt, count, fits] of [
    ['é😀a', '7 of 8,192 bytes', true],
    ['é'.repeat(4096), '8,192 of 8,192 bytes', true],
    ['é'.repeat(4096) + 'a', '8,193 of 8,192 bytes', false],
    ['😀'.repeat(2049), '8,196 of 8,192 bytes', false],
  ]) {
    await page.locator('#prompt').fill(prompt);
    assert.equal(await page.locator('#prompt-bytes').textContent(), count);
    assert.equal(await page.locator('#prompt').getAttribute('aria-invalid'), String(!fits));
    await press(page);
    if (fits) assert.equal((await ended(page)).state, 'succeeded', 'the server agrees about the limit');
  }
  assert.equal(seen.sockets.length, 2, 'what does not fit is not sent');
  assert.match(await page.locator('#prompt-problem').textContent(), /4 bytes too long/);
  assertQuiet(seen, server.url);
});

test('what the server would refuse is refused at the field that is wrong', async (t) => {
  const { page, seen } = await openDemo(t, server.url);
  for (const [prompt, meta, field] of [
    ['', 'A', 'prompt'], [' \n\t\u3000', 'A', 'prompt'], ['hi', '', 'meta'], ['hi', 'task', 'meta'],
    ['hi', 'A B', 'meta'], ['hi', 'Ａ', 'meta'], ['hi', '<img src=x onerror=alert(1)>', 'meta'],
  ]) {
    await send(page, prompt, { meta });
    assert.equal(await page.evaluate(() => document.activeElement.id), field, `${prompt}|${meta}`);
    assert.notEqual(await page.locator(`#${field}-problem`).textContent(), '');
  }
  assert.equal(seen.sockets.length, 0);
  await send(page, 'hi', { meta: 'A-1_' });
  assert.equal((await ended(page)).state, 'succeeded');
  assertQuiet(seen, server.url);
});

test('the keyboard is enough', async (t) => {
  const { page, seen } = await openDemo(t, server.url);
  await tabTo(page, 'prompt');
  await page.keyboard.type('silent');
  await page.keyboard.press('Control+Enter');
  await reaches(page, 'running');
  await tabTo(page, 'cancel');
  await page.keyboard.press('Enter');
  assert.equal((await ended(page)).state, 'aborted');
  await page.locator('#send:focus').waitFor(); // not lost with the button that went away
  await tabTo(page, 'prompt');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('hello');
  await tabTo(page, 'partial');
  await page.keyboard.press('Space');
  await tabTo(page, 'send');
  await page.keyboard.press('Enter');
  await reaches(page, 'succeeded');
  await tabTo(page, 'raw', 'summary');
  await page.keyboard.press('Enter');
  await page.locator('#raw-list li').first().waitFor();
  const shown = await page.locator('#run-id').textContent();
  await page.locator(`#recent-list li:first-child .entry[href="#${shown}"]`).waitFor(); // the list has heard of it
  await tabTo(page, 'filter-state');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab'); // the first row is the run that is shown
  await page.keyboard.press('Enter');
  await page.locator('.entry[aria-current]:focus').waitFor();
  await reaches(page, 'aborted');
  assert.notEqual(await page.locator('#run-id').textContent(), shown);
  assertQuiet(seen, server.url);
});

// tabTo presses Tab until the element (or its child of that tag) has the focus. Every
// stop on the way must show that it has it.
async function tabTo(page, id, tag = '') {
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const { id: own, tagName, parentElement } = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      return { own, tag: tagName.toLowerCase(), parent: parentElement?.id, outline: outlineStyle !== 'none' && parseFloat(outlineWidth) };
    });
    if (at.tag === 'body') continue; // past the last stop: around again
    assert.ok(at.outline >= 2, `focus is visible on ${at.tag}#${at.own}`);
    if (tag ? at.tag === tag && at.parent === id : at.own === id) return;
  }
  assert.fail(`Tab never reached ${id}`);
}

test('a screen reader hears states, and not every token', async (t) => {
  const { page } = await openDemo(t, server.url);
  assert.equal(await page.getByRole('status').textContent(), 'No run yet');
  assert.equal(await page.locator('#output[aria-live], #output [aria-live], #elapsed[aria-live]').count(), 0);
  assert.equal(await page.getByRole('main').count(), 1);
  assert.equal(await page.getByRole('banner').count(), 1);
  assert.equal(await page.getByLabel('Prompt').and(page.locator('textarea')).count(), 1);
  assert.equal(await page.getByLabel(/Task id/).count(), 1);
  assert.equal(await page.getByRole('checkbox', { name: /Token by token/ }).count(), 1);
  await send(page, 'hello');
  await page.getByRole('status').filter({ hasText: 'Succeeded' }).waitFor();
});

test('360 to 1280 pixels, light and dark: nothing sticks out', async (t) => {
  const shots = await mkdtemp(join(tmpdir(), 'spool-screens-'));
  t.diagnostic(`screenshots: ${shots}`);
  const long = `A_${'x'.repeat(150)} ${'words and '.repeat(40)}`;
  const runs = await Promise.all(['tool', 'error', long].map((prompt) => submit(server, prompt, { meta: 'M'.repeat(64), wait: true })));
  for (const width of [360, 768, 1280]) {
    for (const colorScheme of ['light', 'dark']) {
      const { page } = await newPage(t, { viewport: { width, height: 800 }, colorScheme });
      await page.goto(demoOf(server.url));
      await healthKnown(page);
      await page.locator('#recent').evaluate((recent) => { recent.open = true; });
      for (const { run } of runs) {
        await page.locator(`.entry[href="#${run}"]`).click();
        await page.locator('#state', { hasText: /Succeeded|Failed/ }).waitFor();
        await openRaw(page);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${overflow} px too wide at ${width}`);
      }
      await page.screenshot({ path: join(shots, `${width}-${colorScheme}.png`), fullPage: true });
    }
  }
});
