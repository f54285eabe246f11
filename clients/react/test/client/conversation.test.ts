import { expect, onTestFinished, test } from 'vitest';
import { SpoolClient, textOf } from '../../src/client/index.js';
import type { ConversationStore, ConversationView } from '../../src/client/index.js';
import { refuse, Server, shows } from '../server.js';

async function setup(): Promise<{ server: Server; client: SpoolClient; store: ConversationStore }> {
  const server = await Server.start();
  server.chat('conv-1');
  const client = new SpoolClient(server.options);
  const store = client.conversation('conv-1');
  onTestFinished(store.subscribe(() => {}));
  return { server, client, store };
}

const texts = (view: ConversationView): string[] => view.messages.map(textOf);

test('a message is sent, streams, and ends', async () => {
  const { server, store } = await setup();
  const sent = store.send('Hello');
  expect(await sent).toMatchObject({ queued: false, messageId: 'u1', runId: 'run_1' });
  server.append('conv-1', { kind: 'stream_delta', content: 'Hi ', line: 1 });
  server.append('conv-1', { kind: 'stream_delta', content: 'there', line: 2 });
  expect(texts(await shows(store, (view) => texts(view)[1] === 'Hi there'))).toEqual(['Hello', 'Hi there']);
  expect(store.getSnapshot()).toMatchObject({ isActive: true, run: { id: 'run_1', status: 'running' } });
  server.append('conv-1', { kind: 'text', role: 'assistant', content: 'Hi there.', line: 3 });
  server.complete('conv-1', server.chats.get('conv-1')!.journal[0]!, 'Hi there.');
  const view = await shows(store, (view) => !view.isActive && view.head === 'a1');
  expect(view.messages.map(({ id, status }) => [id, status])).toEqual([['u1', undefined], ['a1', 'succeeded']]);
});

test('what is in the journal is replayed', async () => {
  const server = await Server.start();
  server.chat('conv-1');
  server.complete('conv-1', server.user('conv-1', 'one'), 'first');
  server.complete('conv-1', server.user('conv-1', 'two'), 'second');
  const store = new SpoolClient(server.options).conversation('conv-1');
  const view = await shows(store, (view) => !view.isLoading && view.session !== undefined);
  expect(view.messages.map(({ role, id, parent }) => [role, id, parent])).toEqual([
    ['user', 'u1', ''], ['assistant', 'a1', 'u1'], ['user', 'u2', 'a1'], ['assistant', 'a2', 'u2'],
  ]);
  expect(server.sends('chat.subscribe').at(-1)).toEqual({ type: 'chat.subscribe', sessions: [{ sessionId: 'conv-1', lastSeq: 0, history: true }] });
});

test('after a lost connection the journal goes on behind the last frame, and an unanswered message is sent again', async () => {
  const { server, store } = await setup();
  await store.send('one');
  server.onSend = () => server.cut(); // it is lost on the way
  const sent = store.send('two', { clientMessageId: 'mine', queue: true });
  await server.until(() => server.sends('chat.send').length === 2);
  server.onSend = (frame) => server.user(frame.sessionId, frame.content, frame);
  expect(await sent).toMatchObject({ messageId: 'u2' });
  const again = server.sends('chat.subscribe').filter(({ sessions }) => sessions[0]?.epoch);
  expect(again.at(-1)!.sessions).toEqual([{ sessionId: 'conv-1', lastSeq: 1, epoch: 'epoch-1', history: true }]);
  expect(server.sends('chat.send').map(({ clientMessageId }) => clientMessageId).slice(1)).toEqual(['mine', 'mine']);
  expect(texts(await shows(store, (view) => view.messages.length === 4))).toEqual(['one', '', 'two', '']);
});

test('a refused message is shown with its reason, and the next one is sent', async () => {
  const { server, store } = await setup();
  server.onSend = (frame, socket) => {
    if (frame.content === 'bad') return refuse(socket, 'conv-1', 'RUN_IN_PROGRESS');
    server.user('conv-1', frame.content, frame);
  };
  const bad = store.send('bad');
  const good = store.send('good');
  await expect(bad).rejects.toMatchObject({ code: 'RUN_IN_PROGRESS' });
  expect(await good).toMatchObject({ messageId: 'u1' });
  const view = await shows(store, (view) => view.messages.at(-1)?.delivery === 'failed');
  expect(view.messages.at(-1)).toMatchObject({ delivery: 'failed', code: 'RUN_IN_PROGRESS' });
  expect(view.error).toBeUndefined();
  store.dismiss(view.messages.at(-1)!.clientMessageId!);
  expect(texts(await shows(store, (view) => view.messages.every(({ delivery }) => !delivery)))).toEqual(['good', '']);
});
