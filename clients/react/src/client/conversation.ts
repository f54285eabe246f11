// One conversation, as somebody looks at it and takes part in it.

import { connectionLost, notPossible, SpoolError } from './errors.js';
import type { Http } from './http.js';
import type { Outgoing, SendOptions, Sent } from './outbox.js';
import { outgoing, outgoingView } from './outbox.js';
import { Tree } from './path.js';
import { initialState, reduceAll } from './reduce.js';
import { later, Store } from './store.js';
import type { Approval, ConversationState, Message, RunInfo } from './view.js';
import { isActive, textOf } from './view.js';
import type { ClientFrame, Conversation, Decision, JournalFrame, ProtocolErrorFrame, SubscribedFrame, Subscription, TreeMessage, Usage } from './wire.js';

/** What there is to show. */
export interface ConversationView {
  readonly id: string;
  /** From the root to the head, then what this client has sent and is not there yet. */
  readonly messages: readonly Message[];
  /** The last message. */
  readonly head: string;
  /** What the server tells of the conversation; missing until it was asked. */
  readonly session?: Conversation;
  /** The latest run. */
  readonly run?: RunInfo;
  /** Whether a run goes on. */
  readonly isActive: boolean;
  /** Requests that somebody must answer. */
  readonly approvals: readonly Approval[];
  /** How many messages wait for the end of the run. */
  readonly queued: number;
  /** What all turns took. */
  readonly usage: Usage;
  /** True until all that there was when the socket was opened is here. */
  readonly isLoading: boolean;
  /** Why the conversation cannot be shown: SESSION_NOT_FOUND, also if it was deleted. */
  readonly error?: SpoolError;
}

/** What a conversation needs of its client. */
export interface Line {
  readonly http: Http;
  /** Sends a frame, and tells whether the socket is open. */
  send(frame: ClientFrame): boolean;
  /** Somebody looks at the conversation; nobody does any more. */
  wanted(store: ConversationStore): void;
  unwanted(store: ConversationStore): void;
}

export class ConversationStore extends Store<ConversationView> {
  readonly id: string;
  readonly #line: Line;
  #state: ConversationState;
  #frames: (JournalFrame | SubscribedFrame)[] = []; // came in since the last snapshot
  #session: Conversation | undefined;
  #sessionSeq = -1; // where the journal was when that was told
  #cursor = 0; // the last frame that has come
  #known: ReadonlyMap<string, TreeMessage> = new Map();
  #tree = new Tree([], new Map());
  #treeOf: unknown[] = []; // what it was made of
  #missing = ''; // the head whose history was asked for last
  #outbox: Outgoing[] = [];
  #flight: Outgoing | undefined; // sent on this socket, not answered
  #acks = 0; // subscriptions of this socket that are not answered
  #error: SpoolError | undefined;
  #dirty = false;

  constructor(id: string, line: Line) {
    super(emptyView(id));
    this.id = id;
    this.#line = line;
    this.#state = initialState(id);
  }

  /** The whole of what the journal has told. */
  get state(): ConversationState {
    this.flush();
    return this.#state;
  }

  /** Whether messages are on their way to the server. */
  get isSending(): boolean {
    return this.#outbox.some((message) => message.delivery === 'sending');
  }

  /** Sends a message. The promise is fulfilled when the server has it; it may be left alone: the view tells. */
  send(content: string, options: SendOptions = {}): Promise<Sent> {
    if (this.id === '') return Promise.reject(new SpoolError(notPossible, 'there is no conversation to send to'));
    const message = outgoing(this.id, content, options);
    this.#outbox.push(message);
    this.#line.wanted(this);
    if (!this.watched) this.#line.unwanted(this); // as soon as it is sent
    this.#sendNext();
    this.changed();
    return message.promise;
  }

  /** Sends another text in the place of a user's message: a branch. */
  edit(message: Message, content: string, options: SendOptions = {}): Promise<Sent> {
    return this.send(content, { ...options, parent: message.parent });
  }

  /** Has a message answered once more: a user's message, or an answer's. One that could not be sent is sent again, as it was. */
  retry(message: Message, options: SendOptions = {}): Promise<Sent> {
    const failed = this.#outbox.find((other) => other.delivery === 'failed' && other.clientMessageId === message.clientMessageId);
    if (failed) {
      this.dismiss(failed.clientMessageId);
      return this.send(failed.content, { ...failed.options, ...options });
    }
    const asked = message.role === 'user' ? message : this.getSnapshot().messages.find((other) => other.role === 'user' && other.id === message.parent);
    if (!asked?.id) return Promise.reject(new SpoolError(notPossible, 'there is no message to answer again'));
    return this.send(textOf(asked), { ...options, parent: asked.parent });
  }

  /** Takes a message away that has failed. */
  dismiss(clientMessageId: string): void {
    this.#outbox = this.#outbox.filter((message) => message.clientMessageId !== clientMessageId || message.delivery !== 'failed');
    this.changed();
  }

  /** Ends the run that goes on. What waits begins after it. */
  async abort(): Promise<void> {
    const run = this.state.run;
    if (run && isActive(run.status)) {
      await this.#line.http.json('POST', `/api/runs/${run.id}/abort`);
    } else if (!this.#line.send({ type: 'chat.abort', sessionId: this.id })) {
      throw new SpoolError(connectionLost, 'there is no connection');
    }
  }

  /** Answers a request. APPROVAL_GONE: somebody else has, or it is open no more. */
  async respond(requestId: string, decision: Decision): Promise<void> {
    await this.#line.http.json('POST', `/api/approvals/${requestId}`, decision);
  }

  /** Makes the branch that a message is on the conversation, to its latest end. */
  async switchTo(message: Message | string): Promise<void> {
    const id = typeof message === 'string' ? message : message.id;
    if (!id) throw new SpoolError(notPossible, 'this message is on no branch');
    const { chat } = await this.#line.http.json<{ chat: Conversation }>('PUT', `/api/chats/${this.id}`, { head: this.#tree.endOf(id) });
    this.upserted(chat);
  }

  /** A message and what stands in its place on other branches, the oldest first, as the view has them. */
  branchesOf(message: Message): Message[] {
    return this.#tree.branchesOf(message);
  }

  /** The messages from the root to one, likewise. */
  path(head: string): Message[] {
    return this.#tree.path(head);
  }

  // What the client tells.

  /** What to subscribe with. Every subscription is answered, in the order of all frames. */
  subscription(): Subscription {
    this.flush();
    this.#acks++;
    const { lastSeq, epoch } = this.#state;
    return { sessionId: this.id, lastSeq, ...(epoch && { epoch }), history: true };
  }

  /** The socket is open and the subscription sent. What may have been lost is sent again. */
  opened(): void {
    this.#sendNext();
  }

  /** The socket is gone. A reason means that there will be no other. */
  lost(reason?: SpoolError): void {
    this.#acks = 0;
    this.#flight = undefined;
    if (reason) for (const message of this.#outbox) this.#fail(message, reason);
    this.flush();
  }

  take(frame: JournalFrame | SubscribedFrame): void {
    this.#frames.push(frame);
    this.#dirty = true;
    const waiting = this.isSending;
    if (frame.kind === 'chat_subscribed') {
      this.#subscribed(frame);
    } else {
      this.#cursor = Math.max(this.#cursor, frame.seq);
      this.#look(frame);
    }
    this.#wait();
    this.changed();
    if (waiting && !this.isSending) this.flush(); // who waited for it finds it in the view
  }

  /** Something was refused: the message that is not answered yet, or else a subscription. */
  refused({ code, error }: ProtocolErrorFrame): void {
    if (code === 'NO_ACTIVE_RUN') return;
    const reason = new SpoolError(code, error);
    if (this.#flight) {
      this.#fail(this.#flight, reason);
      this.#flight = undefined;
    } else {
      this.#acks = Math.max(0, this.#acks - 1);
      this.#error = reason;
    }
    this.#sendNext();
    this.changed();
  }

  /** The server tells of the conversation as it is now. */
  upserted(session: Conversation): void {
    this.flush();
    this.#told(session, Math.max(this.#state.lastSeq, this.#state.target));
    this.changed();
  }

  deleted(): void {
    this.#error = new SpoolError('SESSION_NOT_FOUND', 'the conversation was deleted');
    for (const message of this.#outbox) this.#fail(message, this.#error);
    this.changed();
  }

  #subscribed(frame: SubscribedFrame): void {
    this.flush();
    if (frame.replay === 'reset') this.#cursor = 0;
    this.#acks = Math.max(0, this.#acks - 1);
    if (this.#acks > 0) return;
    this.#error = undefined;
    if (!this.#flight) return void this.#ask();
    this.#flight.accepted = frame.lastSeq;
    this.#flight = undefined;
    this.#sendNext();
  }

  /**
   * Sends the oldest message that is not sent. The subscription behind it is answered after it:
   * without an error before that, the server has the message.
   */
  #sendNext(): void {
    const next = this.#outbox.find((message) => message.delivery === 'sending' && message.accepted === undefined);
    if (this.#flight || !next || !this.#line.send(next.frame)) return;
    this.#flight = next;
    this.#line.send({ type: 'chat.subscribe', sessions: [this.subscription()] });
  }

  /** A frame may be what has become of a message. */
  #look(frame: JournalFrame): void {
    if (!('clientMessageId' in frame) || !frame.clientMessageId) return;
    const { clientMessageId, runId } = frame;
    const message = this.#outbox.find((sent) => sent.clientMessageId === clientMessageId);
    if (!message) return;
    if (frame.kind === 'error') return this.#fail(message, new SpoolError('NOT_SENT', frame.content));
    message.settle({ clientMessageId, queued: false, messageId: frame.messageId, runId });
    this.#outbox = this.#outbox.filter((other) => other !== message);
  }

  /** A message that the server has, and that has not come by the journal, waits. */
  #wait(): void {
    for (const message of this.#outbox) {
      const { clientMessageId, delivery, accepted } = message;
      if (delivery !== 'sending' || accepted === undefined || this.#cursor < accepted) continue;
      message.delivery = 'queued';
      message.settle({ clientMessageId, queued: true });
    }
  }

  #fail(message: Outgoing, error: SpoolError): void {
    if (message.delivery === 'failed') return;
    message.delivery = 'failed';
    message.error = error;
    message.settle(error);
  }

  /** Asks for what is not in the journal: what the conversation is called, where its head is, and its tree. */
  async #ask(): Promise<void> {
    const seq = this.#state.target;
    try {
      const [{ chat }, { messages }] = await Promise.all([
        this.#line.http.json<{ chat: Conversation }>('GET', `/api/chats/${this.id}`),
        this.#line.http.json<{ messages: TreeMessage[] }>('GET', `/api/chats/${this.id}/messages?all=true`),
      ]);
      this.#known = new Map([...messages.map((message) => [message.id, message] as const), ...this.#known]);
      if (this.#sessionSeq < seq) this.#told(chat, seq);
    } catch (error) {
      if (error instanceof SpoolError && error.status === 404) this.#error = error;
    }
    this.changed();
  }

  #told(session: Conversation, seq: number): void {
    this.#session = session;
    this.#sessionSeq = seq;
  }

  // What there is to show.

  protected override wanted(): void {
    this.#line.wanted(this);
  }

  protected override unwanted(): void {
    this.#line.unwanted(this);
  }

  protected override changed(): void {
    this.#dirty = true;
    super.changed();
  }

  protected override compute(previous: ConversationView): ConversationView {
    if (!this.#dirty) return previous;
    this.#dirty = false;
    const frames = this.#frames;
    this.#frames = [];
    this.#state = reduceAll(this.#state, frames);
    this.#grow();
    return this.#view();
  }

  #view(): ConversationView {
    const { run, approvals, usage, epoch, lastSeq, target } = this.#state;
    const session = this.#session;
    const head = this.#head();
    const messages = [...this.#tree.path(head), ...this.#outbox.map((message) => outgoingView(message, head))];
    const isLoading = !this.#error && (epoch === '' || lastSeq < target);
    if (!isLoading) this.#fill(head);
    return {
      id: this.id, messages, head, session, run, isActive: isActive(run?.status), approvals,
      queued: session?.queued ?? 0, usage: session?.usage ?? usage, isLoading, error: this.#error,
    };
  }

  #grow(): void {
    const of = [this.#state.messages, this.#known];
    if (of.every((part, at) => part === this.#treeOf[at])) return;
    this.#treeOf = of;
    this.#tree = new Tree(this.#state.messages, this.#known);
  }

  /**
   * The last message. A conversation that is idle is where the server says, unless the journal
   * has news; one that answers is where the journal says.
   */
  #head(): string {
    const { head, headSeq } = this.#state;
    const session = this.#session;
    if (!session || (headSeq > 0 && (session.run || headSeq > this.#sessionSeq))) return head;
    const told = session.head ?? '';
    return told === '' || this.#tree.has(told) ? told : head;
  }

  /** If a part of the history stays unknown, it is asked for: once for each head. */
  #fill(head: string): void {
    const wanted = this.#session?.head ?? head;
    if ((this.#tree.has(wanted) && this.#tree.reaches(head)) || wanted === '' || wanted === this.#missing) return;
    this.#missing = wanted;
    later(patience, () => {
      if (!this.#tree.has(wanted) || !this.#tree.reaches(head)) void this.#ask();
    });
  }
}

/** How long a message may stay unknown that is told of, in milliseconds: mostly its frame is on its way. */
const patience = 1_000;

function emptyView(id: string): ConversationView {
  const { approvals, usage } = initialState(id);
  return { id, messages: [], head: '', isActive: false, approvals, queued: 0, usage, isLoading: id !== '' };
}
