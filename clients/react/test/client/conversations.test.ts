import { expect, onTestFinished, test } from 'vitest';
import { SpoolClient } from '../../src/client/index.js';
import type { ConversationsStore, ConversationsView } from '../../src/client/index.js';
import { conversation, Server, shows, time } from '../server.js';

async function setup(): Promise<{ server: Server; list: ConversationsStore }> {
  const server = await Server.start();
  server.chat('conv-1', { updatedAt: time(1) });
  server.chat('conv-2', { updatedAt: '2026-01-02T00:00:02.5Z' });
  const list = new SpoolClient(server.options).conversations;
  onTestFinished(list.subscribe(() => {}));
  await shows(list, (view) => !view.isLoading);
  await server.until(() => server.sends('chat.subscribe').length > 0);
  return { server, list };
}

const ids = (view: ConversationsView): string[] => view.conversations.map(({ id }) => id);

test('the list has the latest change first, and follows what the server tells', async () => {
  const { server, list } = await setup();
  expect(ids(list.getSnapshot())).toEqual(['conv-2', 'conv-1']);
  server.upsert('conv-1', { title: 'changed', updatedAt: time(9) });
  server.chat('conv-3');
  server.upsert('conv-3', { updatedAt: time(3) });
  const view = await shows(list, (view) => view.conversations.length === 3);
  expect(view.conversations.map(({ id, title }) => [id, title])).toEqual([['conv-1', 'changed'], ['conv-3', 'title of conv-3'], ['conv-2', 'title of conv-2']]);
  server.tell({ kind: 'session_deleted', sessionId: 'conv-1' });
  await shows(list, (view) => view.conversations.length === 2);
});

test('conversations are made, changed and deleted', async () => {
  const { server, list } = await setup();
  const bodies: unknown[] = [];
  const change = (method: string, path: string, id: string): void => server.on(method, path, (body) => {
    bodies.push(body);
    return { body: { chat: conversation(id, { updatedAt: time(20), title: body.name, starred: body.starred, tags: body.tags }) } };
  });
  change('POST', '/api/chats', 'conv-3');
  change('PUT', '/api/chats/conv-1', 'conv-1');
  change('PUT', '/api/chats/conv-1/star', 'conv-1');
  change('PUT', '/api/chats/conv-1/tags', 'conv-1');
  server.on('DELETE', '/api/chats/conv-2', () => ({ status: 204 }));
  expect(await list.create({ name: 'new', system: 'be brief', startingHead: 'm1' })).toMatchObject({ id: 'conv-3', title: 'new' });
  await list.rename('conv-1', 'name');
  await list.setIcon('conv-1', '*');
  await list.star('conv-1');
  await list.tag('conv-1', ['a', 'b']);
  await list.delete('conv-2');
  expect(bodies).toEqual([{ name: 'new', system: 'be brief', starting_head: 'm1' }, { name: 'name' }, { icon: '*' }, { starred: true }, { tags: ['a', 'b'] }]);
  const view = await shows(list, (view) => !ids(view).includes('conv-2'));
  expect([...ids(view)].sort()).toEqual(['conv-1', 'conv-3']);
  expect(view.conversations.find(({ id }) => id === 'conv-1')!.tags).toEqual(['a', 'b']);
});

test('what is refused changes nothing', async () => {
  const { server, list } = await setup();
  server.on('PUT', '/api/chats/conv-1', () => ({ status: 400, body: { code: 'INVALID_OPTION', error: 'title must not be blank' } }));
  await expect(list.rename('conv-1', ' ')).rejects.toMatchObject({ code: 'INVALID_OPTION', status: 400, message: 'title must not be blank' });
  expect(list.getSnapshot().conversations[1]!.title).toBe('title of conv-1');
});

test('an answer that is older than what the server has told does not count', async () => {
  const { server, list } = await setup();
  let answer!: () => void;
  server.on('GET', '/api/chats', () => new Promise((done) => (answer = () => done({ body: { chats: [conversation('conv-1', { title: 'stale' }), conversation('conv-2')] } }))));
  const asked = list.refresh();
  server.upsert('conv-1', { title: 'newer' });
  server.tell({ kind: 'session_deleted', sessionId: 'conv-2' });
  await shows(list, (view) => view.conversations.length === 1);
  answer();
  await asked;
  const view = await shows(list, (view) => view.conversations[0]!.title === 'newer');
  expect(ids(view)).toEqual(['conv-1']);
});

test('a list that cannot be had says so, and is asked for again with the next connection', async () => {
  const server = await Server.start();
  server.on('GET', '/api/chats', () => ({ status: 503, body: { code: 'DRAINING', error: 'later' } }));
  const list = new SpoolClient(server.options).conversations;
  onTestFinished(list.subscribe(() => {}));
  expect(await shows(list, (view) => view.error !== undefined)).toMatchObject({ isLoading: false, error: { code: 'DRAINING', status: 503 } });
  await server.until(() => server.open === 1);
  server.on('GET', '/api/chats', () => ({ body: { chats: [conversation('conv-1')] } }));
  server.cut();
  expect(ids(await shows(list, (view) => view.error === undefined))).toEqual(['conv-1']);
});
