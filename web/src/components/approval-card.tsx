import type { Approval } from '@spool/react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { OpenApproval } from '../state/approval.js';
import { useOpenApproval } from '../state/approval.js';
import { toMessages } from '../state/focus.js';
import { useNow } from '../state/now.js';
import { clock } from '../text/format.js';
import { wordsFor } from '../text/permission.js';
import { reasonOf } from '../text/reason.js';
import { useActions } from './chat-actions.js';
import { Icon } from './icon.js';
import { ToolInput } from './tool-input.js';
import { Exact } from './visible.js';

const decided = { allowed: 'Allowed', denied: 'Denied', timed_out: 'Denied, because nobody answered in time', cancelled: 'Taken back: it is asked for no more' } as const;

/** What was asked for, and what was decided. */
export function ApprovalCard({ approval }: { approval: Approval }): ReactNode {
  if (approval.state === 'pending') return <Open approval={approval} />;
  return (
    <p className="decided" data-state={approval.state}>
      <Icon name={approval.state === 'allowed' ? 'check' : 'cross'} />{decided[approval.state] ?? 'Closed'}{approval.reason && <>: <Exact>{approval.reason}</Exact></>}
    </p>
  );
}

/** Nothing can be allowed before all of it is there to be seen, as the server has it. */
function Open({ approval }: { approval: Approval }): ReactNode {
  const { record, problem, retry } = useOpenApproval(approval.requestId);
  return (
    <div className="approval" data-state="pending" tabIndex={-1} role="group" aria-label="The agent asks for your approval">
      <p className="approval-head"><strong>May the agent use <bdi><Exact>{approval.toolName}</Exact></bdi>?</strong>{record?.expiresAt && <Expiry at={record.expiresAt} />}</p>
      {record ? <Question record={record} /> : <p role="status">{problem ? <>{problem} <button type="button" className="link" onClick={retry}>Try again</button></> : 'Loading what it is about…'}</p>}
    </div>
  );
}

function Expiry({ at }: { at: string }): ReactNode {
  const now = useNow(1_000);
  return <span className="expiry">is denied by itself in {clock(Date.parse(at) - now)}</span>;
}

function Question({ record: { id, input, context = {} } }: { record: OpenApproval }): ReactNode {
  return (
    <>
      {context.description && !repeats(input, context.description) && <p><Exact>{context.description}</Exact></p>}
      {context.reason && <p className="hint">Why it is asked for: <Exact>{context.reason}</Exact></p>}
      {context.blockedPath && <p className="hint">Path: <Exact>{context.blockedPath}</Exact></p>}
      <ToolInput input={input} />
      <Choice id={id} suggestions={context.suggestions ?? []} />
    </>
  );
}

/** Some inputs say themselves what they are for. */
const repeats = (input: unknown, text: string): boolean => typeof input === 'object' && input !== null && Object.values(input).includes(text);

function Choice({ id, suggestions }: { id: string; suggestions: readonly unknown[] }): ReactNode {
  const { decide } = useActions();
  const [message, setMessage] = useState('');
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState('');
  const answer = async (allow: boolean, rememberEntry?: unknown): Promise<void> => {
    toMessages();
    setSending(true);
    setProblem('');
    const word = message.trim();
    try {
      await decide(id, allow ? { allow, ...(rememberEntry !== undefined && { rememberEntry }) } : { allow, ...(word && { message: word }) });
    } catch (error) {
      setProblem(reasonOf(error));
      setSending(false);
    }
  };
  return (
    <div className="choice">
      <p className="buttons">
        <button type="button" className="primary" disabled={sending} onClick={() => void answer(true)}>Allow once</button>
      </p>
      {suggestions.length > 0 && (
        <div className="always" role="group" aria-label="Allow, and do not ask again">
          {suggestions.map((entry, at) => (
            <button key={at} type="button" disabled={sending} onClick={() => void answer(true, entry)}>
              <span className="always-what"><Exact>{wordsFor(entry) ?? `Allow with: ${JSON.stringify(entry)}`}</Exact></span>
            </button>
          ))}
        </div>
      )}
      <form className="deny" onSubmit={(event) => { event.preventDefault(); void answer(false); }}>
        <input aria-label="What to tell the model if you deny it" placeholder="A word to the model" value={message} maxLength={2_000} onChange={(event) => setMessage(event.target.value)} />
        <button type="submit" className="danger" disabled={sending}>Deny</button>
      </form>
      {problem && <p role="alert" className="problem"><Exact>{problem}</Exact></p>}
    </div>
  );
}
