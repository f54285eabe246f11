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
  await server.until(() => server.asked.filter((what) => what === 'GET /api/chats/conv-1').length === 2); // it may have changed meanwhile
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

test('a message that waits is shown as such until its turn begins, or it is dropped', async () => {
  const { server, store } = await setup();
  await store.send('one');
  server.onSend = () => server.upsert('conv-1', { queued: 1 });
  expect(await store.send('two', { queue: true, clientMessageId: 'two' })).toEqual({ clientMessageId: 'two', queued: true });
  expect(await store.send('three', { interrupt: true, clientMessageId: 'three' })).toMatchObject({ queued: true });
  const view = await shows(store, (view) => view.queued === 1);
  expect(view.messages.map(({ delivery }) => delivery)).toEqual([undefined, undefined, 'queued', 'queued']);
  expect(server.sends('chat.send').map(({ options }) => options)).toEqual([{}, { queue: true }, { interrupt: true }]);
  server.complete('conv-1', server.chats.get('conv-1')!.journal[0]!, 'first');
  server.user('conv-1', 'three', { clientMessageId: 'three' });
  server.append('conv-1', { kind: 'error', runId: '', clientMessageId: 'two', content: 'not any more' });
  const after = await shows(store, (view) => view.messages.some(({ delivery }) => delivery === 'failed'));
  expect(after.messages.filter(({ role }) => role === 'user').map((message) => [textOf(message), message.delivery])).toEqual([
    ['one', undefined], ['three', undefined], ['two', 'failed'],
  ]);
});

test('a message that waits on the server is not sent again after a lost connection', async () => {
  const { server, store } = await setup();
  server.onSend = () => {};
  await store.send('waits', { queue: true });
  server.cut();
  await server.until(() => server.paths.length === 2 && server.open === 1);
  await shows(store, (view) => !view.isLoading);
  server.user('conv-1', 'waits', { clientMessageId: store.getSnapshot().messages[0]!.clientMessageId });
  await shows(store, (view) => view.messages.every(({ delivery }) => !delivery));
  expect(server.sends('chat.send')).toHaveLength(1);
});

test('what is sent before there is a connection is sent when there is one, in its order', async () => {
  const server = await Server.start();
  server.chat('conv-1');
  const store = new SpoolClient(server.options).conversation('conv-1');
  const sent = await Promise.all([store.send('one'), store.send('two')]); // nobody looks
  expect(sent.map(({ messageId }) => messageId)).toEqual(['u1', 'u2']);
});

test('after a reset the journal is all that there is', async () => {
  const { server, store } = await setup();
  await store.send('old');
  const chat = server.chats.get('conv-1')!;
  chat.epoch = 'epoch-2';
  chat.journal.length = 0;
  delete chat.session.head;
  server.user('conv-1', 'new', { messageId: 'u9' });
  server.cut();
  const view = await shows(store, (view) => texts(view)[0] === 'new' && !view.isLoading);
  expect(texts(view)).toEqual(['new', '']);
  server.append('conv-1', { kind: 'stream_delta', content: 'goes on' });
  await shows(store, (view) => texts(view)[1] === 'goes on');
  expect(store.state.epoch).toBe('epoch-2');
});

test('a conversation that is not there says so, and one that is deleted', async () => {
  const { server, client, store } = await setup();
  await store.send('one');
  const unknown = client.conversation('conv-unknown');
  expect(await shows(unknown, (view) => view.error !== undefined)).toMatchObject({ isLoading: false, error: { code: 'SESSION_NOT_FOUND' } });
  server.tell({ kind: 'session_deleted', sessionId: 'conv-1' });
  expect(await shows(store, (view) => view.error !== undefined)).toMatchObject({ error: { code: 'SESSION_NOT_FOUND' } });
  await expect(unknown.send('x')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
});

test('a run is ended by its id, or before it has one by the conversation\'s', async () => {
  const { server, store } = await setup();
  server.on('POST', '/api/runs/run_1/abort', () => ({ status: 202, body: {} }));
  await shows(store, (view) => !view.isLoading);
  await store.abort();
  await server.until(() => server.sends('chat.abort').length === 1);
  await store.send('one');
  await store.abort();
  expect(server.asked).toContain('POST /api/runs/run_1/abort');
  expect(server.sends('chat.abort')).toEqual([{ type: 'chat.abort', sessionId: 'conv-1' }]);
});

test('a request is answered, and one that is gone says so', async () => {
  const { server, store } = await setup();
  const bodies: unknown[] = [];
  server.on('POST', '/api/approvals/apr_1', (body) => {
    bodies.push(body);
    return bodies.length === 1 ? { body: {} } : { status: 409, body: { code: 'APPROVAL_GONE', error: 'gone' } };
  });
  await store.send('one');
  server.append('conv-1', { kind: 'permission_request', requestId: 'apr_1', toolName: 'Bash', input: {}, context: { toolUseId: 't1' } });
  await shows(store, (view) => view.approvals.length === 1);
  await store.respond('apr_1', { allow: true, updatedInput: { command: 'ls' }, rememberEntry: { rule: 1 } });
  expect(bodies).toEqual([{ allow: true, updatedInput: { command: 'ls' }, rememberEntry: { rule: 1 } }]);
  await expect(store.respond('apr_1', { allow: false })).rejects.toMatchObject({ code: 'APPROVAL_GONE', status: 409 });
});

test('another text in the place of a message is a branch, and one can go back', async () => {
  const { server, store } = await setup();
  server.complete('conv-1', (await store.send('one'), server.chats.get('conv-1')!.journal[0]!), 'first');
  const [one] = (await shows(store, (view) => view.head === 'a1')).messages;
  await store.edit(one!, 'other', { model: 'm' });
  expect(server.sends('chat.send').at(-1)).toMatchObject({ content: 'other', parent: '', options: { model: 'm' } });
  expect(texts(store.getSnapshot())).toEqual(['other', '']);
  const [other] = store.getSnapshot().messages;
  expect(store.branchesOf(other!).map(textOf)).toEqual(['one', 'other']);
  server.on('PUT', '/api/chats/conv-1', ({ head }) => {
    const { session } = server.chats.get('conv-1')!;
    Object.assign(session, { head, run: undefined });
    return { body: { chat: session } };
  });
  await store.switchTo(one!);
  expect(texts(await shows(store, (view) => view.head === 'a1'))).toEqual(['one', 'first']);
  await expect(store.switchTo({ ...one!, id: undefined })).rejects.toMatchObject({ code: 'NOT_POSSIBLE' });
});

test('a message is answered once more, from itself or from its answer', async () => {
  const { server, store } = await setup();
  await store.send('one');
  server.complete('conv-1', server.chats.get('conv-1')!.journal[0]!, 'first');
  const [, answer] = (await shows(store, (view) => view.head === 'a1')).messages;
  await store.retry(answer!);
  await store.retry(store.getSnapshot().messages[0]!);
  expect(server.sends('chat.send').map(({ content, parent }) => [content, parent])).toEqual([['one', undefined], ['one', ''], ['one', '']]);
  await expect(store.retry({ ...answer!, parent: 'unknown' })).rejects.toMatchObject({ code: 'NOT_POSSIBLE' });
});

test('a message that could not be sent is sent again as it was', async () => {
  const { server, store } = await setup();
  server.onSend = (_, socket) => refuse(socket, 'conv-1', 'OVERLOADED');
  await expect(store.send('one', { parent: '', model: 'm' })).rejects.toMatchObject({ code: 'OVERLOADED' });
  const [failed] = (await shows(store, (view) => view.messages[0]?.delivery === 'failed')).messages;
  server.onSend = (frame) => server.user('conv-1', frame.content, frame);
  await store.retry(failed!);
  const [first, second] = server.sends('chat.send');
  expect(second).toEqual(first);
  expect(texts(store.getSnapshot())).toEqual(['one', '']);
});

test('what stands before the journal is asked for', async () => {
  const server = await Server.start();
  const chat = server.chat('conv-1', { head: 'u0' });
  server.tree = () => [{ id: 'r0', role: 'user', content: 'before', createdAt: '2026-01-01T00:00:00Z' }, { id: 'u0', role: 'assistant', content: 'all this', parent: 'r0', createdAt: '2026-01-01T00:00:01Z' }];
  const store = new SpoolClient(server.options).conversation('conv-1');
  onTestFinished(store.subscribe(() => {}));
  expect(texts(await shows(store, (view) => view.messages.length === 2))).toEqual(['before', 'all this']);
  chat.session.head = 'u0';
  server.user('conv-1', 'now');
  expect(texts(await shows(store, (view) => view.messages.length === 4))).toEqual(['before', 'all this', 'now', '']);
});

test('where the head is, the latest of the server and the journal says', async () => {
  const { server, store } = await setup();
  const one = (await store.send('one'), server.chats.get('conv-1')!.journal[0]!);
  server.complete('conv-1', one, 'first');
  await shows(store, (view) => view.head === 'a1');
  server.upsert('conv-1', { head: 'u1' }); // somebody has moved it
  await shows(store, (view) => view.head === 'u1');
  server.user('conv-1', 'two', { parent: 'u1' });
  expect(texts(await shows(store, (view) => view.head === 'u2'))).toEqual(['one', 'two', '']);
});

test('whoever comes anew is on the branch that the server says, though the journal ends on another', async () => {
  const { server, store } = await setup();
  const one = (await store.send('one'), server.chats.get('conv-1')!.journal[0]!);
  server.complete('conv-1', one, 'first');
  await shows(store, (view) => view.head === 'a1');
  const two = server.user('conv-1', 'two', { parent: '' });
  server.complete('conv-1', two, 'second');
  await shows(store, (view) => view.head === 'a2');
  Object.assign(server.chats.get('conv-1')!.session, { head: 'a1', run: undefined });
  const anew = new SpoolClient(server.options).conversation('conv-1');
  onTestFinished(anew.subscribe(() => {}));
  expect(texts(await shows(anew, (view) => !view.isLoading && view.head === 'a1'))).toEqual(['one', 'first']);
});

test('a head that nobody has told of is asked for', async () => {
  const { server, store } = await setup();
  await shows(store, (view) => view.session !== undefined);
  server.tree = () => [{ id: 'far', role: 'user', content: 'appended', createdAt: '2026-01-01T00:00:00Z' }];
  server.upsert('conv-1', { head: 'far' });
  expect(texts(await shows(store, (view) => view.messages.length === 1))).toEqual(['appended']);
});
