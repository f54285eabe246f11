import type { ReactNode } from 'react';
import { Exact } from './visible.js';

/** All of what a tool is called with: texts as they are, everything else as JSON. Nothing is cut or hidden. */
export function ToolInput({ input }: { input: unknown }): ReactNode {
  if (!isObject(input)) return <pre className="plain" tabIndex={0} role="group" aria-label="Input"><Exact>{input === undefined ? 'nothing' : JSON.stringify(input, null, 2)}</Exact></pre>;
  const entries = Object.entries(input);
  if (entries.length === 0) return <p className="hint">No input</p>;
  return (
    <dl className="input">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt><bdi><Exact>{name}</Exact></bdi></dt>
          <dd><pre className={typeof value === 'string' && value !== '' ? undefined : 'json'}><Exact>{typeof value === 'string' && value !== '' ? value : JSON.stringify(value, null, 2)}</Exact></pre></dd>
        </div>
      ))}
    </dl>
  );
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
