// Short notices at the edge of the page: what could not be done, and what was.

import { useSyncExternalStore } from 'react';
import { reasonOf } from '../text/reason.js';

export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly kind: 'done' | 'problem';
}

let notices: readonly Notice[] = [];
let last = 0;
const listeners = new Set<() => void>();

function set(next: readonly Notice[]): void {
  notices = next;
  for (const listener of listeners) listener();
}

export function notify(text: string, kind: Notice['kind'] = 'done'): void {
  set([...notices.slice(-3), { id: ++last, text, kind }]);
}

export function dismiss(id: number): void {
  set(notices.filter((notice) => notice.id !== id));
}

export function useNotices(): readonly Notice[] {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, () => notices);
}

/** Does something, and tells if it could not be done. */
export async function attempt(what: string, action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    notify(`${what}: ${reasonOf(error)}`, 'problem');
    return false;
  }
}
