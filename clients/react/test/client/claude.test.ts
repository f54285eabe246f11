import { expect, onTestFinished, test } from 'vitest';
import type { WebSocket } from 'ws';
import type { ClaudeRun, Envelope, RunState } from '../../src/client/index.js';
import { initialRun, isOver, reduceRun, reduceRunAll, SpoolClient } from '../../src/client/index.js';
import { Server, shows } from '../server.js';

async function setup(): Promise<{ server: Server; run: ClaudeRun; end(): Promise<RunState> }> {
  const server = await Server.start();
  const run = new SpoolClient(server.options).claude();
  onTestFinished(run.subscribe(() => {}));
  onTestFinished(() => run.close());
  return { server, run, end: () => shows(run, ({ status }) => isOver(status)) };
}

const tell = (socket: WebSocket, ...envelopes: Envelope[]): void => envelopes.forEach((envelope) => socket.send(JSON.stringify(envelope)));
const begin: Envelope = { t: 'info', info: 'send {prompt,meta}' };
const named: Envelope = { t: 'info', info: 'run', run: 'run_1' };
const line = (n: number, value: unknown): Envelope => ({ t: 'line', n, line: typeof value === 'string' ? value : JSON.stringify(value) });
const assistant = (text: string) => ({ type: 'assistant', message: { content: [{ type: 'text', text }] } });
const ended: Envelope = { t: 'end', state: 'succeeded' };

test('a prompt is sent when the server asks for it, and its lines come', async () => {
  const { server, run, end } = await setup();
  let protocol = '';
  server.onRunSocket = (socket) => {
    protocol = socket.protocol;
    tell(socket, begin);
    socket.on('message', () => {
      tell(socket, named, line(1, assistant('Hello')), { t: 'stderr', text: 'warning' }, line(2, 'plain'), ended);
      socket.close(1000);
    });
  };
  const lines: number[] = [];
  run.onLine(({ n }) => lines.push(n));
  run.start('Say hello', { meta: 'TASK-1', model: 'm' });
  expect(await end()).toMatchObject({ status: 'succeeded', run: 'run_1', text: 'Hello', last: 2, stderr: ['warning'], lines: [{ n: 1 }, { n: 2, text: 'plain' }] });
  expect([server.paths, server.heard, protocol, lines]).toEqual([['/ws/claude'], [{ prompt: 'Say hello', meta: 'TASK-1', model: 'm' }], 'spool.v1', [1, 2]]);
});

test('a detached run is come back to behind its last line', async () => {
  const { server, run, end } = await setup();
  server.onRunSocket = (socket, url) => {
    if (url.pathname === '/ws/claude') {
      tell(socket, begin, named, line(1, 'one'), { t: 'stderr', text: 'w' }, line(2, 'two'));
      socket.on('message', () => socket.terminate());
    } else {
      tell(socket, named, { t: 'stderr', text: 'w' }, line(2, 'two'), line(3, 'three'), ended);
      socket.close(1000);
    }
  };
  run.start('x', { detach: true });
  const state = await end();
  expect(server.paths).toEqual(['/ws/claude', '/ws/runs/run_1?from=2']);
  expect(state.lines.map(({ text }) => text)).toEqual(['one', 'two', 'three']);
  expect(state).toMatchObject({ status: 'succeeded', stderr: ['w'] });
});

test('a run that ends with its connection is interrupted by a lost one, and not started again', async () => {
  const { server, run, end } = await setup();
  server.onRunSocket = (socket) => {
    tell(socket, begin, named, line(1, 'one'));
    socket.on('message', () => socket.terminate());
  };
  run.start('x');
  expect(await end()).toMatchObject({ status: 'interrupted', code: 'CONNECTION_LOST', lines: [{ n: 1 }] });
  expect(server.paths).toEqual(['/ws/claude']);
});

test('a run of which nothing was heard is not started again, even with detach', async () => {
  const { server, run, end } = await setup();
  server.onRunSocket = (socket) => socket.terminate();
  run.start('x', { detach: true });
  expect(await end()).toMatchObject({ status: 'failed', code: 'CONNECTION_LOST' });
  expect(server.paths).toEqual(['/ws/claude']);
});

test('what is refused is told', async () => {
  const { server, run, end } = await setup();
  server.onRunSocket = (socket) => {
    tell(socket, begin, { t: 'error', error: 'prompt must not be blank', code: 'INVALID_PROMPT' });
    socket.close(1008);
  };
  run.start(' ', { detach: true });
  expect(await end()).toMatchObject({ status: 'failed', code: 'INVALID_PROMPT', error: 'prompt must not be blank' });
});

test.each(['{"info":"send {prompt,meta}"}', 'plain', 'null'])('what answers with %s is no server of this kind', async (frame) => {
  const { server, run, end } = await setup();
  server.onRunSocket = (socket) => socket.send(frame);
  run.start('x');
  expect(await end()).toMatchObject({ status: 'failed', code: 'NOT_SPOOL' });
  await server.until(() => server.open === 0);
});

test('a run is looked at from behind a line, and a server that is away is waited for', async () => {
  const { server, run, end } = await setup();
  await server.stop();
  server.onRunSocket = (socket) => {
    tell(socket, named, line(8, 'eight'), ended);
    socket.close(1000);
  };
  run.attach('run_1', 7);
  await shows(run, ({ status }) => status === 'reconnecting');
  server.on('GET', '/api/runs/run_1', () => ({ body: { run: 'run_1' } }));
  await server.listen();
  expect(await end()).toMatchObject({ status: 'succeeded', last: 8, lines: [{ n: 8 }] });
  expect(server.paths).toEqual(['/ws/runs/run_1?from=7']);
});

test('a run that is not there is not waited for', async () => {
  const { server, run, end } = await setup();
  await server.stop();
  server.on('GET', '/api/runs/run_1', () => ({ status: 404, body: { code: 'NOT_FOUND', error: 'there is no such run' } }));
  run.attach('run_1');
  expect(await end()).toMatchObject({ status: 'failed', code: 'NOT_FOUND', error: 'there is no such run' });
});

test('a run is ended by its id, or before it has one by leaving', async () => {
  const { server, run, end } = await setup();
  server.on('POST', '/api/runs/run_1/abort', () => ({ status: 202, body: {} }));
  server.onRunSocket = (socket) => tell(socket, begin, named);
  run.start('x');
  await shows(run, (state) => state.run === 'run_1');
  await run.abort();
  expect(server.asked).toEqual(['POST /api/runs/run_1/abort']);
  server.onRunSocket = () => {};
  run.start('y');
  await run.abort();
  expect(await end()).toMatchObject({ status: 'aborted' });
});

test('another start lets the first run go', async () => {
  const { server, run, end } = await setup();
  server.onRunSocket = (socket) => {
    tell(socket, begin);
    socket.on('message', () => tell(socket, { ...named, run: `run_${server.paths.length}` } as Envelope));
  };
  run.start('first');
  await shows(run, (state) => state.run === 'run_1');
  server.onRunSocket = (socket) => {
    tell(socket, { ...named, run: 'run_2' } as Envelope, ended);
    socket.close(1000);
  };
  run.start('second');
  expect(await end()).toMatchObject({ run: 'run_2', lines: [] });
  await server.until(() => server.open === 0);
  run.reset();
  await shows(run, (state) => state === initialRun);
});

test('a run shows its place, its deadline and what is said so far', () => {
  const queued = reduceRunAll(initialRun, [named, { t: 'info', info: 'queued', position: 2 }]);
  expect(queued).toMatchObject({ status: 'queued', position: 2 });
  const delta = (text: string) => ({ type: 'stream_event', event: { delta: { type: 'text_delta', text } } });
  const speaking = [line(1, delta('Hel')), line(2, delta('lo'))].reduce(reduceRun, queued);
  expect(speaking).toMatchObject({ status: 'running', position: undefined, text: 'Hello' });
  const more = [line(3, assistant('Hello')), line(4, { ...assistant('aside'), parent_tool_use_id: 't1' }), line(5, assistant('again')), line(6, delta(' …'))].reduce(reduceRun, speaking);
  expect(more.text).toBe('Hello\n\nagain …');
  expect(reduceRun(more, line(7, { type: 'result', result: 'Done' })).text).toBe('Done');
  const { deadline } = reduceRun(more, { t: 'info', info: 'deadline', inSeconds: 30 });
  expect(deadline! - Date.now()).toSatisfy((ms: number) => ms > 29_000 && ms <= 30_000);
});

test('known lines and unknown kinds change nothing', () => {
  const state = reduceRunAll(initialRun, [line(1, 'one')]);
  expect(reduceRunAll(state, [line(1, 'one'), { t: 'new' } as unknown as Envelope])).toEqual(state);
});
