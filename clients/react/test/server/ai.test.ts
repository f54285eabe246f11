import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { SpoolChatTransport } from '../../src/ai/index.js';
import type { SocketConstructor } from '../../src/client/index.js';
import { SpoolClient } from '../../src/client/index.js';
import { Spool } from './spool.js';

const spool = new Spool();
beforeAll(() => spool.start(), 120_000);
afterAll(() => spool.remove(), 30_000);

interface Chunk {
  type: string;
  delta?: string;
  messageId?: string;
  messageMetadata?: { state?: string };
}

async function setup(): Promise<{ client: SpoolClient; transport: SpoolChatTransport; chatId: string }> {
  const client = new SpoolClient({ url: spool.url, WebSocket: WebSocket as unknown as SocketConstructor });
  return { client, transport: new SpoolChatTransport({ client }), chatId: (await client.conversations.create()).id };
}

const asking = (id: string, text: string) => ({ id, role: 'user', parts: [{ type: 'text', text }] });

async function all(stream: ReadableStream<Chunk>): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for (const reader = stream.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) return chunks;
    chunks.push(value);
  }
}

const textOf = (chunks: Chunk[]): string => chunks.map(({ delta = '' }) => delta).join('');

test('the transport of the AI SDK sends a message and streams its answer', async () => {
  const { client, transport, chatId } = await setup();
  const chunks = await all(await transport.sendMessages({ trigger: 'submit-message', chatId, messages: [asking('m1', 'hello')] }));
  expect(chunks[0]).toMatchObject({ type: 'start', messageId: expect.stringMatching(/^run_/) });
  expect(chunks.at(-1)).toMatchObject({ type: 'finish', messageMetadata: { state: 'succeeded' } });
  const { messages } = await client.http.json<{ messages: { content: string }[] }>('GET', `/api/chats/${chatId}/messages`);
  expect(messages.map(({ content }) => content)).toEqual(['hello', textOf(chunks)]);
  expect(await transport.reconnectToStream({ chatId })).toBeNull();
});

test('whoever reconnects gets the answer from its beginning, and an abort ends it', async () => {
  const { client, transport, chatId } = await setup();
  const sent = await transport.sendMessages({ trigger: 'submit-message', chatId, messages: [asking('m1', 'slow')] });
  const again = await transport.reconnectToStream({ chatId });
  await client.http.json('POST', `/api/chats/${chatId}/abort`);
  const [first, second] = await Promise.all([all(sent), all(again!)]);
  expect(second).toEqual(first);
  expect(first.at(-1)).toMatchObject({ type: 'finish', messageMetadata: { state: 'aborted' } });
});
