// A transport for the AI SDK's useChat: conversations of Spool as its chats.

import type { SpoolOptions } from '../client/client.js';
import { SpoolClient } from '../client/client.js';
import { SpoolError } from '../client/errors.js';
import type { SendOptions } from '../client/outbox.js';
import type { TreeMessage } from '../client/wire.js';
import { events } from './events.js';

/** As much of the SDK's messages as is needed here. */
export interface UIMessageLike {
  id: string;
  role: string;
  parts: readonly { type: string; text?: string }[];
}

/** What the SDK asks for. */
export interface SendMessages {
  trigger: 'submit-message' | 'regenerate-message';
  /** The id of a conversation. */
  chatId: string;
  messageId?: string | undefined;
  messages: readonly UIMessageLike[];
  abortSignal?: AbortSignal | undefined;
  headers?: Record<string, string> | Headers | undefined;
  /** How the turn is to be run: model, effort, permissionMode … */
  body?: object | undefined;
}

export interface Reconnect {
  chatId: string;
  headers?: Record<string, string> | Headers | undefined;
}

/** A client of your own, or what one is made with. */
export type TransportOptions = SpoolOptions & { client?: SpoolClient };

/**
 * Gives useChat its stream.
 *
 * Messages are sent over the chat socket. The answer is the SDK's own stream of message chunks, as
 * the server has it at GET /api/chats/{chat}/stream: of the run that goes on, or with ?run= of that
 * one from its beginning. 204 says that no run goes on. The last event's data is [DONE].
 */
export class SpoolChatTransport {
  readonly #client: SpoolClient;

  constructor({ client, ...options }: TransportOptions = {}) {
    this.#client = client ?? new SpoolClient(options);
  }

  /** Sends the last message, or has one answered again, and returns what comes of it. */
  async sendMessages({ trigger, chatId, messages, abortSignal, headers, body }: SendMessages): Promise<ReadableStream<any>> {
    const of = trigger === 'regenerate-message' ? await this.#again(chatId, messages) : ofLast(messages);
    const sent = await this.#client.conversation(chatId).send(of.content, { ...(body as SendOptions), ...of.options });
    if (!sent.runId) throw new SpoolError('NOT_POSSIBLE', 'the message waits: queue and interrupt are not for this transport');
    const { runId } = sent;
    abortSignal?.addEventListener('abort', () => void this.#abort(runId), { once: true });
    if (abortSignal?.aborted) void this.#abort(runId);
    return (await this.#stream(chatId, `?run=${runId}`, headers, abortSignal)) ?? empty();
  }

  /** Returns what comes of the run that goes on, null if none does. */
  async reconnectToStream({ chatId, headers }: Reconnect): Promise<ReadableStream<any> | null> {
    return (await this.#stream(chatId, '', headers)) ?? null;
  }

  async #stream(chat: string, query: string, headers: Reconnect['headers'], signal?: AbortSignal): Promise<ReadableStream<any> | undefined> {
    const of = Object.fromEntries(new Headers(headers));
    const chunks = await events(this.#client.http, `/api/chats/${chat}/stream${query}`, { headers: of, signal });
    return chunks && streamOf(chunks);
  }

  /** A message that is sent once more goes where it was: its answers are branches. */
  async #again(chat: string, messages: readonly UIMessageLike[]): Promise<{ content: string; options: SendOptions }> {
    const count = messages.filter(({ role }) => role === 'user').length;
    const path = await this.#client.http.json<{ messages: TreeMessage[] }>('GET', `/api/chats/${chat}/messages`);
    const asked = path.messages.filter(({ role }) => role === 'user').at(Math.max(count, 1) - 1);
    if (!asked) throw new SpoolError('NOT_POSSIBLE', 'there is no message to answer again');
    return { content: asked.content, options: { parent: asked.parent ?? '' } };
  }

  async #abort(run: string): Promise<void> {
    await this.#client.http.json('POST', `/api/runs/${run}/abort`).catch(() => {}); // it may be over
  }
}

function ofLast(messages: readonly UIMessageLike[]): { content: string; options: SendOptions } {
  const last = messages.findLast(({ role }) => role === 'user');
  if (!last) throw new SpoolError('NOT_POSSIBLE', 'there is no message to send');
  const other = last.parts.find(({ type }) => type !== 'text');
  if (other) throw new SpoolError('NOT_POSSIBLE', `messages are text: a part of the type ${other.type} cannot be sent`);
  return { content: last.parts.map(({ text = '' }) => text).join(''), options: { clientMessageId: last.id } };
}

function streamOf(chunks: AsyncGenerator<unknown>): ReadableStream<unknown> {
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await chunks.return(undefined);
    },
  });
}

const empty = (): ReadableStream<unknown> => new ReadableStream({ start: (controller) => controller.close() });
