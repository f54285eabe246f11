import type { UseConversation } from '@spool/react';
import type { ReactNode } from 'react';
import { useNow } from '../state/now.js';
import { clock, tokens } from '../text/format.js';
import { stateOf } from '../text/status.js';
import { visible } from '../text/visible.js';
import { written } from '../text/written.js';
import { Exact } from './visible.js';

/** How the conversation is, always: in words, with the time that the answer has taken. */
export function ChatStatus({ conversation }: { conversation: UseConversation }): ReactNode {
  const { run, messages, isActive, queued, connection } = conversation;
  const now = useNow(isActive ? 1_000 : 0);
  const answer = isActive ? messages.findLast(({ runId, role }) => role === 'assistant' && runId === run?.id) : undefined;
  const done = answer ? written(answer.blocks) : 0;
  const state = stateOf(conversation, connection.status);
  return (
    <div className="status" data-state={state.name}>
      <span className="status-dot" aria-hidden="true" />
      <span role="status">{visible(state.text)}</span>
      {isActive && run && <span className="elapsed" title="Time since the answer was begun">{clock(now - Date.parse(run.startedAt))}</span>}
      {done > 0 && <span title="An estimate: the answer's end has the numbers">~{tokens(done)}</span>}
      {isActive && run?.deadline && <span className="deadline" role="alert">{run.deadline.at ? `The server ends it in ${clock(Date.parse(run.deadline.at) - now)}` : <Exact>{run.deadline.text}</Exact>}</span>}
      {queued > 0 && <span title="Messages that wait for the end of this answer">{queued} queued</span>}
    </div>
  );
}
