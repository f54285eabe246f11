// Recordings of the real CLI, played to the page: what its own lines look like there.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { assertQuiet, ended, launch, openDemo, send } from './browser.mjs';
import { fakeCLI } from './fake-cli.mjs';
import { repository, startServer } from './server.mjs';

const browser = await launch();
after(() => browser.close());

// turn returns the stdout lines of a recording's last turn that ended as asked.
async function turn(name, failed = false) {
  const text = await readFile(join(repository, 'testdata/recordings', `${name}.jsonl`), 'utf8');
  const lines = text.trimEnd().split('\n').map((line) => JSON.parse(line).stdout).filter((line) => line !== undefined);
  const parsed = lines.map((line) => JSON.parse(line));
  const end = parsed.findLastIndex((line) => line.type === 'result' && line.is_error === failed);
  const begin = parsed.findLastIndex((line, i) => i < end && line.subtype === 'init');
  return { lines: lines.slice(begin, end + 1), last: parsed[end] };
}

const turns = { text: await turn('text'), partial: await turn('partial'), tool: await turn('tool'), 'api-error': await turn('api-error', true) };
const scenarios = Object.entries(turns).map(([name, { lines }]) => [name, { lines, exit: name === 'api-error' ? 1 : 0 }]);
const server = await startServer({ after }, `--claude=${await fakeCLI({ after }, Object.fromEntries(scenarios))}`);

// show plays one turn to the page and returns how it looks and ends there.
async function show(t, name, { partial = false } = {}) {
  const { page, seen } = await openDemo(t, server.url);
  await send(page, name, { partial });
  const end = await ended(page);
  assertQuiet(seen, server.url);
  const text = (await page.locator('#output .text').allTextContents()).join('');
  return { page, end, text, last: turns[name].last };
}

test('an answer', async (t) => {
  const { page, end, text, last } = await show(t, 'text');
  assert.equal(end.state, 'succeeded');
  assert.equal(text, last.result);
  assert.match(await page.locator('#model').textContent(), /^claude-/);
});

test('an answer token by token: its text once', async (t) => {
  const { end, text, last } = await show(t, 'partial', { partial: true });
  assert.equal(end.state, 'succeeded');
  assert.equal(text, last.result);
});

test('a tool call', async (t) => {
  const { page, end } = await show(t, 'tool');
  assert.equal(end.state, 'succeeded');
  assert.equal(await page.locator('details.tool .toolname').first().textContent(), 'Bash');
  assert.match(await page.locator('details.tool').first().textContent(), /Result/);
});

test('an error of the API', async (t) => {
  const { end, text, last } = await show(t, 'api-error');
  assert.match(end.error, /^API_ERROR/);
  assert.equal(text, last.result);
});
