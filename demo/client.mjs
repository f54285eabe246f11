#!/usr/bin/env node
// Run one prompt on a Spool server and print the agent's output line by line.
//
//     node client.mjs PROMPT [META]
//     node client.mjs URL PROMPT META
//
// The run is started as one that goes on by itself, and followed by the numbers of its
// lines. A lost connection costs nothing: the client comes back and asks for the lines
// behind the last one that it has, also when the server was killed and started again.
//
// Lines go to stdout; the agent's stderr and errors go to stderr. Exit status: 0 done,
// 1 failed, 2 input refused, 3 timeout. Ctrl-C ends the run. Node 20 or newer, no packages.

const PATIENCE = 60_000; // milliseconds in which a server that went away must be back
const SILENCE = 60_000; // without a byte: a server that is well sends a sign of life every 25 s

const args = process.argv.slice(2);
const url = (args.length === 3 ? args.shift() : 'http://127.0.0.1:3000').replace(/\/$/, '');
if (args.length < 1 || args.length > 2 || !/^https?:\/\/./.test(url)) {
  console.error('usage: node client.mjs [http://HOST:PORT] PROMPT META');
  process.exit(2);
}
const [prompt, meta = 'TASK-123'] = args;

// Refused is what the server says when it has understood, and will not.
class Refused extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

// request returns the answer. Its body is still to come.
async function request(path, options) {
  const answer = await fetch(url + path, options);
  if (!answer.ok) throw new Refused(answer.status, await answer.text());
  return answer;
}

// start starts the run and returns its id. An answer may get lost: with the key, the same
// request once more is the same run.
async function start(key = crypto.randomUUID(), attempts = 3) {
  const options = { method: 'POST', headers: { 'Idempotency-Key': key }, body: JSON.stringify({ prompt, meta }) };
  try {
    return (await (await request('/api/runs', options)).json()).run;
  } catch (error) {
    if (error instanceof Refused || error.cause?.code === 'ECONNREFUSED' || attempts === 1) throw error;
    return start(key, attempts - 1);
  }
}

const abort = (run) => request(`/api/runs/${run}/abort`, { method: 'POST' });

// envelopes yields what one connection brings of a run, behind a line; null is a sign of life.
async function* envelopes(run, after) {
  const silent = new AbortController();
  let timer;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silent.abort(new Error('the server is silent')), SILENCE);
  };
  alive();
  try {
    const { body } = await request(`/api/runs/${run}/lines?from=${after}`, { headers: { Accept: 'application/x-ndjson' }, signal: silent.signal });
    let begun = ''; // a line of which not all has come
    for await (const text of body.pipeThrough(new TextDecoderStream())) {
      alive();
      const lines = text.split('\n');
      lines[0] = begun + lines[0];
      begun = lines.pop();
      for (const line of lines) yield line === '' ? null : JSON.parse(line);
    }
  } finally {
    clearTimeout(timer);
  }
  throw new Error('the answer ended too early');
}

// follow prints a run to its end, over as many connections as it takes, and returns the end.
async function follow(run) {
  let [last, warnings] = [0, 0]; // what was printed: the number of the last line, how many of stderr
  let [seen, pause] = [Date.now(), 100];
  for (;;) {
    let came = 0; // of stderr, all of which comes again on each connection
    try {
      for await (const envelope of envelopes(run, last)) {
        [seen, pause] = [Date.now(), 100];
        if (envelope?.t === 'line') {
          process.stdout.write(`${envelope.line}\n`);
          last = envelope.n;
        } else if (envelope?.t === 'stderr' && ++came > warnings) {
          console.error(envelope.text);
          warnings = came;
        } else if (envelope?.t === 'end' || envelope?.t === 'error') return envelope;
      }
    } catch (error) {
      const ready = error.status < 500; // and it says no
      if (ready || Date.now() - seen > PATIENCE) throw error;
      console.error(`${error.cause?.message ?? error.message}: connecting again`);
    }
    await new Promise((resolve) => { setTimeout(resolve, pause); });
    pause = Math.min(2 * pause, 3000);
  }
}

// leave ends the run, for which nobody waits any more, and then this program.
async function leave(run, status) {
  try {
    await abort(await run);
  } catch { /* the server is gone, or there is no run */ }
  process.exit(status);
}

try {
  const run = start();
  process.stdout.on('error', () => leave(run, 1)); // as in: node client.mjs … | head -1
  process.once('SIGINT', () => leave(run, 130));
  process.once('SIGTERM', () => leave(run, 143));
  const end = await follow(await run);
  if (end.state !== 'succeeded') console.error(JSON.stringify(end));
  process.exitCode = { succeeded: 0, timed_out: 3 }[end.state] ?? 1;
} catch (error) {
  console.error(error.cause?.message ?? error.message);
  process.exitCode = [400, 413].includes(error.status) ? 2 : 1;
}
