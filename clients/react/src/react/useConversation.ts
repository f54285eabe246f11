import { useMemo } from 'react';
import type { ConnectionState } from '../client/connection.js';
import type { ConversationStore, ConversationView } from '../client/conversation.js';
import type { SendOptions, Sent } from '../client/outbox.js';
import type { Message } from '../client/view.js';
import type { Decision } from '../client/wire.js';
import { useSpool } from './context.js';
import { useStore } from './useStore.js';

/** What can be done in a conversation. The functions stay the same for its life. */
export interface ConversationActions {
  /** Sends a message. Its promise may be left alone: failures are shown in the messages. */
  send(content: string, options?: SendOptions): Promise<Sent>;
  /** Sends another text in the place of a user's message: a branch. */
  edit(message: Message, content: string, options?: SendOptions): Promise<Sent>;
  /** Has a message answered once more. */
  retry(message: Message, options?: SendOptions): Promise<Sent>;
  /** Takes a message away that could not be sent. */
  dismiss(clientMessageId: string): void;
  /** Ends the run that goes on. */
  abort(): Promise<void>;
  /** Answers a request for an approval. */
  respond(requestId: string, decision: Decision): Promise<void>;
  /** Makes another branch the conversation. */
  switchTo(message: Message | string): Promise<void>;
  /** A message and what stands in its place on other branches, the oldest first. */
  branchesOf(message: Message): Message[];
}

export interface UseConversation extends ConversationView, ConversationActions {
  readonly connection: ConnectionState;
}

/** A conversation, live: what there is to show of it, and what can be done in it. Without an id there is none. */
export function useConversation(id: string | undefined): UseConversation {
  const client = useSpool();
  const store = client.conversation(id ?? '');
  const view = useStore(store);
  const connection = useStore(client.connection);
  const actions = useMemo(() => actionsOf(store), [store]);
  return { ...view, ...actions, connection };
}

function actionsOf(store: ConversationStore): ConversationActions {
  return {
    send: (content, options) => store.send(content, options),
    edit: (message, content, options) => store.edit(message, content, options),
    retry: (message, options) => store.retry(message, options),
    dismiss: (clientMessageId) => store.dismiss(clientMessageId),
    abort: () => store.abort(),
    respond: (requestId, decision) => store.respond(requestId, decision),
    switchTo: (message) => store.switchTo(message),
    branchesOf: (message) => store.branchesOf(message),
  };
}
