import type { Message } from '@spool/react';
import { isActive, textOf } from '@spool/react';
import type { ReactNode } from 'react';
import { memo, useState } from 'react';
import { toMessages } from '../state/focus.js';
import { moment } from '../text/format.js';
import { useActions } from './chat-actions.js';
import { Blocks } from './blocks.js';
import { BranchSwitch } from './branch-switch.js';
import { CopyButton } from './copy-button.js';
import { Delivery } from './delivery.js';
import { EditForm } from './edit-form.js';
import { Icon } from './icon.js';
import { Outcome, Took } from './outcome.js';
import { Prose } from './visible.js';

interface Props {
  message: Message;
  isLast: boolean;
  canBranch: boolean;
}

/** One message. It is drawn anew only if it has changed. */
export const MessageView = memo(function MessageView({ message, isLast, canBranch }: Props): ReactNode {
  switch (message.role) {
    case 'user': return <Asked message={message} canBranch={canBranch} />;
    case 'assistant': return <Answered message={message} isLast={isLast} canBranch={canBranch} />;
    default: return <article className="message system" aria-label="From the server"><Blocks blocks={message.blocks} runId="" /></article>;
  }
});

function Asked({ message, canBranch }: { message: Message; canBranch: boolean }): ReactNode {
  const [editing, setEditing] = useState(false);
  const { edit } = useActions();
  const text = textOf(message);
  const close = (): void => {
    toMessages();
    setEditing(false);
  };
  const save = (content: string): void => {
    close();
    edit(message, content);
  };
  return (
    <article className="message user" aria-label="You" data-message={message.id} data-delivery={message.delivery}>
      <h2 className="offscreen">You</h2>
      {editing ? <EditForm text={text} onSave={save} onCancel={close} /> : <div className="bubble" dir="auto"><Prose>{text}</Prose></div>}
      {message.delivery ? <Delivery message={message} /> : !editing && (
        <footer className="message-foot">
          <BranchSwitch message={message} disabled={!canBranch} />
          <time dateTime={message.at}>{moment(message.at)}</time>
          <CopyButton text={text} label="Copy message" />
          {canBranch && <button type="button" className="quiet" data-action="edit" aria-label="Edit" title="Edit, as another branch (e)" onClick={() => setEditing(true)}><Icon name="edit" /></button>}
        </footer>
      )}
    </article>
  );
}

function Answered({ message, isLast, canBranch }: Props): ReactNode {
  const { again } = useActions();
  const once = (): void => {
    toMessages();
    again(message);
  };
  return (
    <article className="message assistant" aria-label="The agent" data-message={message.id} data-status={message.status} data-run={message.runId}>
      <h2 className="offscreen">The agent</h2>
      <Blocks blocks={message.blocks.filter((block) => block.type !== 'error' || block.text !== message.error)} runId={message.runId} />
      {isActive(message.status) && message.blocks.length === 0 && <p className="typing" aria-hidden="true"><i /><i /><i /></p>}
      <Outcome message={message} onAgain={isLast && canBranch ? once : undefined} />
      {message.endedAt !== undefined || message.status === 'succeeded' ? (
        <footer className="message-foot">
          <BranchSwitch message={message} disabled={!canBranch} />
          <Took message={message} />
          <CopyButton text={textOf(message)} label="Copy answer" />
          {canBranch && <button type="button" className="quiet" data-action={isLast ? 'again' : undefined} aria-label="Answer again" title="Answer once more, as another branch (r)" onClick={once}><Icon name="again" /></button>}
        </footer>
      ) : null}
    </article>
  );
}
