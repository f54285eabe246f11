import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { SocketLike } from '../../src/client/index.js';
import { SpoolClient } from '../../src/client/index.js';

/** A socket that does what a test says. */
class Socket implements SocketLike {
  static all: Socket[] = [];
  readyState = 0;
  onopen: SocketLike['onopen'] = null;
  onmessage: SocketLike['onmessage'] = null;
  onclose: SocketLike['onclose'] = null;
  onerror: SocketLike['onerror'] = null;
  readonly sent: any[] = [];
  closed = false;

  constructor(readonly url: string) {
    Socket.all.push(this);
  }

  send(data: string): void {
    this.sent.push(JSON.parse(data));
  }

  close(): void {
    this.closed = true;
  }

  open(): void {
    this.onopen?.({});
  }

  hear(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  lose(code: number): void {
    this.onclose?.({ code });
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(1);
  Socket.all = [];
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const last = (): Socket => Socket.all.at(-1)!;
const fetcher = (() => new Promise(() => {})) as unknown as typeof fetch;

function setup(): { client: SpoolClient; watch(): () => void; status(): string } {
  const client = new SpoolClient({ url: 'http://h:1/', WebSocket: Socket, fetch: fetcher });
  const watch = (): (() => void) => client.conversation('conv-1').subscribe(() => {});
  return { client, watch, status: () => client.connection.state.status };
}

test('nothing is opened before somebody looks, and one socket is enough', () => {
  const { client, watch } = setup();
  expect(Socket.all).toHaveLength(0);
  watch();
  client.conversation('conv-2').subscribe(() => {});
  client.conversations.subscribe(() => {});
  expect(Socket.all.map(({ url }) => url)).toEqual(['ws://h:1/ws']);
  last().open();
  expect(last().sent.flatMap(({ sessions }) => sessions.map(({ sessionId }: { sessionId: string }) => sessionId))).toEqual(['conv-1', 'conv-2']);
});

test('a lost connection is tried again after longer and longer waits', () => {
  const { watch, status } = setup();
  watch();
  for (const wait of [500, 1000, 2000, 4000, 8000, 10_000, 10_000]) {
    const count = Socket.all.length;
    last().lose(1006);
    expect(status()).toBe('waiting');
    vi.advanceTimersByTime(wait - 1);
    expect(Socket.all).toHaveLength(count);
    vi.advanceTimersByTime(1);
    expect(Socket.all).toHaveLength(count + 1);
  }
  last().open();
  last().hear({ kind: 'session_deleted', sessionId: 'x' });
  last().lose(1001);
  vi.advanceTimersByTime(500); // it has worked: the next loss is a new one
  expect(status()).toBe('connecting');
});

test('a server that accepts and closes again is not tried more often', () => {
  const { watch } = setup();
  watch();
  for (const wait of [500, 1000, 2000]) {
    last().open();
    last().hear({ kind: 'protocol_error', code: 'OVERLOADED', error: 'no room', sessionId: null });
    last().lose(1013);
    const count = Socket.all.length;
    vi.advanceTimersByTime(wait - 1);
    expect(Socket.all).toHaveLength(count);
    vi.advanceTimersByTime(1);
  }
});

test.each([1008, 1002, 1003, 1007, 1009])('the close code %i is for good', async (code) => {
  const { client, watch, status } = setup();
  watch();
  last().open();
  const sent = client.conversation('conv-1').send('x');
  last().hear({ kind: 'protocol_error', code: 'SOME_CODE', error: 'why', sessionId: null });
  last().lose(code);
  vi.advanceTimersByTime(60_000);
  expect([Socket.all.length, status(), client.connection.state.error!.code]).toEqual([1, 'closed', 'SOME_CODE']);
  await expect(sent).rejects.toMatchObject({ code: 'SOME_CODE' });
  client.connection.reconnect();
  expect([Socket.all.length, status()]).toEqual([2, 'connecting']);
});

test('what nobody wants any more is let go after a while, and not while a page is drawn anew', () => {
  const { watch, status } = setup();
  const first = watch();
  first();
  const second = watch();
  vi.advanceTimersByTime(60_000);
  expect([Socket.all.length, last().closed]).toEqual([1, false]);
  last().open();
  second();
  vi.advanceTimersByTime(5_000);
  expect(last().sent.at(-1)).toEqual({ type: 'chat.unsubscribe', sessions: [{ sessionId: 'conv-1' }] });
  vi.advanceTimersByTime(2_000);
  expect([last().closed, status()]).toEqual([true, 'idle']);
  vi.advanceTimersByTime(60_000);
  expect(Socket.all).toHaveLength(1);
  watch();
  expect(Socket.all).toHaveLength(2);
});

test('a socket that is let go before it is open is heard no more', () => {
  const { watch } = setup();
  watch()();
  vi.advanceTimersByTime(7_000);
  expect(last().closed).toBe(true);
  expect([last().onopen, last().onclose, last().onmessage]).toEqual([null, null, null]);
  last().onerror!(new Error('closed before the connection was established'));
});

test('the network and the page wake a client that waits', () => {
  const [window, document] = [new EventTarget(), Object.assign(new EventTarget(), { visibilityState: 'hidden' })];
  vi.stubGlobal('window', window);
  vi.stubGlobal('document', document);
  onTestFinished(() => void vi.unstubAllGlobals());
  const { watch, status } = setup();
  watch();
  last().lose(1006);
  document.dispatchEvent(new Event('visibilitychange'));
  expect(status()).toBe('waiting'); // nobody sees the page
  document.visibilityState = 'visible';
  document.dispatchEvent(new Event('visibilitychange'));
  expect(status()).toBe('connecting');
  window.dispatchEvent(new Event('online'));
  expect(Socket.all).toHaveLength(2); // it does not wait
  last().lose(1006);
  window.dispatchEvent(new Event('online'));
  expect([status(), Socket.all.length]).toEqual(['connecting', 3]);
  vi.advanceTimersByTime(60_000);
  expect(Socket.all).toHaveLength(3); // the wait was given up
});

test('a socket that says nothing when the page wakes up is dead; one that answers is not', () => {
  const [window, document] = [new EventTarget(), Object.assign(new EventTarget(), { visibilityState: 'visible' })];
  vi.stubGlobal('window', window);
  vi.stubGlobal('document', document);
  onTestFinished(() => void vi.unstubAllGlobals());
  const { watch, status } = setup();
  watch();
  const [first] = Socket.all;
  first!.open();
  first!.hear({ kind: 'chat_subscribed', sessionId: 'conv-1', lastSeq: 0, epoch: 'e', isProcessing: false, pendingPermissions: [] });
  const sent = first!.sent.length;
  document.dispatchEvent(new Event('visibilitychange'));
  window.dispatchEvent(new Event('online'));
  expect(first!.sent.slice(sent)).toEqual([expect.objectContaining({ type: 'chat.subscribe', sessions: [expect.objectContaining({ sessionId: 'conv-1' })] })]); // asked once
  first!.hear({ kind: 'chat_subscribed', sessionId: 'conv-1', lastSeq: 0, epoch: 'e', isProcessing: false, pendingPermissions: [] });
  vi.advanceTimersByTime(60_000);
  expect([status(), Socket.all.length]).toEqual(['open', 1]);
  window.dispatchEvent(new Event('offline'));
  vi.advanceTimersByTime(4_900);
  expect(status()).toBe('open');
  vi.advanceTimersByTime(200);
  expect([status(), first!.closed]).toEqual(['waiting', true]);
  vi.advanceTimersByTime(1_000);
  expect(Socket.all).toHaveLength(2);
});

test('a socket that nothing is asked on is made anew when the page wakes up', () => {
  const [window, document] = [new EventTarget(), Object.assign(new EventTarget(), { visibilityState: 'visible' })];
  vi.stubGlobal('window', window);
  vi.stubGlobal('document', document);
  onTestFinished(() => void vi.unstubAllGlobals());
  const { client, watch, status } = setup();
  client.conversations.subscribe(() => {});
  last().open(); // and its other end is gone
  document.dispatchEvent(new Event('visibilitychange'));
  window.dispatchEvent(new Event('online')); // while it connects
  expect(Socket.all.map(({ closed }) => closed)).toEqual([true, false]);
  watch();
  last().open();
  expect([status(), last().sent.at(-1)]).toEqual(['open', expect.objectContaining({ sessions: [expect.objectContaining({ sessionId: 'conv-1' })] })]);
});

test('what is no frame is passed over', () => {
  const { client, watch } = setup();
  watch();
  last().open();
  last().onmessage!({ data: 'no JSON' });
  for (const frame of [null, 1, {}, { kind: 1 }, { kind: 'loading_progress', sessionId: 'conv-1' }, { kind: 'text', sessionId: 'unknown', seq: 1 }]) {
    last().onmessage!({ data: JSON.stringify(frame) });
  }
  expect(client.conversation('conv-1').state).toMatchObject({ lastSeq: 0, messages: [] });
});

test('without a WebSocket the connection says so', () => {
  vi.stubGlobal('WebSocket', undefined);
  onTestFinished(() => void vi.unstubAllGlobals());
  const client = new SpoolClient({ url: 'http://h:1', fetch: fetcher });
  client.conversation('conv-1').subscribe(() => {});
  expect(client.connection.state).toMatchObject({ status: 'closed', error: { message: expect.stringContaining('WebSocket') } });
});
