// The messages of this client that are not in the conversation yet.

import type { SpoolError } from './errors.js';
import type { Message } from './view.js';
import type { ChatOptions, ChatSendRequest } from './wire.js';

export interface SendOptions extends ChatOptions {
  /** Wait for the end of the run that goes on. */
  queue?: boolean;
  /** End the run that goes on, and be the next. */
  interrupt?: boolean;
  /** The message to go on from, empty to begin anew: another one than the last is a branch. */
  parent?: string;
  /** The message must follow this one, or it is refused with HEAD_MOVED. */
  expectedHead?: string;
  /** Names the work in lists of runs: A-Z, 0-9, _ and -. */
  meta?: string;
  /** The message's own id, 1 to 200 visible ASCII characters. The same one is never sent twice. */
  clientMessageId?: string;
}

/** What has become of a message. */
export interface Sent {
  clientMessageId: string;
  /** It waits for the run that goes on. */
  queued: boolean;
  /** The message's id and the run that answers it, unless it waits. */
  messageId?: string;
  runId?: string;
}

export interface Outgoing {
  readonly clientMessageId: string;
  readonly content: string;
  readonly options: SendOptions; // its id among them
  readonly frame: ChatSendRequest;
  readonly at: string;
  readonly promise: Promise<Sent>;
  readonly settle: (sent: Sent | SpoolError) => void;
  delivery: 'sending' | 'queued' | 'failed';
  error?: SpoolError;
  /** The server has it: where the journal was then. Up to there its own frame is to come, unless it waits. */
  accepted?: number;
}

/** A message to a conversation that is to be sent. */
export function outgoing(sessionId: string, content: string, options: SendOptions): Outgoing {
  const { clientMessageId = newId(), parent, expectedHead, ...rest } = options;
  const frame: ChatSendRequest = { type: 'chat.send', sessionId, content, clientMessageId, parent, expectedHead, options: rest };
  let settle!: Outgoing['settle'];
  const promise = new Promise<Sent>((resolve, reject) => {
    settle = (result) => (result instanceof Error ? reject(result) : resolve(result));
  });
  promise.catch(() => {}); // who does not wait for it sees it in the view
  return { clientMessageId, content, options: { ...options, clientMessageId }, frame, at: new Date().toISOString(), promise, settle, delivery: 'sending' };
}

/** The message as a view shows it, for as long as it is in no journal. */
export function outgoingView({ clientMessageId: key, content: text, at, delivery, error }: Outgoing, parent: string): Message {
  return {
    key, role: 'user', parent, runId: '', clientMessageId: key, at, delivery, code: error?.code, error: error?.message,
    blocks: [{ type: 'text', key, text, streaming: false, whole: true }],
  };
}

/** An id that nobody else has. randomUUID is there only on pages that came over HTTPS or from this machine. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
