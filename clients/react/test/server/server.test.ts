import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import type { ConversationStore, ConversationView, SocketConstructor } from '../../src/client/index.js';
import { isOver, SpoolClient, textOf } from '../../src/client/index.js';
import { shows } from '../server.js';
import { Spool } from './spool.js';

const spool = new Spool();
beforeAll(() => spool.start(), 120_000);
afterAll(() => spool.remove(), 30_000);

const newClient = (): SpoolClient => new SpoolClient({ url: spool.url, WebSocket: WebSocket as unknown as SocketConstructor });

async function setup(): Promise<{ client: SpoolClient; store: ConversationStore }> {
  const client = newClient();
  const { id } = await client.conversations.create();
  const store = client.conversation(id);
  onTestFinished(store.subscribe(() => {}));
  await shows(store, (view) => !view.isLoading);
  return { client, store };
}

const isIdle = (view: ConversationView): boolean => !view.isActive && view.session?.run === undefined && view.messages.every(({ delivery }) => !delivery);
const idle = (store: ConversationStore): Promise<ConversationView> => shows(store, isIdle);

async function say(store: ConversationStore, content: string): Promise<ConversationView> {
  await store.send(content);
  return idle(store);
}

/** What there is to show, but for what a client alone knows. */
const shown = (view: ConversationView): unknown[] => view.messages.map(({ key, ...message }) => message);

/** What a client shows that has seen nothing of it happen. */
async function replayed(id: string): Promise<unknown[]> {
  const store = newClient().conversation(id);
  return shown(await shows(store, (view) => view.session !== undefined && !view.isLoading));
}

test('an answer comes piece by piece, and its journal tells the same', async () => {
  const { store } = await setup();
  const lengths = new Set<number>();
  onTestFinished(store.subscribe(() => lengths.add(textOf(store.getSnapshot().messages.at(-1)!).length)));
  const view = await say(store, 'markdown');
  expect(lengths.size).toBeGreaterThan(5);
  expect(view.messages.map(({ role, parent, status }) => [role, parent, status])).toEqual([['user', '', undefined], ['assistant', view.messages[0]!.id, 'succeeded']]);
  expect(view).toMatchObject({ head: view.messages[1]!.id, usage: { turns: 1 }, session: { messageCount: 2, title: 'markdown' } });
  expect(await replayed(store.id)).toEqual(shown(view));
});

test('approvals are asked for, allowed and denied', async () => {
  const { store } = await setup();
  await store.send('approve2');
  for (const allow of [true, false]) {
    const { approvals: [open], run } = await shows(store, (view) => view.approvals.length > 0);
    expect(run!.status).toBe('waiting');
    await store.respond(open!.requestId, { allow, message: 'not this one' });
    await shows(store, (view) => view.approvals.every(({ requestId }) => requestId !== open!.requestId));
    await expect(store.respond(open!.requestId, { allow })).rejects.toMatchObject({ code: 'APPROVAL_GONE' });
  }
  const view = await idle(store);
  const tools = view.messages[1]!.blocks.filter((block) => block.type === 'tool');
  expect(tools.map(({ name, approval, result }) => [name, approval!.state, result!.isError])).toEqual([['Read', 'allowed', false], ['Read', 'denied', true]]);
  expect(await replayed(store.id)).toEqual(shown(view));
});

test('a conversation branches, and goes back', async () => {
  const { store } = await setup();
  await say(store, 'tool one');
  const [one, answer] = (await say(store, 'tool two')).messages;
  await store.edit(one!, 'tool other');
  const other = await idle(store);
  expect(other.messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
  expect(store.branchesOf(other.messages[0]!).map(textOf)).toEqual(['tool one', 'tool other']);
  await store.switchTo(one!);
  const back = await shows(store, (view) => view.messages.length === 4);
  expect([back.messages[0], back.messages[1]]).toEqual([one, answer]);
  await store.retry(back.messages[3]!);
  await idle(store);
  await store.edit(answer!, 'tool'); // a message in the place of the answer: behind the first one
  const last = await idle(store);
  expect(last.messages[0]!.id).toBe(one!.id);
  expect(await replayed(store.id)).toEqual(shown(last));
});

test('messages wait, interrupt, and are ended', async () => {
  const { store } = await setup();
  await say(store, 'tool');
  await store.send('slow');
  await expect(store.send('refused', { clientMessageId: 'refused' })).rejects.toMatchObject({ code: 'RUN_IN_PROGRESS' });
  store.dismiss('refused');
  expect(await store.send('last', { queue: true })).toMatchObject({ queued: true });
  expect(await shows(store, (view) => view.queued === 1)).toMatchObject({ isActive: true });
  await store.send('first', { interrupt: true });
  const view = await idle(store);
  expect(view.messages.filter(({ role }) => role === 'user').map(textOf)).toEqual(['tool', 'slow', 'first', 'last']);
  expect(view.messages[3]!.status).toBe('aborted');
  await store.send('slow');
  await store.abort();
  expect((await idle(store)).run!.status).toBe('aborted');
  await expect(store.send('moved', { expectedHead: view.messages[0]!.id })).rejects.toMatchObject({ code: 'HEAD_MOVED' });
});

test('what has failed says why', async () => {
  const { store } = await setup();
  expect((await say(store, 'error')).messages.at(-1)).toMatchObject({ status: 'failed', code: 'API_ERROR' });
  await expect(store.send(' ')).rejects.toMatchObject({ code: 'INVALID_CONTENT' });
});

test('the list follows', async () => {
  const { conversations } = newClient();
  onTestFinished(conversations.subscribe(() => {}));
  const { id } = await conversations.create({ name: 'mine' });
  const of = () => conversations.getSnapshot().conversations.find((one) => one.id === id);
  const other = newClient().conversations;
  await other.rename(id, 'renamed');
  await other.tag(id, ['a']);
  await other.star(id);
  await shows(conversations, () => of()?.title === 'renamed' && of()?.starred === true && of()?.tags[0] === 'a');
  await other.delete(id);
  await shows(conversations, () => of() === undefined);
});

test('a server that is killed in the middle of an answer is come back to, and nothing is lost or twice', async () => {
  const { client, store } = await setup();
  await say(store, 'tool');
  const run = client.claude();
  onTestFinished(run.subscribe(() => {}));
  run.start('slow', { detach: true, partial: true });
  await store.send('slow');
  await shows(store, (view) => (view.messages.at(-1)?.blocks.length ?? 0) > 0);
  const before = await shows(run, (state) => state.last > 3);
  await spool.end('SIGKILL');
  expect(client.connection.state.status).not.toBe('open');
  const late = store.send('late', { queue: true });
  await spool.start();
  await late;
  await shows(run, (state) => state.last > before.last);
  await run.abort();
  expect(await shows(run, ({ status }) => isOver(status))).toMatchObject({ status: 'aborted' });
  expect(run.getSnapshot().lines.map(({ n }) => n)).toEqual(Array.from({ length: run.getSnapshot().last }, (_, at) => at + 1));
  const { blocks } = store.getSnapshot().messages[3]!;
  await shows(store, (view) => view.messages[3]!.blocks !== blocks);
  await store.abort();
  await shows(store, ({ messages }) => messages.at(-2)?.delivery === undefined && textOf(messages.at(-2)!) === 'late');
  await store.abort(); // a new session is told of both, and would begin with the first
  const view = await idle(store);
  expect(view.messages.filter(({ role }) => role === 'user').map(textOf)).toEqual(['tool', 'slow', 'late']);
  expect(await replayed(store.id)).toEqual(shown(view));
}, 60_000);

test('runs are listed', async () => {
  const runs = newClient().runs({ limit: 2, meta: 'CHAT' });
  onTestFinished(runs.subscribe(() => {}));
  const view = await shows(runs, (view) => !view.isLoading);
  expect(view).toMatchObject({ hasMore: true, runs: [{ state: 'aborted', meta: 'CHAT' }, {}] });
});
