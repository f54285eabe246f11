// The script clients of demo/ and the wscat commands of its README, run as users run them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { assistant, fakeCLI, init, result } from './fake-cli.mjs';
import { installed, repository, startServer, tempDir } from './server.mjs';

const wscat = join(installed, '.bin', 'wscat');

// clients tells how each one is started: in a directory of its own, as after a copy.
const clients = {
  'client.py': async () => ['python3', join(repository, 'demo/client.py')],
  'client.sh': async () => [join(repository, 'demo/client.sh')],
  'client.mjs': async (t) => {
    const dir = await tempDir(t);
    await symlink(installed, join(dir, 'node_modules'));
    await copyFile(join(repository, 'demo/client.mjs'), join(dir, 'client.mjs'));
    return [process.execPath, join(dir, 'client.mjs')];
  },
};

// execute runs a command to its end: { status, stdout, stderr }. stdin is empty, as it
// is for a script that cron starts.
function execute([program, ...args]) {
  return started([program, ...args], 'ignore').done;
}

function started([program, ...args], stdin) {
  const child = spawn(program, args, { stdio: [stdin, 'pipe', 'pipe'], env: { ...process.env, WSCAT: wscat } });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => { output[name] += text; });
  const done = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, ...output }));
  });
  return { child, done };
}

const parsed = (stdout) => stdout.trimEnd().split('\n').map((line) => JSON.parse(line));

for (const [name, command] of Object.entries(clients)) {
  test(`${name}: the agent's lines on stdout, exit 0`, async (t) => {
    const server = await startServer(t, '--demo');
    const prompt = 'He said "hi" \\ $(id) `id` – 你好 😀';
    const { status, stdout, stderr } = await execute([...await command(t), server.ws, prompt, 'TASK-123']);
    assert.equal(status, 0, stderr);
    const lines = parsed(stdout);
    assert.ok(lines.every((line) => line.type), 'nothing but the agent\'s lines');
    assert.equal(lines.at(-1).type, 'result');
    assert.ok(lines.at(-1).result.includes(prompt), 'the prompt arrived byte for byte');
    assert.doesNotMatch(stderr, /error/i);
  });

  test(`${name}: a failed run is exit 1, with the error on stderr`, async (t) => {
    const server = await startServer(t, '--demo');
    const run = await command(t);
    const [api, crash] = await Promise.all(['error', 'crash'].map((word) => execute([...run, server.ws, word, 'A'])));
    assert.deepEqual([api.status, crash.status], [1, 1]);
    assert.match(api.stderr, /"code":"API_ERROR"/);
    assert.match(crash.stderr, /"code":"EXIT_NONZERO"/);
    assert.doesNotMatch(api.stdout + crash.stdout, /"code":/);
    assert.equal(parsed(api.stdout).at(-1).is_error, true);
  });

  test(`${name}: refused input is exit 2, no server is exit 1, a timeout is exit 3`, async (t) => {
    const server = await startServer(t, '--demo', '--run-timeout=1s', '--stop-grace=200ms');
    const run = await command(t);
    const cases = [[server.ws, 'hi', 'not a task'], [server.ws, 'x'.repeat(8193), 'A'], ['ws://127.0.0.1:1/ws/claude', 'hi', 'A'], [server.ws, 'silent', 'A']];
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

  test(`${name}: interrupted, it leaves and the run is stopped`, async (t) => {
    const server = await startServer(t, '--demo');
    const [program, ...args] = [...await command(t), server.ws, 'silent', 'A'];
    const { child, done } = started([program, ...args], 'ignore');
    await server.running(1);
    child.kill('SIGINT');
    assert.notEqual((await done).status, 0);
    await server.running(0);
  });
}

for (const [name, command] of Object.entries(clients)) {
  test(`${name}: a long line arrives whole, stderr stays apart`, async (t) => {
    const long = assistant({ type: 'text', text: 'x😀'.repeat(60_000) }); // fragments, and a rune on their borders
    const cli = await fakeCLI(t, { long: { lines: [init, long, result('done')], stderr: 'a warning\n' } });
    const server = await startServer(t, `--claude=${cli}`);
    const { status, stdout, stderr } = await execute([...await command(t), server.ws, 'long', 'A']);
    assert.equal(status, 0, stderr);
    assert.ok(stdout.split('\n')[1] === JSON.stringify(long), 'byte for byte');
    assert.match(stderr, /a warning/);
    assert.doesNotMatch(stdout, /a warning/);
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
