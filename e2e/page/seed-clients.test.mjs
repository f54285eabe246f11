// Clients written for the first server of this protocol: they must work unchanged.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Window } from 'happy-dom';
import { WebSocket } from 'ws';
import { basicClient } from './basic-client.mjs';
import { startServer } from './server.mjs';

globalThis.WebSocket ??= WebSocket;

// These clients say "localhost", so the server must take that as its own name too.
const local = (server) => server.ws.replace('127.0.0.1', 'localhost');

test('the basic JavaScript client runs a prompt', async (t) => {
  const server = await startServer(t, '--demo');
  const { frames, errors, plain, code } = await basicClient(local(server), 'Hello Claude', 'TASK-123');
  assert.equal(frames[0], '{"info":"send {prompt,meta}"}');
  assert.match(frames[1], /^\{"info":"run","run":"run_/);
  assert.match(frames.join('\n'), /"type":"assistant".*Hello Claude/);
  assert.match(frames.at(-1), /"type":"result"/);
  assert.deepEqual([errors, plain, code], [[], [], 1000]);
});

test('the basic JavaScript client sees an error and its close code', async (t) => {
  const server = await startServer(t, '--demo');
  const refused = await basicClient(local(server), '', 'TASK-123');
  assert.equal(refused.errors.length, 1);
  assert.equal(refused.code, 1008);
  const failed = await basicClient(local(server), 'crash', 'TASK-123');
  assert.equal(failed.errors.length, 1);
  assert.equal(failed.code, 1011);
});

test('the React hook runs a prompt, and another connect ends the first run', async (t) => {
  const server = await startServer(t, '--demo');
  const hook = await mountHook(t, local(server));
  hook.now.connect('silent', 'TASK-1');
  await hook.until(({ messages }) => messages.some((text) => text.includes('"info":"run"')));
  await server.running(1);
  hook.now.connect('Hello hook', 'TASK-2');
  await hook.until(({ messages }) => messages.some((text) => text.includes('"type":"result"')));
  await hook.until(({ isConnected }) => !isConnected);
  assert.match(hook.now.messages.join('\n'), /Hello hook/);
  await server.running(0);
});

// mountHook renders the hook in a DOM and follows what it returns: `now` is its latest
// value, `until` waits for the render in which a condition holds.
async function mountHook(t, url) {
  const window = new Window();
  Object.assign(globalThis, { window, document: window.document });
  globalThis.navigator ??= window.navigator; // newer Nodes have one
  const { createElement } = await import('react');
  const { createRoot } = await import('react-dom/client');
  const { useClaude } = await import('./use-claude.mjs');
  const hook = { now: null, waiting: [] };
  function Probe() {
    hook.now = useClaude(url);
    hook.waiting = hook.waiting.filter((check) => !check(hook.now));
    return null;
  }
  hook.until = (holds) => new Promise((resolve) => {
    const check = (value) => holds(value) && (resolve(), true);
    if (!check(hook.now)) hook.waiting.push(check);
  });
  const root = createRoot(window.document.createElement('div'));
  t.after(async () => { root.unmount(); await window.happyDOM.close(); });
  const mounted = new Promise((resolve) => { hook.waiting.push(() => (resolve(), true)); });
  root.render(createElement(Probe));
  await mounted;
  return hook;
}
