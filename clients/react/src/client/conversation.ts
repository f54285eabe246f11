// One conversation, as somebody looks at it and takes part in it.

import { Delivery } from './delivery.js';
import { connectionLost, notPossible, SpoolError } from './errors.js';
import { History } from './history.js';
import type { Http } from './http.js';
import type { SendOptions, Sent } from './outbox.js';
import { outgoing } from './outbox.js';
import { initialState, reduceAll } from './reduce.js';
import { Store } from './store.js';
import type { Approval, ConversationState, Message, RunInfo } from './view.js';
import { isActive, textOf } from './view.js';
import type { ClientFrame, Conversation, Decision, JournalFrame, ProtocolErrorFrame, SubscribedFrame, Subscription, Usage } from './wire.js';

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
  readonly #delivery: Delivery;
  readonly #history: History;
  #state: ConversationState;
  #frames: (JournalFrame | SubscribedFrame)[] = []; // came in since the last snapshot
  #acks = 0; // subscriptions of this socket that are not answered
  #stale = true; // the history is to be asked for
  #error: SpoolError | undefined;
  #dirty = false;

  constructor(id: string, line: Line) {
    super(emptyView(id));
    this.id = id;
    this.#line = line;
    this.#state = initialState(id);
    this.#delivery = new Delivery(({ frame }) => line.send(frame) && line.send({ type: 'chat.subscribe', sessions: [this.#place()] }));
    this.#history = new History(id, line.http, (error) => {
      this.#error = error ?? this.#error;
      this.changed();
    });
  }

  /** The whole of what the journal has told. */
  get state(): ConversationState {
    this.flush();
    return this.#state;
  }

  /** Whether messages are on their way to the server. */
  get isSending(): boolean {
    return this.#delivery.isSending;
  }

  /** Sends a message. The promise is fulfilled when the server has it; it may be left alone: the view tells. */
  send(content: string, options: SendOptions = {}): Promise<Sent> {
    if (this.id === '') return Promise.reject(new SpoolError(notPossible, 'there is no conversation to send to'));
    this.#line.wanted(this);
    const sent = this.#delivery.add(outgoing(this.id, content, options));
    if (!this.watched) this.#line.unwanted(this); // as soon as it is sent
    this.changed();
    return sent;
  }

  /** Sends another text in the place of a user's message: a branch. */
  edit(message: Message, content: string, options: SendOptions = {}): Promise<Sent> {
    return this.send(content, { ...options, parent: message.parent });
  }

  /** Has a message answered once more: a user's message, or an answer's. One that could not be sent is sent again, as it was. */
  retry(message: Message, options: SendOptions = {}): Promise<Sent> {
    const failed = this.#delivery.dismiss(message.clientMessageId);
    if (failed) return this.send(failed.content, { ...failed.options, ...options });
    const asked = message.role === 'user' ? message : this.getSnapshot().messages.find((other) => other.role === 'user' && other.id === message.parent);
    if (!asked?.id) return Promise.reject(new SpoolError(notPossible, 'there is no message to answer again'));
    return this.send(textOf(asked), { ...options, parent: asked.parent });
  }

  /** Takes a message away that has failed. */
  dismiss(clientMessageId: string): void {
    this.#delivery.dismiss(clientMessageId);
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
    const { chat } = await this.#line.http.json<{ chat: Conversation }>('PUT', `/api/chats/${this.id}`, { head: this.#history.tree.endOf(id) });
    this.upserted(chat);
  }

  /** A message and what stands in its place on other branches, the oldest first, as the view has them. */
  branchesOf(message: Message): Message[] {
    return this.#history.tree.branchesOf(message);
  }

  /** The messages from the root to one, likewise. */
  path(head: string): Message[] {
    return this.#history.tree.path(head);
  }

  // What the client tells.

  /** What to subscribe with to a conversation that was not followed. */
  subscription(): Subscription {
    this.#stale = true;
    return this.#place();
  }

  /** Every subscription is answered, in the order of all frames. */
  #place(): Subscription {
    this.flush();
    this.#acks++;
    const { lastSeq, epoch } = this.#state;
    return { sessionId: this.id, lastSeq, ...(epoch && { epoch }), history: true };
  }

  /** Asks for what has come since, so that the server says something. */
  ask(): boolean {
    return this.#line.send({ type: 'chat.subscribe', sessions: [this.#place()] });
  }

  /** The socket is open and the subscription sent. What may have been lost is sent again. */
  opened(): void {
    this.#delivery.next();
  }

  /** The socket is gone. A reason means that there will be no other. */
  lost(reason?: SpoolError): void {
    this.#acks = 0;
    this.#delivery.lost(reason);
    this.changed();
    this.flush();
  }

  take(frame: JournalFrame | SubscribedFrame): void {
    const { isSending } = this;
    this.#frames.push(frame);
    if (frame.kind === 'chat_subscribed') this.#subscribed(frame);
    this.#delivery.take(frame);
    this.changed();
    if (isSending && !this.isSending) this.flush(); // who waited for it finds it in the view
  }

  /** Something was refused: the message that is not answered yet, or else a subscription. */
  refused({ code, error }: ProtocolErrorFrame): void {
    if (code === 'NO_ACTIVE_RUN') return;
    const reason = new SpoolError(code, error);
    if (!this.#delivery.refused(reason)) {
      this.#acks = Math.max(0, this.#acks - 1);
      this.#error = reason;
    }
    this.#delivery.next();
    this.changed();
  }

  /** The server tells of the conversation as it is now. */
  upserted(session: Conversation): void {
    this.flush();
    this.#history.told(session, Math.max(this.#state.lastSeq, this.#state.target));
    this.changed();
  }

  deleted(): void {
    this.#error = new SpoolError('SESSION_NOT_FOUND', 'the conversation was deleted');
    this.#delivery.lost(this.#error);
    this.changed();
  }

  #subscribed(frame: SubscribedFrame): void {
    this.#acks = Math.max(0, this.#acks - 1);
    this.#error = undefined;
    if (this.#stale) void this.#history.ask(frame.lastSeq);
    this.#stale = false;
    if (this.#acks === 0) this.#delivery.answered(frame);
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
    this.#history.grow(this.#state);
    return this.#view();
  }

  #view(): ConversationView {
    const { run, approvals, usage, epoch, lastSeq, target } = this.#state;
    const { session, tree } = this.#history;
    const head = this.#history.head(this.#state);
    const isLoading = !this.#error && (epoch === '' || lastSeq < target);
    if (!isLoading) this.#history.fill(head, target);
    return {
      id: this.id, messages: [...tree.path(head), ...this.#delivery.view(head)], head, session, run, isActive: isActive(run?.status), approvals,
      queued: session?.queued ?? 0, usage: session?.usage ?? usage, isLoading, error: this.#error,
    };
  }
}

function emptyView(id: string): ConversationView {
  const { approvals, usage } = initialState(id);
  return { id, messages: [], head: '', isActive: false, approvals, queued: 0, usage, isLoading: id !== '' };
}
