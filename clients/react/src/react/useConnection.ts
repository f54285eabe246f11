import { useCallback } from 'react';
import type { ConnectionState } from '../client/connection.js';
import { useSpool } from './context.js';
import { useStore } from './useStore.js';

/** How the chat socket is. reconnect begins again without waiting, also after it was closed for good. */
export function useConnection(): ConnectionState & { reconnect(): void } {
  const { connection } = useSpool();
  const state = useStore(connection);
  const reconnect = useCallback(() => connection.reconnect(), [connection]);
  return { ...state, reconnect };
}
