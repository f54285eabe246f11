import { useMemo } from 'react';
import type { RunFilter, RunsStore, RunsView } from '../client/runs.js';
import { useSpool } from './context.js';
import { useStore } from './useStore.js';

export interface RunsActions {
  refresh(): Promise<void>;
  loadMore(): Promise<void>;
  abort(run: string): Promise<void>;
}

/** The runs that answer to a description, the newest first, as they were when they were asked for. */
export function useRuns({ meta, state, limit, refreshInterval }: RunFilter = {}): RunsView & RunsActions {
  const client = useSpool();
  const store = useMemo(() => client.runs({ meta, state, limit, refreshInterval }), [client, meta, state, limit, refreshInterval]);
  const view = useStore(store);
  const actions = useMemo(() => actionsOf(store), [store]);
  return { ...view, ...actions };
}

function actionsOf(store: RunsStore): RunsActions {
  return { refresh: () => store.refresh(), loadMore: () => store.loadMore(), abort: (run) => store.abort(run) };
}
