// The script clients of demo/ and the wscat commands of its README, run as users run them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { assistant, fakeCLI, init, result } from './fake-cli.mjs';
import { startProxy } from './proxy.mjs';
import { installed, repository, startServer, tempDir, until } from './server.mjs';

const wscat = join(installed, '.bin', 'wscat');

// clients tells how each one is started: as a copy in a directory of its own, with nothing
// beside it.
const programs = { 'client.py': ['python3'], 'client.sh': ['bash'], 'client.mjs': [process.execPath] };
const clients = Object.fromEntries(Object.entries(programs).map(([name, program]) => [name, async (t) => {
  const copy = join(await tempDir(t), name);
  await copyFile(join(repository, 'demo', name), copy);
  return [...program, copy];
}]));

// execute runs a command to its end: { status, stdout, stderr }. stdin is empty, as it
// is for a script that cron starts.
function execute([program, ...args]) {
  return started([program, ...args], 'ignore').done;
}

function started([program, ...args], stdin) {
  const child = spawn(program, args, { stdio: [stdin, 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => { output[name] += text; });
  const done = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, ...output }));
  });
  return { child, done, output };
}

const parsed = (stdout) => stdout.trimEnd().split('\n').map((line) => JSON.parse(line));

// nobody is an address at which nobody listens.
async function nobody() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return `http://127.0.0.1:${port}`;
}

for (const [name, command] of Object.entries(clients)) {
  test(`${name}: the agent's lines on stdout, exit 0`, async (t) => {
    const server = await startServer(t, '--demo');
    const prompt = 'He said "hi" \\ $(id) `id`\n\t– 你好 😀';
    const { status, stdout, stderr } = await execute([...await command(t), server.url, prompt, 'TASK-123']);
    assert.equal(status, 0, stderr);
    const lines = parsed(stdout);
    assert.ok(lines.every((line) => line.type), 'nothing but the agent\'s lines');
    assert.equal(lines.at(-1).type, 'result');
    assert.ok(lines.at(-1).result.includes(prompt), 'the prompt arrived byte for byte');
    assert.equal(stderr, '');
  });

  test(`${name}: a failed run is exit 1, with the error on stderr`, async (t) => {
    const server = await startServer(t, '--demo');
    const run = await command(t);
    const [api, crash] = await Promise.all(['error', 'crash'].map((word) => execute([...run, server.url, word, 'A'])));
    assert.deepEqual([api.status, crash.status], [1, 1]);
    assert.match(api.stderr, /"code":"API_ERROR"/);
    assert.match(crash.stderr, /"code":"EXIT_NONZERO"/);
    assert.doesNotMatch(api.stdout + crash.stdout, /"code":/);
    assert.equal(parsed(api.stdout).at(-1).is_error, true);
  });

  test(`${name}: refused input is exit 2, no server is exit 1, a timeout is exit 3`, async (t) => {
    const server = await startServer(t, '--demo', '--run-timeout=1s', '--stop-grace=200ms');
    const run = await command(t);
    const cases = [[server.url, 'hi', 'not a task'], [server.url, 'x'.repeat(8193), 'A'], [await nobody(), 'hi', 'A'], [server.url, 'silent', 'A']];
    const ends = await Promise.all(cases.map((args) => execute([...run, ...args])));
    assert.deepEqual(ends.map((end) => end.status), [2, 2, 1, 3]);
    assert.match(ends[0].stderr, /INVALID_META/);
    assert.match(ends[1].stderr, /INVALID_PROMPT/);
    assert.notEqual(ends[2].stderr, '');
    assert.match(ends[3].stderr, /TIMEOUT_WALL/);
  });

  test(`${name}: wrong arguments print how to call it, exit 2`, async (t) => {
    const run = await command(t);
    const [none, many] = await Promise.all([execute(run), execute([...run, '1', '2', '3', '4'])]);
    assert.deepEqual([none.status, many.status], [2, 2]);
    assert.match(none.stderr, /PROMPT/);
  });

  for (const signal of ['SIGINT', 'SIGTERM']) {
    test(`${name}: at ${signal} it leaves and the run is ended`, async (t) => {
      const server = await startServer(t, '--demo');
      const { child, done, output } = started([...await command(t), server.url, 'slow', 'A'], 'ignore');
      await until(() => output.stdout.includes('\n'), 'a line');
      child.kill(signal);
      assert.notEqual((await done).status, 0);
      await server.running(0);
      const states = async () => (await (await fetch(`${server.url}/api/runs`)).json()).runs.map((run) => run.state);
      await until(async () => !(await states()).includes('running'), 'the record has its end');
      assert.deepEqual(await states(), ['aborted']);
    });
  }

  test(`${name}: when nobody takes its lines it leaves and the run is ended`, async (t) => {
    const server = await startServer(t, '--demo');
    const { child, done } = started([...await command(t), server.url, 'slow', 'A'], 'ignore');
    child.stdout.once('data', () => child.stdout.destroy());
    assert.notEqual((await done).status, 0);
    await server.running(0);
  });

  test(`${name}: a long line arrives whole, stderr stays apart`, async (t) => {
    const long = assistant({ type: 'text', text: 'x😀'.repeat(60_000) }); // fragments, and a rune on their borders
    const cli = await fakeCLI(t, { long: { lines: [init, long, result('done')], stderr: 'a warning\n' } });
    const server = await startServer(t, `--claude=${cli}`);
    const { status, stdout, stderr } = await execute([...await command(t), server.url, 'long', 'A']);
    assert.equal(status, 0, stderr);
    assert.ok(stdout.split('\n')[1] === JSON.stringify(long), 'byte for byte');
    assert.match(stderr, /a warning/);
    assert.doesNotMatch(stdout, /a warning/);
  });
}

// What an agent may print, whatever one thinks of it.
const odd = ['', ' two  spaces ', 'a "quote" and a \\ and \\"', 'data: id: 7', '{"t":"end","state":"failed"}', '{"error":"mine","code":"X"}', 'a tab\t\u2028 é 😀', 'a CR\r in "it" \\'];
const many = Array.from({ length: 400 }, (_, i) => `line ${i} ${'x'.repeat(i)}`);
const warnings = ['warning 1', 'warning 2', 'warning 3'];

// assertOnce looks for each line and each warning, once and in order. client.sh tells
// warnings as envelopes.
function assertOnce({ status, stdout, stderr }, lines) {
  assert.equal(status, 0, stderr);
  assert.deepEqual(stdout.split('\n'), [...lines, '']);
  assert.deepEqual(stderr.match(/warning \d/g), warnings);
}

for (const [name, command] of Object.entries(clients)) {
  test(`${name}: a server that is killed and started again costs no line`, async (t) => {
    const dir = await tempDir(t);
    const [cli, gate, data] = ['claude', 'gate', 'data'].map((file) => join(dir, file));
    const last = JSON.stringify(result('done'));
    const part = (lines) => lines.map((line) => `printf '%s\\n' '${line}'`).join('\n');
    await writeFile(cli, `#!/bin/sh
[ "$1" = --version ] && { echo '2.1.197 (Claude Code)'; exit; }
read -r prompt
${part([...odd, ...many])}
echo 'warning 1' >&2
until [ -e '${gate}' ]; do sleep 0.05; done
printf 'warning 2\\nwarning 3\\n' >&2
${part([...many, last])}
`, { mode: 0o755 });
    const flags = [`--claude=${cli}`, `--data-dir=${data}`];
    const first = await startServer(t, ...flags);
    const { done, output } = started([...await command(t), first.url, 'go', 'A'], 'ignore');
    await until(() => output.stdout.includes(`${many.at(-1)}\n`) && output.stderr.includes('warning 1'), 'half of the answer');
    first.signal('SIGKILL');
    await first.exited;
    await until(() => output.stderr.includes('connecting again'), 'a word about it');
    await startServer(t, ...flags, `--listen=${new URL(first.url).host}`);
    await writeFile(gate, '');
    assertOnce(await done, [...odd, ...many, ...many, last]);
  });

  test(`${name}: connections that are cut anywhere cost no line`, async (t) => {
    const proxy = await startProxy(t);
    const last = JSON.stringify(result('done'));
    const cli = await fakeCLI(t, { odd: { lines: [...odd, ...many, last], stderr: warnings.map((line) => `${line}\n`).join('') } });
    const server = await startServer(t, `--claude=${cli}`, proxy.allow);
    Object.assign(proxy, { to: Number(new URL(server.url).port), budget: () => 500 + Math.floor(Math.random() * 20_000) });
    assertOnce(await execute([...await command(t), proxy.url, 'odd', 'A']), [...odd, ...many, last]);
    assert.ok(proxy.cuts > 3, `only ${proxy.cuts} cuts`);
  });
}

test('wscat in one shot, as the README has it', async (t) => {
  const server = await startServer(t, '--demo');
  const { child, done } = started([wscat, '-c', server.ws, '-w', '-1', '-x', '{"prompt":"hello","meta":"TASK-123"}'], 'pipe');
  t.after(() => child.kill());
  const frames = parsed((await done).stdout);
  assert.deepEqual(frames[0], { info: 'send {prompt,meta}' });
  assert.equal(frames.at(-1).type, 'result');
});

test('wscat by hand: connect, then the payload on stdin', async (t) => {
  const server = await startServer(t, '--demo');
  const { child, done } = started([wscat, '-c', server.ws], 'pipe');
  t.after(() => child.kill());
  child.stdout.once('data', () => child.stdin.write('{"prompt":"hello","meta":"TASK-123"}\n'));
  assert.match((await done).stdout, /"type":"assistant".*hello[^]*"type":"result"/);
});
