import type { Decision, Message, SendOptions, UseConversation } from '@spool/react';
import { textOf, useSpool } from '@spool/react';
import type { ReactNode } from 'react';
import { createContext, useContext, useMemo } from 'react';
import { forgetUnsent } from '../state/kept.js';
import { attempt } from '../state/notices.js';
import { sendKept } from '../state/send.js';

/** What can be done in the conversation that is shown. The functions stay the same as long as it is. */
export interface Actions {
  send(content: string, options?: SendOptions): void;
  /** Another text in the place of a message of the user's. */
  edit(message: Message, content: string): void;
  /** One more answer in the place of this one. */
  again(message: Message): void;
  /** The same message once more, with the server's own choices if it did not allow those. */
  resend(message: Message): void;
  discard(message: Message): void;
  switchTo(message: Message): void;
  branchesOf(message: Message): readonly Message[];
  decide(requestId: string, decision: Decision): Promise<void>;
}

const Context = createContext<Actions | undefined>(undefined);

export function useActions(): Actions {
  return useContext(Context)!;
}

export function ChatActions({ conversation, children }: { conversation: UseConversation; children: (actions: Actions) => ReactNode }): ReactNode {
  const client = useSpool();
  const { id } = conversation;
  const actions = useMemo<Actions>(() => {
    const store = client.conversation(id);
    const discard = (message: Message): void => {
      forgetUnsent(id, (clientMessageId) => clientMessageId === message.clientMessageId);
      store.dismiss(message.clientMessageId!);
    };
    return {
      discard,
      send: (content, options) => sendKept(store, content, options),
      edit: (message, content) => sendKept(store, content, { parent: message.parent }),
      again: (message) => void attempt('It could not be asked again', async () => store.retry(message)),
      resend: (message) => {
        discard(message);
        sendKept(store, textOf(message), message.code === 'RUN_IN_PROGRESS' ? { queue: true } : {});
      },
      switchTo: (message) => void attempt('The branch could not be shown', () => store.switchTo(message)),
      branchesOf: (message) => store.branchesOf(message),
      decide: (requestId, decision) => store.respond(requestId, decision),
    };
  }, [client, id]);
  return <Context value={actions}>{children(actions)}</Context>;
}
