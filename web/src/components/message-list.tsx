import type { Message } from '@spool/react';
import type { ReactNode } from 'react';
import { useEffect } from 'react';
import { useFollow } from '../state/follow.js';
import { notify } from '../state/notices.js';
import { seek, useSought } from '../state/sought.js';
import { useWindow } from '../state/window.js';
import { Icon } from './icon.js';
import { MessageView } from './message.js';

/** How long what was found may be missing, in milliseconds: what the conversation has from another one comes a moment later. */
const patience = 1_500;

/** The messages, the newest in sight as long as somebody looks at the end. */
export function MessageList({ id, messages, isLoading, canBranch }: { id: string; messages: readonly Message[]; isLoading: boolean; canBranch: boolean }): ReactNode {
  const { list, content, isAtEnd, toEnd, show } = useFollow();
  const first = useWindow(messages.length);
  const sought = useSought(id);
  const at = sought ? messages.findIndex(({ id: found }) => found === sought) : -1;
  const isMissing = sought !== undefined && !isLoading && at < 0;
  useEffect(() => {
    if (!sought || isLoading || at < first) return; // it is not there, or not drawn yet
    seek(undefined);
    show(`[data-message="${CSS.escape(sought)}"]`);
  }, [sought, isLoading, at, first, show]);
  useEffect(() => {
    if (!isMissing) return;
    const timer = setTimeout(() => {
      seek(undefined);
      notify('What was found is on another branch of this conversation.');
    }, patience);
    return () => clearTimeout(timer);
  }, [isMissing]);
  const last = messages.findLast(({ role, delivery }) => role === 'assistant' && !delivery);
  return (
    <div className="messages-frame">
      <div className="messages" ref={list} tabIndex={0} role="log" aria-label="Messages" aria-live="off" aria-busy={isLoading}>
        <div className="column" ref={content}>
          {messages.length === 0 && <p className="empty">{isLoading ? 'Loading…' : 'Nothing was said here yet.'}</p>}
          {messages.slice(first).map((message) => <MessageView key={message.key} message={message} isLast={message === last} canBranch={canBranch} />)}
        </div>
      </div>
      {!isAtEnd && <button type="button" className="to-end" onClick={toEnd}><Icon name="down" />To the end</button>}
    </div>
  );
}
