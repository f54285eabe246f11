import type { ReactNode } from 'react';
import type { Health } from '../state/health.js';
import { Exact } from './visible.js';

/** Why the agent cannot be started, and what to do about it; nothing if it can. */
export function AgentProblem({ cli: { found, problem, hint } }: { cli: Health['cli'] }): ReactNode {
  if (found) return null;
  return (
    <div className="warning" role="alert">
      <p><strong>The agent cannot be started.</strong> {problem && <Exact>{problem}</Exact>}</p>
      {hint && <p><Exact>{hint}</Exact></p>}
    </div>
  );
}
