// W1: whatever the agent, its tools or the server say stays text.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { assertHarmless, demoOf, ended, launch, newPage, openDemo, send } from './browser.mjs';
import { canary } from './elsewhere.mjs';
import { assistant, fakeCLI, init, result, streamed } from './fake-cli.mjs';
import { startServer, submit } from './server.mjs';
import { assertText, vectors } from './vectors.mjs';

const browser = await launch();
after(() => browser.close());

// everywhere is one run's lines with the vector in each place that a page might show.
const everywhere = (v, i) => [
  assistant({ type: 'text', text: v }, { type: 'thinking', thinking: v }),
  streamed({ type: 'message_start', message: { id: `s${i}` } }),
  streamed({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: v } }),
  assistant({ type: 'tool_use', id: `t${i}`, name: v, input: { command: v, [v]: { [v]: v } } }),
  { type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: `t${i}`, content: v }] } },
  { type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: v, content: [{ type: 'text', text: v }, { type: v }], is_error: true }] } },
  { ...init, model: v },
  { type: 'system', subtype: 'api_retry', attempt: v, max_retries: v, error_status: v },
  v.replace(/\n/g, ' '),
  { type: v },
];

test('W1: vectors from the agent stay text wherever they appear', async (t) => {
  const watch = await canary(t);
  const all = vectors(watch.url);
  assert.equal(all.length, 40);
  const lines = [init, ...all.flatMap(everywhere), result(all.join('\n'), { is_error: true, num_turns: '<b>', usage: { input_tokens: '<i>' } })];
  const cli = await fakeCLI(t, { vectors: { lines, stderr: `${all.join('\n')}\n`, exit: 1 } });
  const server = await startServer(t, `--claude=${cli}`);
  const { page, seen } = await openDemo(t, server.url);
  await page.locator('#raw summary').click();
  await send(page, 'vectors');
  const end = await ended(page);
  assert.match(end.error, /^API_ERROR/);
  await page.locator('#stderr summary').click();
  await page.locator('#stderr-list li').first().waitFor();
  await assertText(page, '#output .text', all);
  await assertText(page, '#output .toolname', all);
  await assertText(page, '#output pre', all);
  await assertText(page, '#stderr-list li', all);
  await assertInert(page);
  assertHarmless(seen, server.url);
  assert.deepEqual(watch.hits, []);
});

// assertInert looks through the whole document for anything that a vector could have made.
async function assertInert(page) {
  const found = await page.evaluate(() => {
    const own = ['HTML', 'HEAD', 'META', 'TITLE', 'LINK', 'SCRIPT', 'BODY', 'HEADER', 'MAIN', 'FOOTER', 'SECTION', 'NOSCRIPT', 'svg', 'path',
      'H1', 'H2', 'H3', 'P', 'SPAN', 'DIV', 'UL', 'OL', 'LI', 'DL', 'DT', 'DD', 'FORM', 'LABEL', 'TEXTAREA', 'INPUT', 'BUTTON', 'KBD', 'CODE',
      'DETAILS', 'SUMMARY', 'PRE', 'SELECT', 'OPTION', 'A'];
    const suspects = [];
    for (const node of document.querySelectorAll('*')) {
      if (!own.includes(node.tagName)) suspects.push(node.outerHTML.slice(0, 200));
      if (node.tagName === 'A' && !/^#run_[a-z2-7]{26}$/.test(node.getAttribute('href'))) suspects.push(node.outerHTML.slice(0, 200));
      for (const { name, value } of node.attributes) {
        if (name.startsWith('on') || /^\s*(javascript|data):/i.test(value)) suspects.push(`${name}=${value}`);
      }
    }
    const scripts = [...document.scripts].map((script) => script.getAttribute('src'));
    return { suspects, scripts, forms: document.forms.length, svgs: document.querySelectorAll('svg').length };
  });
  assert.deepEqual(found, { suspects: [], scripts: ['/ws-demo.js'], forms: 1, svgs: 1 });
}

// refusing answers a prompt with the vector in every place of the frames, and with an error
// frame, or only with a reason in the close frame.
function refusing(socket, vector, framed) {
  socket.send('{"t":"info","info":"send {prompt,meta}"}');
  socket.onMessage(() => {
    socket.send(JSON.stringify({ t: 'info', info: 'queued', position: vector }));
    socket.send(JSON.stringify({ t: 'info', info: 'deadline', inSeconds: vector }));
    socket.send(JSON.stringify({ t: 'info', info: 'run', run: vector }));
    socket.send(JSON.stringify({ t: 'stderr', text: vector }));
    socket.send(JSON.stringify({ t: vector, [vector]: vector }));
    if (framed) socket.send(JSON.stringify({ t: 'error', error: vector, code: vector }));
    socket.close({ code: 1011, reason: vector.slice(0, 100) });
  });
}

test('W1: vectors from the server stay text: run id, errors, close reason, health', async (t) => {
  const watch = await canary(t);
  const all = vectors(watch.url);
  const server = await startServer(t, '--demo');
  const { page, seen } = await newPage(t);
  let [vector] = all;
  let demo = true;
  await page.routeWebSocket('**/ws/claude', (socket) => refusing(socket, vector, demo));
  await page.route('**/api/health', (route) => route.fulfill({ json: {
    status: vector, version: vector, demo, cli: { found: false, version: vector, problem: vector, hint: vector },
    runs: { running: vector, max: vector }, words: all.map((word) => ({ word, what: word })),
  } }));
  await page.goto(demoOf(server.url));
  for (vector of all) {
    demo = !demo;
    await send(page, 'x');
    const end = await ended(page);
    if (demo) assert.equal(end.error, `${vector}: ${vector}`);
    else assert.ok(end.title.includes(vector.slice(0, 100)), end.title);
    assert.equal(await page.locator('#run-id').textContent(), vector);
    await healthShown(page, demo ? 'Stand-in agent (no model)' : vector); // read again after each run
    await assertInert(page);
  }
  assertHarmless(seen, server.url);
  assert.deepEqual(watch.hits, []);
});

function healthShown(page, title) {
  return page.waitForFunction((text) => document.getElementById('notice-title').textContent === text, title);
}

test('W1: vectors in a record and in the end of a run stay text', async (t) => {
  const watch = await canary(t);
  const all = vectors(watch.url);
  const server = await startServer(t, '--demo');
  const { page, seen } = await openDemo(t, server.url);
  const ids = all.map((_, i) => `run_${'a'.repeat(24)}${'abcdefgh'[i >> 3]}${'abcdefgh'[i & 7]}`);
  const indexIn = (url) => ids.findIndex((id) => url.includes(id));
  const record = (i, v = all[i]) => ({ run: ids[i], state: v, code: v, error: v, prompt: v, meta: v, position: v, createdAt: v, startedAt: v, endedAt: v,
    result: v, usage: { costUsd: v, turns: v, inputTokens: v } });
  await page.route('**/api/runs/run_*', (route) => route.fulfill({ json: record(indexIn(route.request().url())) }));
  await page.routeWebSocket('**/ws/runs/**', (socket) => {
    const i = indexIn(socket.url());
    socket.send(JSON.stringify({ t: 'info', info: 'run', run: ids[i] }));
    if (i % 2) socket.send(JSON.stringify({ t: 'error', error: all[i], code: 'OUTPUT_GONE' }));
    else socket.send(JSON.stringify({ t: 'end', state: all[i], error: all[i], code: all[i] }));
    socket.close({ code: 1011, reason: all[i].slice(0, 100) });
  });
  for (const [i, id] of ids.entries()) {
    await page.evaluate((hash) => { location.hash = hash; }, id);
    await page.locator('#outcome:not([hidden])').getByText(all[i]).first().waitFor();
    assert.equal((await ended(page)).error, `${all[i]}: ${all[i]}`);
    assert.equal(await page.locator('#asked').textContent(), all[i]);
    await assertInert(page);
  }
  const list = { runs: all.flatMap((v, i) => [{ ...record(i), run: v }, record(i)]), next: all[0] };
  await page.route('**/api/runs?**', (route) => route.fulfill({ json: list }));
  await page.locator('#filter-state').selectOption('failed'); // asks again
  await page.waitForFunction((n) => document.querySelectorAll('.entry').length === n, all.length); // the others' ids are none
  assert.deepEqual(await page.locator('.entry-state').allTextContents(), all);
  await assertInert(page);
  assertHarmless(seen, server.url);
  assert.deepEqual(watch.hits, []);
});

test('W1: vectors in prompts and errors stay text in the list of runs', async (t) => {
  const watch = await canary(t);
  const all = vectors(watch.url);
  const server = await startServer(t, `--claude=${await fakeCLI(t, {})}`);
  const hidden = 'left\u202eright\u2066 \u0007bell\u200b';
  for (const prompt of [...all, hidden]) await submit(server, prompt, { wait: prompt === hidden });
  const { page, seen } = await openDemo(t, server.url);
  while (await page.locator('.entry').count() <= all.length) {
    const [before] = [await page.locator('.entry').count(), await page.locator('#more').click()];
    await page.locator('.entry').nth(before).waitFor();
  }
  const shown = async (part) => (await page.locator(`.entry-${part}`).allTextContents()).join('\n');
  const visible = 'left\\u202eright\\u2066 \\u0007bell\\u200b';
  for (const text of [...all.map((vector) => vector.replace(/\s+/g, ' ')), visible]) {
    assert.ok((await shown('prompt')).includes(text), text);
    await page.locator('.entry-error').getByText(`API_ERROR: ${text}`, { exact: true }).first().waitFor();
  }
  await page.locator('.entry').first().click();
  assert.equal((await ended(page)).error, `API_ERROR: ${visible}`);
  await assertInert(page);
  assertHarmless(seen, server.url);
  assert.deepEqual(watch.hits, []);
});
