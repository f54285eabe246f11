// A server that does what its script says: the chat socket with its journals, the HTTP routes
// that a test gives it, and sockets of runs. It keeps what was sent to it.

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { RawData } from 'ws';
import { WebSocket, WebSocketServer } from 'ws';
import type { SpoolOptions } from '../src/client/client.js';
import type { Conversation } from '../src/client/wire.js';

type Frame = Record<string, any>;
type Answer = { status?: number; body?: unknown };
type Route = (body: any, url: URL) => Answer | Promise<Answer>;

interface Chat {
  session: Conversation;
  epoch: string;
  journal: Frame[];
}

export class Server {
  readonly chats = new Map<string, Chat>();
  readonly heard: Frame[] = [];
  readonly paths: string[] = [];
  readonly asked: string[] = [];
  readonly #sockets = new Set<WebSocket>();
  readonly #follows = new Map<WebSocket, Set<string>>();
  readonly #routes = new Map<string, Route>();
  #listener: WebSocketServer | undefined;
  #waiting: { is: () => boolean; done: () => void }[] = [];
  port = 0;
  /** What is done with a message; by default it is answered by nothing but its own frame. */
  onSend: (frame: Frame, socket: WebSocket) => void = (frame) => this.user(frame.sessionId, frame.content, frame);
  /** What a socket of runs does. */
  onRunSocket: (socket: WebSocket, url: URL) => void = () => {};

  static async start(): Promise<Server> {
    const server = new Server();
    await server.listen();
    onTestFinished(() => server.stop());
    return server;
  }

  async listen(): Promise<void> {
    this.#listener = new WebSocketServer({ port: this.port, host: '127.0.0.1', handleProtocols: (offered) => [...offered][0] ?? false });
    await once(this.#listener, 'listening');
    this.port = (this.#listener.address() as AddressInfo).port;
    this.#listener.on('connection', (socket, request) => this.#connected(socket, new URL(request.url!, this.url)));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get open(): number {
    return this.#sockets.size;
  }

  /** What a client of this server is made with. */
  get options(): SpoolOptions {
    return { url: this.url, WebSocket: WebSocket as unknown as NonNullable<SpoolOptions['WebSocket']>, fetch: this.fetch };
  }

  async stop(): Promise<void> {
    this.cut();
    const closed = new Promise((done) => this.#listener?.close(done));
    await closed;
  }

  /** Cuts all connections, as a network does. */
  cut(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  close(code: number): void {
    for (const socket of this.#sockets) socket.close(code);
  }

  // HTTP

  on(method: string, path: string, route: Route): void {
    this.#routes.set(`${method} ${path}`, route);
  }

  readonly fetch = (async (input: string, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(input);
    const what = `${init.method ?? 'GET'} ${url.pathname}`;
    this.asked.push(what + url.search);
    this.#look();
    const route = this.#routes.get(what) ?? this.#known(what);
    if (!route) return Response.json({ error: 'no such path', code: 'NOT_FOUND' }, { status: 404 });
    const { status = 200, body } = await route(init.body ? JSON.parse(String(init.body)) : undefined, url);
    if (body instanceof Response) return body;
    return status === 204 ? new Response(null, { status }) : Response.json(body, { status });
  }) as typeof fetch;

  #known(what: string): Route | undefined {
    const [, id, tree] = /^GET \/api\/chats\/([^/]+)(\/messages)?$/.exec(what) ?? [];
    const chat = id ? this.chats.get(id) : undefined;
    if (what === 'GET /api/chats') return () => ({ body: { chats: [...this.chats.values()].map(({ session }) => session) } });
    if (!chat) return undefined;
    return () => ({ body: tree ? { messages: this.tree(chat), head: chat.session.head ?? null } : { chat: chat.session } });
  }

  /** The messages that the HTTP routes tell, as the journal has them. */
  tree(chat: Chat): unknown[] {
    return chat.journal.flatMap((f) => {
      if (f.kind === 'text' && f.role === 'user') return [{ id: f.messageId, role: 'user', content: f.content, parent: f.parent || undefined, createdAt: f.timestamp }];
      if (f.kind === 'complete' && f.head && f.result) return [{ id: f.head, role: 'assistant', content: f.result, parent: f.of, run: f.runId, createdAt: f.timestamp }];
      return [];
    });
  }

  // The chat socket

  /** Makes a conversation. */
  chat(id: string, change: Partial<Conversation> = {}): Chat {
    const chat = { session: conversation(id, change), epoch: 'epoch-1', journal: [] as Frame[] };
    this.chats.set(id, chat);
    return chat;
  }

  /** Writes a frame to a journal, and to those who follow it. */
  append(id: string, frame: Frame): Frame {
    const { journal } = this.chats.get(id)!;
    const seq = (journal.at(-1)?.seq ?? 0) + 1;
    const full = { id: `${id}:${seq}`, seq, sessionId: id, runId: 'run_1', timestamp: time(seq), ...frame };
    journal.push(full);
    for (const [socket, follows] of this.#follows) if (follows.has(id)) socket.send(JSON.stringify(full));
    return full;
  }

  /** A user's message begins a run. */
  user(id: string, content: string, more: Frame = {}): Frame {
    const { session, journal } = this.chats.get(id)!;
    const again = more.clientMessageId && journal.find((frame) => frame.clientMessageId === more.clientMessageId);
    if (again) return again;
    const count = journal.filter((frame) => frame.role === 'user').length + 1;
    const parent = more.parent ?? session.head ?? '';
    const frame = this.append(id, { kind: 'text', role: 'user', content, messageId: `u${count}`, runId: `run_${count}`, clientMessageId: more.clientMessageId, parent });
    session.head = frame.messageId;
    session.run = frame.runId;
    return frame;
  }

  /** The answer to a message, and the end of its run. */
  complete(id: string, user: Frame, result: string, more: Frame = {}): Frame {
    const { session } = this.chats.get(id)!;
    const head = result ? `a${user.runId.slice(4)}` : user.messageId;
    if (result) this.append(id, { kind: 'text', role: 'assistant', content: result, runId: user.runId, line: 1 });
    delete session.run;
    session.head = head;
    return this.append(id, {
      kind: 'complete', runId: user.runId, state: 'succeeded', success: true, aborted: false, exitCode: 0, result, head, of: user.messageId, costUsd: 0.5,
      usage: { inputTokens: 1, outputTokens: 2, cacheReadTokens: 0, cacheCreationTokens: 0, turns: 1, costUsd: 0.5 }, ...more,
    });
  }

  /** Tells all sockets of something. */
  tell(frame: Frame): void {
    for (const socket of this.#follows.keys()) socket.send(JSON.stringify({ timestamp: time(0), ...frame }));
  }

  upsert(id: string, change: Partial<Conversation> = {}): void {
    const { session } = this.chats.get(id)!;
    Object.assign(session, change);
    this.tell({ kind: 'session_upserted', sessionId: id, session });
  }

  #connected(socket: WebSocket, url: URL): void {
    this.paths.push(url.pathname + url.search);
    this.#sockets.add(socket);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#follows.delete(socket);
      this.#look();
    });
    if (url.pathname !== '/ws') {
      socket.on('message', (data: RawData) => this.#note(JSON.parse(String(data))));
      this.onRunSocket(socket, url);
    } else {
      this.#follows.set(socket, new Set());
      socket.on('message', (data: RawData) => this.#answer(socket, JSON.parse(String(data))));
    }
    this.#look();
  }

  #answer(socket: WebSocket, frame: Frame): void {
    if (frame.type === 'chat.subscribe') for (const ref of frame.sessions) this.#subscribe(socket, ref);
    if (frame.type === 'chat.unsubscribe') for (const { sessionId } of frame.sessions) this.#follows.get(socket)!.delete(sessionId);
    if (frame.type === 'chat.send') this.#send(socket, frame);
    this.#note(frame);
  }

  #send(socket: WebSocket, frame: Frame): void {
    if (this.chats.has(frame.sessionId)) this.onSend(frame, socket);
    else refuse(socket, frame.sessionId, 'SESSION_NOT_FOUND');
  }

  #subscribe(socket: WebSocket, { sessionId, lastSeq = 0, epoch }: Frame): void {
    const chat = this.chats.get(sessionId);
    if (!chat) return refuse(socket, sessionId, 'SESSION_NOT_FOUND');
    const last = chat.journal.at(-1)?.seq ?? 0;
    const unknown = lastSeq > last || (epoch !== undefined && epoch !== chat.epoch);
    socket.send(JSON.stringify({
      kind: 'chat_subscribed', sessionId, timestamp: time(0), isProcessing: false, lastSeq: last, epoch: chat.epoch, pendingPermissions: [],
      replay: unknown ? 'reset' : 'complete',
    }));
    for (const frame of chat.journal) if (unknown || frame.seq > lastSeq) socket.send(JSON.stringify(frame));
    this.#follows.get(socket)!.add(sessionId);
  }

  #note(frame: Frame): void {
    this.heard.push(frame);
    this.#look();
  }

  // Waiting

  /** Waits until something was sent to this server. */
  async until(is: (server: Server) => boolean): Promise<void> {
    if (is(this)) return;
    await new Promise<void>((done) => this.#waiting.push({ is: () => is(this), done }));
  }

  sends(type: string): Frame[] {
    return this.heard.filter((frame) => frame.type === type);
  }

  #look(): void {
    this.#waiting = this.#waiting.filter(({ is, done }) => {
      if (is()) done();
      return !is();
    });
  }
}

export function refuse(socket: WebSocket, sessionId: string | null, code: string): void {
  socket.send(JSON.stringify({ kind: 'protocol_error', code, error: `no: ${code}`, sessionId, timestamp: time(0) }));
}

/** A conversation as the server tells it. */
export function conversation(id: string, change: Partial<Conversation> = {}): Conversation {
  const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheCreationTokens: 0, turns: 0, costUsd: 0 };
  return { id, title: `title of ${id}`, tags: [], starred: false, createdAt: time(0), updatedAt: time(0), messageCount: 0, usage, ...change };
}

export const time = (seconds: number): string => new Date(Date.UTC(2026, 0, 2) + 1000 * seconds).toISOString();

/** Waits until a store shows something. */
export async function shows<T>(store: { subscribe(listener: () => void): () => void; getSnapshot(): T }, is: (view: T) => boolean): Promise<T> {
  return new Promise((done) => {
    const look = (): void => {
      const view = store.getSnapshot();
      if (!is(view)) return;
      queueMicrotask(() => stop());
      done(view);
    };
    const stop = store.subscribe(look);
    look();
  });
}
