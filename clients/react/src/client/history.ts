// What is known of a conversation besides its journal: its record, and the tree of its messages.

import { SpoolError } from './errors.js';
import type { Http } from './http.js';
import { Tree } from './path.js';
import { later } from './store.js';
import type { ConversationState } from './view.js';
import type { Conversation, TreeMessage } from './wire.js';

/** How long a message may stay unknown that is told of, in milliseconds: mostly its frame is on its way. */
const patience = 1_000;

export class History {
  readonly #id: string;
  readonly #http: Http;
  readonly #changed: (error?: SpoolError) => void;
  #session: Conversation | undefined;
  #seq = -1; // where the journal was when that was told
  #known: ReadonlyMap<string, TreeMessage> = new Map();
  #tree = new Tree([], new Map());
  #treeOf: unknown[] = []; // what it was made of
  #missing = ''; // the message that was asked for last

  /** changed is called when something was learnt, with an error if the conversation is not there. */
  constructor(id: string, http: Http, changed: (error?: SpoolError) => void) {
    this.#id = id;
    this.#http = http;
    this.#changed = changed;
  }

  get session(): Conversation | undefined {
    return this.#session;
  }

  get tree(): Tree {
    return this.#tree;
  }

  /** The server has told of the conversation, when the journal was there. */
  told(session: Conversation, seq: number): void {
    this.#session = session;
    this.#seq = seq;
  }

  /** Asks what the conversation is called, where its head is, and for all of its messages. */
  async ask(seq: number): Promise<void> {
    try {
      const [{ chat }, { messages }] = await Promise.all([
        this.#http.json<{ chat: Conversation }>('GET', `/api/chats/${this.#id}`),
        this.#http.json<{ messages: TreeMessage[] }>('GET', `/api/chats/${this.#id}/messages?all=true`),
      ]);
      this.#known = new Map([...messages.map((message) => [message.id, message] as const), ...this.#known]);
      if (this.#seq < seq) this.told(chat, seq);
      this.#changed();
    } catch (error) {
      if (error instanceof SpoolError && error.status === 404) this.#changed(error);
    }
  }

  /** Takes in what the journal knows. */
  grow({ messages }: ConversationState): void {
    const of = [messages, this.#known];
    if (of.every((part, at) => part === this.#treeOf[at])) return;
    this.#treeOf = of;
    this.#tree = new Tree(messages, this.#known);
  }

  /**
   * The last message. A conversation that is idle is where the server says, unless the journal
   * has news; one that answers is where the journal says.
   */
  head({ head, headSeq }: ConversationState): string {
    const session = this.#session;
    if (!session || (headSeq > 0 && (session.run || headSeq > this.#seq))) return head;
    const told = session.head ?? '';
    return told === '' || this.#tree.has(told) ? told : head;
  }

  /** If a part of what leads to a head stays unknown, it is asked for: once for each head. */
  fill(head: string, seq: number): void {
    const wanted = this.#session?.head ?? head;
    const isThere = (): boolean => this.#tree.has(wanted) && this.#tree.reaches(head);
    if (wanted === '' || wanted === this.#missing || isThere()) return;
    this.#missing = wanted;
    later(patience, () => {
      if (!isThere()) void this.ask(seq);
    });
  }
}
