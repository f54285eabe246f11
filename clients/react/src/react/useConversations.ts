import { useMemo } from 'react';
import type { ConversationsStore, ConversationsView, NewConversation } from '../client/conversations.js';
import type { Conversation } from '../client/wire.js';
import { useSpool } from './context.js';
import { useStore } from './useStore.js';

export interface ConversationsActions {
  create(first?: NewConversation): Promise<Conversation>;
  rename(id: string, name: string): Promise<Conversation>;
  setIcon(id: string, icon: string): Promise<Conversation>;
  star(id: string, starred?: boolean): Promise<Conversation>;
  /** Gives a conversation these tags instead of those that it has. */
  tag(id: string, tags: readonly string[]): Promise<Conversation>;
  delete(id: string): Promise<void>;
  refresh(): Promise<void>;
}

/** All conversations, live, the latest change first. */
export function useConversations(): ConversationsView & ConversationsActions {
  const { conversations: store } = useSpool();
  const view = useStore(store);
  const actions = useMemo(() => actionsOf(store), [store]);
  return { ...view, ...actions };
}

function actionsOf(store: ConversationsStore): ConversationsActions {
  return {
    create: (first) => store.create(first),
    rename: (id, name) => store.rename(id, name),
    setIcon: (id, icon) => store.setIcon(id, icon),
    star: (id, starred) => store.star(id, starred),
    tag: (id, tags) => store.tag(id, tags),
    delete: (id) => store.delete(id),
    refresh: () => store.refresh(),
  };
}
