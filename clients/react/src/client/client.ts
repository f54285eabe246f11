// One client for everything that a server has: its chat socket, its conversations and its runs.

import { ClaudeRun } from './claude.js';
import { Connection } from './connection.js';
import { ConversationStore } from './conversation.js';
import { ConversationsStore } from './conversations.js';
import { SpoolError } from './errors.js';
import type { Http } from './http.js';
import { http } from './http.js';
import type { RunFilter } from './runs.js';
import { RunsStore } from './runs.js';
import type { SocketConstructor } from './socket.js';
import { later } from './store.js';
import type { ServerFrame } from './wire.js';

export interface SpoolOptions {
  /** The server's address, such as http://127.0.0.1:3000; by default where the page comes from. */
  url?: string;
  /** What to ask with, where the environment has none or another one is wanted. */
  WebSocket?: SocketConstructor;
  fetch?: typeof fetch;
}

/** How long a conversation is followed that nobody looks at, in milliseconds, and how many are remembered. */
const linger = 5_000;
const remembered = 16;

/** How many conversations are subscribed to by one frame. */
const atOnce = 100;

export class SpoolClient {
  /** The server's address, without a slash at its end. */
  readonly url: string;
  readonly http: Http;
  readonly connection: Connection;
  readonly conversations: ConversationsStore;
  readonly #options: SpoolOptions;
  readonly #stores = new Map<string, ConversationStore>();
  readonly #followed = new Map<ConversationStore, () => void>();
  #releaseList: (() => void) | undefined;

  constructor(options: SpoolOptions = {}) {
    this.#options = options;
    this.url = (options.url ?? globalThis.location?.origin ?? 'http://127.0.0.1:3000').replace(/\/+$/, '');
    this.http = http(this.url, options.fetch);
    this.connection = new Connection(() => this.socketURL('/ws'), options.WebSocket, {
      open: () => this.#opened(),
      text: (data) => this.#heard(data),
      ask: () => this.#ask(),
      lost: () => this.#lost(),
    });
    this.conversations = new ConversationsStore({
      http: this.http,
      wanted: (list) => this.#listWanted(list),
      unwanted: () => this.#listUnwanted(),
    });
  }

  /** The address of one of the server's sockets. */
  socketURL(path: string): string {
    return this.url.replace(/^http/, 'ws') + path;
  }

  /** A conversation. It is followed as long as somebody subscribes to it. */
  conversation(id: string): ConversationStore {
    let store = this.#stores.get(id);
    if (!store) {
      store = new ConversationStore(id, {
        http: this.http,
        send: (frame) => this.connection.send(frame),
        wanted: (of) => this.#wanted(of),
        unwanted: (of) => this.#unwanted(of),
      });
      this.#stores.set(id, store);
    }
    return store;
  }

  /** A run of one prompt that is to be started, or looked at. */
  claude(): ClaudeRun {
    return new ClaudeRun({ http: this.http, socketURL: (path) => this.socketURL(path), WebSocket: this.#options.WebSocket });
  }

  /** The list of runs that answer to a description. */
  runs(filter: RunFilter = {}): RunsStore {
    return new RunsStore(this.http, filter);
  }

  /** The line of a run's output of which a frame has only a part. */
  async line(run: string, line: number): Promise<string> {
    const path = `/api/runs/${run}/lines?from=${line - 1}&to=${line}`;
    const answer = await this.http.request('GET', path, { headers: { Accept: 'text/plain' } });
    return (await answer.text()).replace(/\n$/, '');
  }

  #wanted(store: ConversationStore): void {
    if (this.#followed.has(store) || store.id === '') return;
    this.#followed.set(store, this.connection.hold());
    if (this.connection.state.status === 'open') this.connection.send({ type: 'chat.subscribe', sessions: [store.subscription()] });
  }

  #unwanted(store: ConversationStore): void {
    later(linger, () => {
      if (store.watched) return;
      if (store.isSending) return this.#unwanted(store);
      this.#followed.get(store)?.();
      if (this.#followed.delete(store)) this.connection.send({ type: 'chat.unsubscribe', sessions: [{ sessionId: store.id }] });
      this.#forget();
    });
  }

  /** Keeps some conversations that nobody looks at, so that going back to them takes no time. */
  #forget(): void {
    const idle = [...this.#stores.values()].filter((store) => !this.#followed.has(store));
    for (const store of idle.slice(0, -remembered)) this.#stores.delete(store.id);
  }

  #listWanted(list: ConversationsStore): void {
    this.#releaseList ??= this.connection.hold();
    this.#greet();
    void list.refresh();
  }

  #listUnwanted(): void {
    this.#releaseList?.();
    this.#releaseList = undefined;
  }

  /** The server tells of conversations to whoever has said something in this vocabulary. */
  #greet(): void {
    this.connection.send({ type: 'chat.subscribe', sessions: [] });
  }

  #opened(): void {
    const followed = [...this.#followed.keys()];
    this.#greet();
    for (let at = 0; at < followed.length; at += atOnce) {
      const sessions = followed.slice(at, at + atOnce).map((store) => store.subscription());
      this.connection.send({ type: 'chat.subscribe', sessions });
    }
    for (const store of followed) store.opened();
    if (this.#releaseList) void this.conversations.refresh();
  }

  /** Every subscription is answered, also one to what is followed already. */
  #ask(): boolean {
    const [store] = this.#followed.keys();
    return store?.ask() ?? false;
  }

  #lost(): void {
    const { status, error } = this.connection.state;
    for (const store of this.#followed.keys()) store.lost(status === 'closed' ? error : undefined);
  }

  #heard(data: string): void {
    const frame = parse(data);
    if (!frame) return;
    if (frame.kind !== 'protocol_error') this.connection.works();
    switch (frame.kind) {
      case 'session_upserted':
        this.conversations.upserted(frame.session);
        return this.#stores.get(frame.sessionId)?.upserted(frame.session);
      case 'session_deleted':
        this.conversations.deleted(frame.sessionId);
        return this.#stores.get(frame.sessionId)?.deleted();
      case 'protocol_error':
        this.connection.refused(new SpoolError(frame.code, frame.error));
        return frame.sessionId ? this.#stores.get(frame.sessionId)?.refused(frame) : undefined;
      default:
        if (frame.kind === 'chat_subscribed' || typeof frame.seq === 'number') this.#stores.get(frame.sessionId)?.take(frame);
    }
  }
}

/** What is no frame is passed over, as is every kind that is not known. */
function parse(data: string): ServerFrame | undefined {
  try {
    const frame = JSON.parse(data) as ServerFrame | null;
    return typeof frame?.kind === 'string' ? frame : undefined;
  } catch {
    return undefined;
  }
}
