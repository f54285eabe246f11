// W1 and W3 on the chat page: whatever the agent, its tools, people or the server say stays
// text, and nothing is fetched for it.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { launch, newPage } from './browser.mjs';
import { answer, api, assertChatHarmless, ends, openChat, say } from './chat.mjs';
import { canary } from './elsewhere.mjs';
import { assistant, fakeCLI, init, result, streamed } from './fake-cli.mjs';
import { startServer } from './server.mjs';
import { assertText, vectors } from './vectors.mjs';

const browser = await launch();
after(() => browser.close());

// Everything that the page may be made of.
const OWN = ['HTML', 'HEAD', 'META', 'TITLE', 'LINK', 'SCRIPT', 'BODY', 'DIV', 'NAV', 'MAIN', 'HEADER', 'FOOTER', 'SECTION', 'ARTICLE', 'SEARCH', 'DETAILS',
  'SUMMARY', 'DIALOG', 'FORM', 'LABEL', 'INPUT', 'TEXTAREA', 'SELECT', 'OPTION', 'BUTTON', 'A', 'P', 'SPAN', 'BDI', 'STRONG', 'EM', 'DEL', 'CODE', 'PRE', 'KBD', 'MARK',
  'H1', 'H2', 'H3', 'H4', 'H5', 'H6', 'UL', 'OL', 'LI', 'DL', 'DT', 'DD', 'BLOCKQUOTE', 'HR', 'BR', 'TABLE', 'CAPTION', 'THEAD', 'TBODY', 'TR', 'TH', 'TD', 'FIGURE',
  'FIGCAPTION', 'TIME', 'svg', 'path', 'g', 'rect', 'text', 'title'];

// assertInert looks through the whole document for anything that a vector could have made.
async function assertInert(page) {
  const found = await page.evaluate((own) => {
    const suspects = [];
    const link = /^(#|#overview|#main|#conv-[a-z2-7]{26}|\/demo#run_[a-z2-7]{26}|\/api\/chats\/conv-[a-z2-7]{26}\/export\?format=(json|markdown))$/;
    for (const node of document.querySelectorAll('*')) {
      const shown = node.outerHTML.slice(0, 200);
      if (!own.includes(node.tagName)) suspects.push(shown);
      if (node.tagName === 'A' && !link.test(node.getAttribute('href'))) {
        const isSafe = /^(https?:\/\/|mailto:)/.test(node.getAttribute('href')) && node.rel === 'noopener noreferrer' && node.target === '_blank';
        if (!isSafe) suspects.push(shown);
      }
      for (const { name, value } of node.attributes) {
        if (name.startsWith('on') || name === 'srcdoc' || name === 'style' || (name !== 'title' && name !== 'value' && /^\s*(javascript|data|vbscript):/i.test(value))) suspects.push(`${node.tagName} ${name}=${value}`);
      }
    }
    const scripts = [...document.scripts].map((script) => script.getAttribute('src'));
    return { suspects, scripts: scripts.filter((src) => src !== '/bundle.js' && !/^\/assets\/[\w-]+\.js$/.test(src)), pictures: document.images.length, frames: frames.length };
  }, OWN);
  assert.deepEqual(found, { suspects: [], scripts: [], pictures: 0, frames: 0 });
}

// everywhere is one vector in each place of the agent's output that is shown.
const everywhere = (v, i) => [
  streamed({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: v } }),
  streamed({ type: 'content_block_stop', index: 0 }),
  assistant({ type: 'text', text: v }),
  assistant({ type: 'text', text: `> ${v}\n\n1. ${v}\n\n| a |\n|---|\n| ${v.replace(/[\n|]/g, ' ')} |\n\n**${v}** [${v}](${v}) ![${v}](${v}) \`${v}\`` }),
  assistant({ type: 'text', text: `\`\`\`${v.replace(/[\n`]/g, ' ')}\n${v}\n\`\`\`\n\n\`\`\`html\n${v}\n\`\`\`` }),
  assistant({ type: 'thinking', thinking: v }),
  assistant({ type: 'tool_use', id: `t${i}`, name: v, input: { file_path: v, command: v, [v]: { [v]: v } } }),
  { type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: `t${i}`, content: v, is_error: i % 2 === 0 }] } },
  { type: 'system', subtype: 'informational', content: v },
  v.replace(/\n/g, ' '),
];

test('W1: vectors through model text, thoughts, tool names, inputs, file names, results and errors stay text', async (t) => {
  const watch = await canary(t);
  const all = vectors(watch.url);
  assert.equal(all.length, 40);
  const lines = [init, ...all.flatMap(everywhere), result(all.join('\n'), { is_error: true })];
  const server = await startServer(t, `--claude=${await fakeCLI(t, { vectors: { lines, exit: 1 } })}`);
  const { page, seen } = await openChat(t, server.url);
  await say(page, 'vectors');
  await ends(page, 1, 'failed');
  await page.locator('.thinking').evaluateAll((list) => { for (const thought of list) thought.open = true; });
  await page.locator('.tool-head').evaluateAll((list) => { for (const head of list) head.click(); });
  await page.locator('.tool-body').nth(all.length - 1).waitFor();
  await page.locator('.code .hl-name, .code .hl-keyword').first().waitFor();
  await assertText(page, '.tool-name', all);
  await assertText(page, '.input pre', all);
  await assertText(page, '.input dt', all);
  await assertText(page, '.result pre', all);
  await assertText(page, '.code pre', all);
  await assertText(page, '.outcome .code-name', all);
  await assertText(page, '.note', all.map((vector) => vector.replace(/\n/g, ' ')));
  await assertInert(page);
  assertChatHarmless(seen, server.url);
  assert.deepEqual(watch.hits, []);
});

test('W1: vectors in messages, titles, tags, search, approvals and the overview stay text', async (t) => {
  const watch = await canary(t);
  const all = vectors(watch.url).map((vector) => vector.replace(/[\t\n]/g, ' '));
  const server = await startServer(t, '--demo');
  const ids = [];
  for (const name of all) {
    const { chat } = await api(server, 'POST', '/api/chats', { name });
    ids.push(chat.id);
    await api(server, 'PUT', `/api/chats/${chat.id}/tags`, { tags: [name.slice(0, 64), 'x'] });
  }
  const { page, seen } = await openChat(t, server.url);
  await page.locator('.item').nth(all.length - 1).waitFor();
  await assertText(page, '.item-title', all);
  await assertText(page, '.item .tag', all.map((name) => name.slice(0, 64)));
  await page.evaluate((id) => { location.hash = id; }, ids[6]);
  await page.locator('h1', { hasText: all[6] }).waitFor();
  assert.equal(await page.title(), `${all[6]} – Spool`);
  await say(page, all.join('\n'));
  await ends(page);
  await assertText(page, '.bubble', all);
  await say(page, `approve ${all.join(' ')}`);
  await page.locator('.approval .always-what').first().waitFor();
  await assertText(page, '.approval .input pre', all);
  await assertText(page, '.approval .always-what', all);
  await page.getByLabel('What to tell the model').fill(all.slice(0, 20).join(' '));
  await page.getByRole('button', { name: 'Deny' }).click();
  await ends(page, 2);
  await assertText(page, '.decided', all.slice(0, 20));
  await page.getByLabel('Search titles and messages').fill('alert');
  await page.locator('.item mark').nth(10).waitFor();
  await assertInert(page);
  await page.evaluate(() => { location.hash = 'overview'; });
  await page.locator('.run').nth(1).waitFor();
  await assertInert(page);
  assertChatHarmless(seen, server.url);
  assert.deepEqual(watch.hits, []);
});

test('W1: vectors in what the server says stay text: refusals, health, runs, records of approvals', async (t) => {
  const watch = await canary(t);
  const all = vectors(watch.url);
  const server = await startServer(t, '--demo');
  const { page, seen } = await newPage(t);
  let [v] = all;
  await page.route('**/api/health', (route) => route.fulfill({ json: { status: v, version: v, demo: true, cli: { found: false, version: v, problem: v, hint: v },
    runs: { running: 1, max: 1, queued: 0, maxQueue: 0 }, sockets: { open: 1, max: 1 }, storage: { low: false }, limits: {}, allows: { models: [v], permissionModes: [v] },
    words: all.map((word) => ({ word, what: word })) } }));
  await page.route('**/api/chats', (route) => (route.request().method() === 'POST' ? route.fulfill({ status: 400, json: { code: v, error: v } }) : route.continue()));
  await page.route('**/api/runs?**', (route) => route.fulfill({ json: { runs: all.map((x, i) => ({ run: x, meta: x, state: x, code: x, error: x, prompt: x, conversation: x, createdAt: x, startedAt: x, endedAt: x, position: i })) } }));
  await page.goto(server.url);
  await page.locator('.words li').nth(all.length - 1).waitFor();
  await assertText(page, '.words strong', all);
  await page.locator('.warning', { hasText: v }).waitFor();
  for (v of all.slice(0, 8)) {
    await say(page, 'hello');
    await page.locator('.notice', { hasText: v.replace(/\t/g, '\t') }).last().waitFor();
  }
  await assertInert(page);
  await page.evaluate(() => { location.hash = 'overview'; });
  await page.locator('.run').nth(all.length - 1).waitFor();
  await assertText(page, '.run-error', all.map((x) => `${x}: ${x}`));
  for (const href of await page.locator('.run a').evaluateAll((list) => list.map((a) => a.getAttribute('href')))) assert.match(href, /^\/demo#[\w%.!~*'()-]+$/);
  await page.locator('.run a').evaluateAll((list) => { for (const a of list) a.setAttribute('href', '#'); });
  await assertInert(page);
  assertChatHarmless(seen, server.url);
  assert.deepEqual(watch.hits, []);
});

test('W3: links lead to http, https and mailto only and take nothing with them; pictures are links', async (t) => {
  const watch = await canary(t);
  const text = [
    `[good](https://example.org/a?b=1) <${watch.url}/auto> https://example.com/bare [mail](mailto:a@example.org)`,
    `[one](javascript:alert(1)) [two](JAVASCRIPT:alert(1)) [three](java\tscript:alert(1)) [four](&#106;avascript:alert(1)) [five](data:text/html,x) [six](vbscript:x)`,
    `[seven](file:///etc/passwd) [eight](//evil.example/x) [nine](/api/chats) [ten](blob:x) [eleven](ftp://example.org) [twelve][ref]`,
    `![pixel](${watch.url}/pixel.png?secret=1) ![data](data:image/png;base64,AAAA) ![](${watch.url}/nothing.svg)`,
    '[ref]: javascript:alert(1)',
  ].join('\n\n');
  const server = await startServer(t, `--claude=${await fakeCLI(t, { links: { lines: [init, assistant({ type: 'text', text }), result('')] } })}`);
  const { page, seen } = await openChat(t, server.url);
  await say(page, 'links');
  await ends(page);
  const links = await answer(page).locator('.markdown a').evaluateAll((list) => list.map(({ href, rel, target, textContent }) => ({ href, rel, target, textContent })));
  assert.deepEqual(links.map(({ href }) => href), ['https://example.org/a?b=1', `${watch.url}/auto`, 'https://example.com/bare', 'mailto:a@example.org',
    `${watch.url}/pixel.png?secret=1`, `${watch.url}/nothing.svg`]);
  assert.ok(links.every(({ rel, target }) => rel === 'noopener noreferrer' && target === '_blank'));
  assert.equal(links[4].textContent, `image: pixel ${watch.url}/pixel.png?secret=1`, 'where a picture comes from can be read');
  assert.match(await answer(page).textContent(), /\[one\]\(javascript:alert\(1\)\)/, 'what leads nowhere stays what was written');
  await assertInert(page);
  assertChatHarmless(seen, server.url);
  assert.deepEqual(watch.hits, []);
});
