// The message that a search has found, until it is shown.

import { useSyncExternalStore } from 'react';

interface Sought {
  readonly conversation: string;
  readonly message: string;
}

let sought: Sought | undefined;
const listeners = new Set<() => void>();

/** Says what is to be shown next; nothing once it is. */
export function seek(next: Sought | undefined): void {
  sought = next;
  for (const listener of listeners) listener();
}

/** The id of the message that is sought in a conversation. */
export function useSought(conversation: string): string | undefined {
  const all = useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, () => sought);
  return all?.conversation === conversation ? all.message : undefined;
}
