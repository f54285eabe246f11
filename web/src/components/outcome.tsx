import type { Message } from '@spool/react';
import { isActive, textOf } from '@spool/react';
import type { ReactNode } from 'react';
import { adviceFor } from '../text/advice.js';
import { count, dollars, duration, moment, tokens } from '../text/format.js';
import { Icon } from './icon.js';
import { Exact } from './visible.js';

const titles: Readonly<Record<string, string>> = {
  failed: 'Failed', aborted: 'Stopped', timed_out: 'Out of time', interrupted: 'Interrupted',
};

/** What went wrong with an answer, and what to do about it; onAgain, if it is given, does. */
export function Outcome({ message, onAgain }: { message: Message; onAgain: (() => void) | undefined }): ReactNode {
  const { status, code, error, stop } = message;
  if (!status || status === 'succeeded' || isActive(status)) return null;
  const [what, todo] = adviceFor(code);
  return (
    <div className={`outcome ${status}`} data-code={code}>
      <p><strong>{titles[status] ?? 'Ended'}.</strong> {what} {todo}</p>
      {error && <p className="code-name"><Exact>{textOf(message).includes(error) ? (code ?? status) : `${code ?? status}: ${error}`}</Exact></p>}
      {stop && stop.survivors.length > 0 && <p>Processes that could not be ended: {stop.survivors.join(', ')}</p>}
      {onAgain && <p className="outcome-again"><button type="button" onClick={onAgain}><Icon name="again" />Try again</button></p>}
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
