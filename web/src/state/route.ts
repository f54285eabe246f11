// What the page shows is in its address, behind the #: the id of a conversation, or the overview.
// Nothing else is read from there.

import { useMemo, useSyncExternalStore } from 'react';

export type Route = { readonly page: 'new' } | { readonly page: 'overview' } | { readonly page: 'chat'; readonly id: string };

const conversationId = /^conv-[a-z2-7]{26}$/;

export const isConversationId = (text: string): boolean => conversationId.test(text);

/** What a hash stands for. Whatever it is not, it is a new conversation. */
export function routeOf(hash: string): Route {
  const word = hash.replace(/^#/, '');
  if (isConversationId(word)) return { page: 'chat', id: word };
  return { page: word === 'overview' ? 'overview' : 'new' };
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  return useMemo(() => routeOf(hash), [hash]);
}

export const chatAddress = (id: string): string => `#${id}`;

/** Shows something else, which the browser's back button takes back. */
export function go(to: 'new' | 'overview' | { id: string }): void {
  window.location.hash = typeof to === 'string' ? (to === 'new' ? '' : to) : to.id;
}
