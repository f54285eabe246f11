import type { ConversationStore, ConversationView, SendOptions } from '@spool/react';
import { useSpool } from '@spool/react';
import { useEffect } from 'react';
import { forgetUnsent, keepUnsent, readUnsent } from './kept.js';

const newId = (): string => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** The conversations whose messages are in the hands of this page. */
const resumed = new Set<string>();

/** Sends a message, and keeps it until it is in the conversation. */
export function sendKept(store: ConversationStore, content: string, given: SendOptions = {}): void {
  const options = { ...given, clientMessageId: given.clientMessageId ?? newId() };
  resumed.add(store.id);
  keepUnsent(store.id, { content, options });
  void store.send(content, options).catch(() => {}); // the view tells
}

/** After a reload: what may not have reached the server is sent again, under the same id. What has arrived is forgotten. */
export function useKept({ id, messages }: ConversationView): void {
  const client = useSpool();
  useEffect(() => {
    if (resumed.has(id)) return;
    resumed.add(id);
    const store = client.conversation(id);
    const known = new Set(store.getSnapshot().messages.map(({ clientMessageId }) => clientMessageId));
    for (const { content, options } of readUnsent(id)) {
      if (!known.has(options.clientMessageId)) void store.send(content, options).catch(() => {});
    }
  }, [client, id]);
  useEffect(() => {
    const arrived = new Set(messages.filter(({ delivery }) => !delivery).map(({ clientMessageId }) => clientMessageId));
    forgetUnsent(id, (clientMessageId) => arrived.has(clientMessageId));
  }, [id, messages]);
}
