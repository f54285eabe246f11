// W1: whatever the agent, its tools or the server say stays text.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { assertHarmless, ended, launch, newPage, openDemo, send } from './browser.mjs';
import { assistant, fakeCLI, init, result } from './fake-cli.mjs';
import { startServer } from './server.mjs';
import { vectors } from './vectors.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

// canary is a loopback server that counts who comes.
async function canary(t) {
  const hits = [];
  const server = createServer((request, response) => { hits.push(request.url); response.end(); });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => server.close());
  return { hits, url: `http://127.0.0.1:${server.address().port}` };
}

const streamed = (event) => ({ type: 'stream_event', event, parent_tool_use_id: null });

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

// assertText proves that the vectors did arrive there, character for character.
async function assertText(page, selector, all) {
  const texts = (await page.locator(selector).allTextContents()).join('\n');
  for (const vector of all) assert.ok(texts.includes(vector), `${selector} shows ${vector}`);
}

// assertInert looks through the whole document for anything that a vector could have made.
async function assertInert(page) {
  const found = await page.evaluate(() => {
    const own = ['HTML', 'HEAD', 'META', 'TITLE', 'LINK', 'SCRIPT', 'BODY', 'HEADER', 'MAIN', 'FOOTER', 'SECTION', 'NOSCRIPT', 'svg', 'path',
      'H1', 'H2', 'H3', 'P', 'SPAN', 'DIV', 'UL', 'OL', 'LI', 'DL', 'DT', 'DD', 'FORM', 'LABEL', 'TEXTAREA', 'INPUT', 'BUTTON', 'KBD', 'CODE',
      'DETAILS', 'SUMMARY', 'PRE'];
    const suspects = [];
    for (const node of document.querySelectorAll('*')) {
      if (!own.includes(node.tagName)) suspects.push(node.outerHTML.slice(0, 200));
      for (const { name, value } of node.attributes) {
        if (name.startsWith('on') || /^\s*(javascript|data):/i.test(value)) suspects.push(`${name}=${value}`);
      }
    }
    const scripts = [...document.scripts].map((script) => script.getAttribute('src'));
    return { suspects, scripts, forms: document.forms.length, svgs: document.querySelectorAll('svg').length };
  });
  assert.deepEqual(found, { suspects: [], scripts: ['/ws-demo.js'], forms: 1, svgs: 1 });
}

test('W1: vectors from the server stay text: run id, errors, close reason, health', async (t) => {
  const watch = await canary(t);
  const all = vectors(watch.url);
  const server = await startServer(t, '--demo');
  const { page, seen } = await newPage(t);
  let [vector] = all;
  let demo = true;
  await page.routeWebSocket('**/ws/claude', (socket) => {
    socket.send('{"info":"send {prompt,meta}"}');
    socket.onMessage(() => {
      socket.send(JSON.stringify({ info: 'queued', position: vector }));
      socket.send(JSON.stringify({ info: 'run', run: vector }));
      if (demo) socket.send(JSON.stringify({ error: vector, code: vector })); // else the close reason is shown
      socket.close({ code: 1011, reason: vector.slice(0, 100) });
    });
  });
  await page.route('**/api/health', (route) => route.fulfill({ json: {
    status: vector, version: vector, demo, cli: { found: false, version: vector, problem: vector, hint: vector },
    runs: { running: vector, max: vector }, words: all.map((word) => ({ word, what: word })),
  } }));
  await page.goto(server.url);
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
