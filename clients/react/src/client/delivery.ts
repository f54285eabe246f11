// How the messages of this client get into the conversation: one after the other, each once.

import { SpoolError } from './errors.js';
import type { Outgoing, Sent } from './outbox.js';
import { outgoingView } from './outbox.js';
import type { Message } from './view.js';
import type { JournalFrame, SubscribedFrame } from './wire.js';

export class Delivery {
  #all: Outgoing[] = [];
  #flight: Outgoing | undefined; // sent on this socket, not answered
  #cursor = 0; // the last frame that has come
  readonly #transmit: (message: Outgoing) => boolean;

  /** transmit sends a message, and something behind it that will be answered; it tells whether there is a socket. */
  constructor(transmit: (message: Outgoing) => boolean) {
    this.#transmit = transmit;
  }

  /** Whether messages are on their way to the server. */
  get isSending(): boolean {
    return this.#all.some((message) => message.delivery === 'sending');
  }

  add(message: Outgoing): Promise<Sent> {
    this.#all.push(message);
    this.next();
    return message.promise;
  }

  /** Sends the oldest message that is not sent, once the one before it is answered. */
  next(): void {
    const message = this.#all.find(({ delivery, accepted }) => delivery === 'sending' && accepted === undefined);
    if (!this.#flight && message && this.#transmit(message)) this.#flight = message;
  }

  /** What was sent behind the message is answered, and it was not refused before that: the server has it. */
  answered({ lastSeq }: SubscribedFrame): void {
    if (this.#flight) this.#flight.accepted = lastSeq;
    this.#flight = undefined;
    this.next();
  }

  /** The message that was sent is refused; false if there is none. */
  refused(reason: SpoolError): boolean {
    if (!this.#flight) return false;
    fail(this.#flight, reason);
    this.#flight = undefined;
    return true;
  }

  /** The socket is gone: what may have been lost is sent again. With a reason nothing is any more. */
  lost(reason?: SpoolError): void {
    this.#flight = undefined;
    if (reason) for (const message of this.#all) fail(message, reason);
  }

  /** A frame may be what has become of a message. */
  take(frame: JournalFrame | SubscribedFrame): void {
    if (frame.kind !== 'chat_subscribed') {
      this.#cursor = Math.max(this.#cursor, frame.seq);
      this.#look(frame);
    } else if (frame.replay === 'reset') {
      this.#cursor = 0;
    }
    this.#wait();
  }

  #look(frame: JournalFrame): void {
    if (!('clientMessageId' in frame) || !frame.clientMessageId) return;
    const { clientMessageId, runId } = frame;
    const message = this.#all.find((sent) => sent.clientMessageId === clientMessageId);
    if (!message) return;
    if (frame.kind === 'error') return fail(message, new SpoolError('NOT_SENT', frame.content));
    message.settle({ clientMessageId, queued: false, messageId: frame.messageId, runId });
    this.#all = this.#all.filter((other) => other !== message);
  }

  /** A message that the server has, and that has not come by the journal, waits. */
  #wait(): void {
    for (const message of this.#all) {
      const { clientMessageId, delivery, accepted } = message;
      if (delivery !== 'sending' || accepted === undefined || this.#cursor < accepted) continue;
      message.delivery = 'queued';
      message.settle({ clientMessageId, queued: true });
    }
  }

  /** Takes a message away that has failed, and returns it. */
  dismiss(clientMessageId: string | undefined): Outgoing | undefined {
    const failed = this.#all.find((message) => message.clientMessageId === clientMessageId && message.delivery === 'failed');
    this.#all = this.#all.filter((message) => message !== failed);
    return failed;
  }

  /** The messages as a view shows them, behind another one. */
  view(parent: string): Message[] {
    return this.#all.map((message) => outgoingView(message, parent));
  }
}

function fail(message: Outgoing, error: SpoolError): void {
  if (message.delivery === 'failed') return;
  message.delivery = 'failed';
  message.error = error;
  message.settle(error);
}
