import { useConversation } from '@spool/react';
import type { ReactNode } from 'react';
import { useEffect } from 'react';
import type { Health } from '../state/health.js';
import { attempt } from '../state/notices.js';
import { useKept } from '../state/send.js';
import { titleOf } from '../state/title.js';
import { visible } from '../text/visible.js';
import { ChatActions } from './chat-actions.js';
import { ChatHead } from './chat-head.js';
import { ChatStatus } from './chat-status.js';
import { Composer } from './composer.js';
import { MessageList } from './message-list.js';
import { Missing } from './missing.js';
import { PageHead } from './page-head.js';

/** One conversation. */
export function Chat({ id, health, onMenu }: { id: string; health: Health | undefined; onMenu: () => void }): ReactNode {
  const conversation = useConversation(id);
  const { messages, session, isActive, approvals, isLoading, error } = conversation;
  useKept(conversation);
  useTitle(titleOf(session), approvals.length > 0, isActive);
  if (error) return <Missing error={error} onMenu={onMenu} />;
  return (
    <ChatActions conversation={conversation}>
      {({ send }) => (
        <>
          <PageHead onMenu={onMenu}><ChatHead session={session} usage={conversation.usage} /></PageHead>
          <MessageList key={id} id={id} messages={messages} isLoading={isLoading} canBranch={!isActive} />
          <div className="foot">
            <ChatStatus conversation={conversation} />
            <Composer draftOf={id} isActive={isActive} health={health} onSend={async (content, options) => {
              send(content, options);
              return true;
            }} onStop={() => void attempt('The answer could not be stopped', conversation.abort)} />
          </div>
        </>
      )}
    </ChatActions>
  );
}

function useTitle(title: string, waits: boolean, isActive: boolean): void {
  useEffect(() => {
    document.title = `${waits ? '(!) ' : isActive ? '… ' : ''}${visible(title)} – Spool`;
  }, [title, waits, isActive]);
}
