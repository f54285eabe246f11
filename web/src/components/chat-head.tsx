import type { Conversation, Usage } from '@spool/react';
import { useConversations } from '@spool/react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { attempt } from '../state/notices.js';
import { titleOf } from '../state/title.js';
import { Spent } from './conversation-item.js';
import { ConversationMenu } from './conversation-menu.js';
import { Icon } from './icon.js';
import { RenameDialog } from './rename-dialog.js';
import { Exact } from './visible.js';

/** The title of a conversation, and what it took. */
export function ChatHead({ session, usage }: { session: Conversation | undefined; usage: Usage }): ReactNode {
  return (
    <>
      <h1><bdi><Exact>{session ? titleOf(session) : 'Conversation'}</Exact></bdi></h1>
      {session && <Controls session={session} />}
      <span className="facts"><Spent usage={usage} />{session?.tags.map((tag) => <span key={tag} className="tag"><Exact>{tag}</Exact></span>)}</span>
      {session && <ConversationMenu conversation={session} />}
    </>
  );
}

function Controls({ session }: { session: Conversation }): ReactNode {
  const { star } = useConversations();
  const [renaming, setRenaming] = useState(false);
  const { id, starred } = session;
  return (
    <>
      <button type="button" className={starred ? 'quiet starred' : 'quiet'} data-action="star" aria-pressed={starred} aria-label="Star" title="Star (s)"
        onClick={() => void attempt('The star could not be set', () => star(id, !starred))}><Icon name="star" filled={starred} /></button>
      <button type="button" className="quiet" data-action="rename" aria-label="Rename" title="Rename (t)" onClick={() => setRenaming(true)}><Icon name="edit" /></button>
      {renaming && <RenameDialog conversation={session} onClose={() => setRenaming(false)} />}
    </>
  );
}
