import { useSyncExternalStore } from 'react';
import type { Store } from '../client/store.js';

/** The snapshot of a store. */
export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot);
}
