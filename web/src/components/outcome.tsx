import type { Message } from '@spool/react';
import { isActive } from '@spool/react';
import type { ReactNode } from 'react';
import { adviceFor } from '../text/advice.js';
import { count, dollars, duration, moment, tokens } from '../text/format.js';
import { Exact } from './visible.js';

const titles: Readonly<Record<string, string>> = {
  failed: 'Failed', aborted: 'Stopped', timed_out: 'Out of time', interrupted: 'Interrupted',
};

/** What went wrong with an answer, and what to do about it. */
export function Outcome({ message }: { message: Message }): ReactNode {
  const { status, code, error, stop } = message;
  if (!status || status === 'succeeded' || isActive(status)) return null;
  const [what, todo] = adviceFor(code);
  return (
    <div className={`outcome ${status}`} data-code={code}>
      <p><strong>{titles[status] ?? 'Ended'}.</strong> {what} {todo}</p>
      {error && <p className="code-name"><Exact>{`${code ?? status}: ${error}`}</Exact></p>}
      {stop && stop.survivors.length > 0 && <p>Processes that could not be ended: {stop.survivors.join(', ')}</p>}
    </div>
  );
}

/** What an answer took. */
export function Took({ message: { at, endedAt, usage } }: { message: Message }): ReactNode {
  if (!endedAt) return null;
  const parts = [duration(Date.parse(endedAt) - Date.parse(at))];
  if (usage) parts.push(`${tokens(usage.inputTokens + usage.cacheReadTokens + usage.cacheCreationTokens)} read`, `${count(usage.outputTokens)} written`, dollars(usage.costUsd));
  return <span className="took" title={moment(endedAt)}>{parts.join(' · ')}</span>;
}
