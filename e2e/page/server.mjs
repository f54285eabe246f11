// The built server as the tests use it: started on a free port, stopped by its own pid.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const repository = fileURLToPath(new URL('../..', import.meta.url));
export const installed = fileURLToPath(new URL('../node_modules', import.meta.url));

// tempDir makes a directory that is removed when the test is over.
export async function tempDir(t) {
  const dir = await mkdtemp(join(tmpdir(), 'spool-page-'));
  t.after(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  return dir;
}

// binary is SPOOL_BINARY, or a build of this repository made once per test file.
let built;
async function binary() {
  if (process.env.SPOOL_BINARY) return process.env.SPOOL_BINARY;
  built ??= (async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'spool-build-')), 'spool');
    await promisify(execFile)('go', ['build', '-o', path, '.'], { cwd: repository });
    return path;
  })();
  return built;
}

// startServer starts the server with these flags and returns it once it listens:
// { url, ws, pid, health(), running(n), signal(name), exited }. With { after } of the test
// runner for t it is the server of all tests of a file.
export async function startServer(t, ...flags) {
  const dir = await mkdtemp(join(tmpdir(), 'spool-page-')); // a --data-dir among the flags comes later and wins
  const child = spawn(await binary(), ['--listen=127.0.0.1:0', `--data-dir=${join(dir, 'data')}`, '--warm=0', ...flags],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, HOME: dir } }); // the stand-in keeps its sessions there
  const exited = once(child, 'exit');
  t.after(async () => {
    await stop(child, exited);
    await rm(dir, { recursive: true, force: true });
  });
  const url = await address(child);
  return {
    url,
    ws: `${url.replace('http', 'ws')}/ws/claude`,
    pid: child.pid,
    exited,
    health: () => health(url),
    running: (n) => until(async () => (await health(url)).runs.running === n, `${n} running`),
    signal: (name) => child.kill(name),
  };
}

// address waits for the line that tells the bound address, and fails with the server's
// own words when it exits instead.
async function address(child) {
  let log = '';
  child.stderr.on('data', (text) => { log += text; });
  for await (const line of createInterface({ input: child.stdout })) {
    const found = /^listening on (http:\S+)$/.exec(line);
    if (!found) continue;
    child.stdout.resume();
    return found[1];
  }
  throw new Error(`the server did not start: ${log}`);
}

// stop asks again until the server is gone: the first signal lets runs end in peace, the
// next ones mean at once. One that takes half a minute even so is killed.
async function stop(child, exited) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const again = setInterval(() => child.kill('SIGTERM'), 200);
  const enough = setTimeout(() => child.kill('SIGKILL'), 30_000);
  await exited;
  clearInterval(again);
  clearTimeout(enough);
}

// submit starts a run over HTTP and returns its record, once it has ended if wait is set.
export async function submit(server, prompt, { meta = 'TASK-123', wait = false } = {}) {
  const response = await fetch(`${server.url}/api/runs${wait ? '?wait=true' : ''}`, { method: 'POST', body: JSON.stringify({ prompt, meta }) });
  return response.json();
}

export async function recordOf(server, run) {
  return (await fetch(`${server.url}/api/runs/${run}`)).json();
}

// linesOf returns the output of a run, at its end, as the server has it.
export async function linesOf(server, run) {
  const response = await fetch(`${server.url}/api/runs/${run}/lines`, { headers: { Accept: 'text/plain' } });
  return (await response.text()).split('\n').slice(0, -1);
}

async function health(url) {
  return (await fetch(`${url}/api/health`)).json();
}

// until asks again until the answer is yes, for things that tell of no event.
export async function until(yes, what, ms = 20_000) {
  const deadline = Date.now() + ms;
  while (!await yes()) {
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 25); });
  }
}
