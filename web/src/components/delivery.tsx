import type { Message } from '@spool/react';
import type { ReactNode } from 'react';
import { toMessages } from '../state/focus.js';
import { adviceFor } from '../text/advice.js';
import { useActions } from './chat-actions.js';
import { Exact } from './visible.js';

/** What has become of a message that is not in the conversation yet. */
export function Delivery({ message }: { message: Message }): ReactNode {
  const { resend, discard } = useActions();
  if (message.delivery !== 'failed') {
    return <footer className="message-foot shown" role="status">{message.delivery === 'queued' ? 'Queued until the answer before it has ended' : 'Sending…'}</footer>;
  }
  const [what, todo] = adviceFor(message.code);
  return (
    <div className="outcome failed" role="alert">
      <p><strong>Not sent.</strong> {message.code === 'NOT_SENT' ? null : `${what} `}{message.code === 'NOT_SENT' ? 'Send it again, or discard it.' : todo}</p>
      {message.error && <p className="code-name"><Exact>{`${message.code}: ${message.error}`}</Exact></p>}
      <p className="buttons"><button type="button" onClick={() => { toMessages(); discard(message); }}>Discard</button><button type="button" className="primary" onClick={() => { toMessages(); resend(message); }}>Send again</button></p>
    </div>
  );
}
