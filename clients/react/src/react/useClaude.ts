import { useEffect, useMemo } from 'react';
import type { ClaudeOptions, ClaudeRun } from '../client/claude.js';
import type { RunState } from '../client/lines.js';
import { useSpool } from './context.js';
import { useStore } from './useStore.js';

export interface ClaudeActions {
  /** Starts a run. One that was looked at before is let go: without detach that ends it. */
  start(prompt: string, options?: ClaudeOptions): void;
  /** Looks at a run that goes on or has ended, from behind a line. */
  attach(run: string, from?: number): void;
  /** Ends the run. */
  abort(): Promise<void>;
  /** Stops looking, and forgets. */
  reset(): void;
}

/** A run of one prompt. It is let go when the component is: without detach that ends it. */
export function useClaude(): RunState & ClaudeActions {
  const client = useSpool();
  const run = useMemo(() => client.claude(), [client]);
  useEffect(() => () => run.close(), [run]);
  const state = useStore(run);
  const actions = useMemo(() => actionsOf(run), [run]);
  return { ...state, ...actions };
}

function actionsOf(run: ClaudeRun): ClaudeActions {
  return {
    start: (prompt, options) => run.start(prompt, options),
    attach: (id, from) => run.attach(id, from),
    abort: () => run.abort(),
    reset: () => run.reset(),
  };
}
