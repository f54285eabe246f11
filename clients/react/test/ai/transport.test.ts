import { expect, test } from 'vitest';
import { SpoolChatTransport } from '../../src/ai/index.js';
import { Server } from '../server.js';

const stream = '/api/chats/conv-1/stream';

/** The events of a stream: some text in pieces, as a network has it. */
function answer(...pieces: string[]): { body: Response } {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(encoder.encode(piece));
      controller.close();
    },
  });
  return { body: new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }) };
}

async function setup(): Promise<{ server: Server; transport: SpoolChatTransport }> {
  const server = await Server.start();
  server.chat('conv-1');
  return { server, transport: new SpoolChatTransport(server.options) };
}

const message = (text: string, id = 'm1') => ({ id, role: 'user', parts: [{ type: 'text', text }] });

async function read(from: ReadableStream<unknown> | null): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const chunk of from as unknown as AsyncIterable<unknown>) all.push(chunk);
  return all;
}

test('the last message is sent, and the chunks of its run come', async () => {
  const { server, transport } = await setup();
  server.on('GET', stream, () => answer('id: 1\ndata: {"type":"start"}\n', '\nid: 2\r\ndata: {"type":"text-delta","delta":"ä', '"}\r\n\r\n: ping\n\ndata: [DONE]\n\n'));
  const chunks = await transport.sendMessages({ trigger: 'submit-message', chatId: 'conv-1', messages: [message('no', 'm0'), message('Hello')], body: { model: 'm' } });
  expect(await read(chunks)).toEqual([{ type: 'start' }, { type: 'text-delta', delta: 'ä' }]);
  expect(server.sends('chat.send')).toMatchObject([{ content: 'Hello', clientMessageId: 'm1', options: { model: 'm' } }]);
  expect(server.asked).toContain(`GET ${stream}?run=run_1`);
});

test('a stream that is cut goes on behind its last event', async () => {
  const { server, transport } = await setup();
  const requests: (string | null)[] = [];
  const { fetch } = server;
  const counting = new SpoolChatTransport({ ...server.options, fetch: ((input: string, init: RequestInit) => {
    if (input.includes('/stream')) requests.push(new Headers(init.headers).get('Last-Event-ID'));
    return fetch(input, init);
  }) as typeof globalThis.fetch });
  server.on('GET', stream, () => (requests.length === 1 ? answer('id: 7\ndata: {"n":1}\n\nid: 8\ndata: {"n"') : answer('id: 8\ndata: {"n":2}\n\ndata: [DONE]\n\n')));
  expect(await read(await counting.reconnectToStream({ chatId: 'conv-1' }))).toEqual([{ n: 1 }, { n: 2 }]);
  expect(requests).toEqual([null, '7']);
  expect(transport).toBeDefined();
});

test('without a run there is nothing to come back to', async () => {
  const { server, transport } = await setup();
  server.on('GET', stream, () => ({ status: 204 }));
  expect(await transport.reconnectToStream({ chatId: 'conv-1' })).toBeNull();
});

test('a message is answered again in its place', async () => {
  const { server, transport } = await setup();
  server.complete('conv-1', server.user('conv-1', 'one'), 'first');
  server.complete('conv-1', server.user('conv-1', 'two'), 'second');
  server.on('GET', stream, () => answer('data: [DONE]\n\n'));
  const messages = [message('one'), { ...message('first'), role: 'assistant' }, message('two')];
  await read(await transport.sendMessages({ trigger: 'regenerate-message', chatId: 'conv-1', messages }));
  expect(server.sends('chat.send')).toMatchObject([{ content: 'two', parent: 'a1' }]);
  await read(await transport.sendMessages({ trigger: 'regenerate-message', chatId: 'conv-1', messages: messages.slice(0, 1) }));
  expect(server.sends('chat.send').at(-1)).toMatchObject({ content: 'one', parent: '' });
});

test('what the signal ends is ended on the server too', async () => {
  const { server, transport } = await setup();
  const aborted = new Promise<void>((done) => server.on('POST', '/api/runs/run_1/abort', () => (done(), { status: 202, body: {} })));
  server.on('GET', stream, () => answer('data: {"n":1}\n\n'));
  const stopping = new AbortController();
  const chunks = await transport.sendMessages({ trigger: 'submit-message', chatId: 'conv-1', messages: [message('x')], abortSignal: stopping.signal });
  const reader = chunks.getReader();
  expect(await reader.read()).toMatchObject({ value: { n: 1 } });
  stopping.abort();
  await aborted;
  await expect(reader.read()).rejects.toMatchObject({ name: 'AbortError' });
});

test('what cannot be sent is refused', async () => {
  const { server, transport } = await setup();
  const send = (messages: object[], body = {}) => transport.sendMessages({ trigger: 'submit-message', chatId: 'conv-1', messages: messages as [], body });
  await expect(send([])).rejects.toMatchObject({ code: 'NOT_POSSIBLE' });
  await expect(send([{ id: 'm', role: 'user', parts: [{ type: 'file' }] }])).rejects.toMatchObject({ code: 'NOT_POSSIBLE', message: expect.stringContaining('file') });
  server.onSend = () => {};
  await expect(send([message('x')], { queue: true })).rejects.toMatchObject({ code: 'NOT_POSSIBLE' });
  server.onSend = (frame) => server.user('conv-1', frame.content, frame);
  server.on('GET', stream, () => ({ status: 410, body: { code: 'OUTPUT_GONE', error: 'gone' } }));
  await expect(send([message('y', 'm2')])).rejects.toMatchObject({ code: 'OUTPUT_GONE' });
});
