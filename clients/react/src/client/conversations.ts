// The list of conversations.

import type { SpoolError } from './errors.js';
import { asSpoolError } from './errors.js';
import type { Http } from './http.js';
import { Store } from './store.js';
import type { ChatOptions, Conversation } from './wire.js';

export interface ConversationsView {
  /** The latest change first. */
  readonly conversations: readonly Conversation[];
  readonly isLoading: boolean;
  readonly error?: SpoolError;
}

/** How a conversation is to begin. */
export interface NewConversation {
  name?: string;
  icon?: string;
  system?: string;
  options?: ChatOptions;
  /** A message of any conversation, to go on from there. */
  startingHead?: string;
}

export interface ListLine {
  readonly http: Http;
  wanted(list: ConversationsStore): void;
  unwanted(list: ConversationsStore): void;
}

export class ConversationsStore extends Store<ConversationsView> {
  readonly #line: ListLine;
  #all = new Map<string, Conversation>();
  #news = new Map<string, number>(); // how often the server has told of each
  #loaded = false;
  #error: SpoolError | undefined;

  constructor(line: ListLine) {
    super({ conversations: [], isLoading: true });
    this.#line = line;
  }

  /** Asks for the whole list. */
  async refresh(): Promise<void> {
    const before = new Map(this.#news);
    try {
      const { chats } = await this.#line.http.json<{ chats: Conversation[] }>('GET', '/api/chats');
      this.#replace(chats, before);
      this.#loaded = true;
      this.#error = undefined;
    } catch (error) {
      this.#error = asSpoolError(error);
    }
    this.changed();
  }

  async create(first: NewConversation = {}): Promise<Conversation> {
    const { startingHead, ...rest } = first;
    return this.#change('POST', '/api/chats', { ...rest, ...(startingHead && { starting_head: startingHead }) });
  }

  rename(id: string, name: string): Promise<Conversation> {
    return this.#change('PUT', `/api/chats/${id}`, { name });
  }

  setIcon(id: string, icon: string): Promise<Conversation> {
    return this.#change('PUT', `/api/chats/${id}`, { icon });
  }

  star(id: string, starred = true): Promise<Conversation> {
    return this.#change('PUT', `/api/chats/${id}/star`, { starred });
  }

  tag(id: string, tags: readonly string[]): Promise<Conversation> {
    return this.#change('PUT', `/api/chats/${id}/tags`, { tags });
  }

  async delete(id: string): Promise<void> {
    await this.#line.http.json('DELETE', `/api/chats/${id}`);
    this.deleted(id);
  }

  // What the client tells.

  upserted(session: Conversation): void {
    this.#news.set(session.id, (this.#news.get(session.id) ?? 0) + 1);
    this.#all.set(session.id, session);
    this.changed();
  }

  deleted(id: string): void {
    this.#news.set(id, (this.#news.get(id) ?? 0) + 1);
    this.#all.delete(id);
    this.changed();
  }

  /** An answer may be older than what the server has told since it was asked: then that counts. */
  async #change(method: string, path: string, body: unknown): Promise<Conversation> {
    const before = new Map(this.#news);
    const { chat } = await this.#line.http.json<{ chat: Conversation }>(method, path, body);
    if (this.#news.get(chat.id) === before.get(chat.id)) this.upserted(chat);
    return chat;
  }

  #replace(chats: Conversation[], before: ReadonlyMap<string, number>): void {
    const isNews = (id: string): boolean => this.#news.get(id) !== before.get(id);
    const newer = [...this.#all.values()].filter(({ id }) => isNews(id));
    const listed = chats.filter(({ id }) => !isNews(id));
    this.#all = new Map([...listed, ...newer].map((chat) => [chat.id, chat]));
  }

  protected override wanted(): void {
    this.#line.wanted(this);
  }

  protected override unwanted(): void {
    this.#line.unwanted(this);
  }

  protected override compute(): ConversationsView {
    const conversations = [...this.#all.values()].sort((a, b) => Date.parse(b.updatedAt) - Date.parse(a.updatedAt));
    return { conversations, isLoading: !this.#loaded && !this.#error, ...(this.#error && { error: this.#error }) };
  }
}
