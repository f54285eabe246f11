import type { Conversation } from '@spool/react';
import { useConversations } from '@spool/react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { attempt } from '../state/notices.js';
import { titleOf } from '../state/title.js';
import { visible } from '../text/visible.js';
import { DeleteDialog } from './delete-dialog.js';
import { Icon } from './icon.js';
import { Menu } from './menu.js';
import { RenameDialog } from './rename-dialog.js';
import { TagDialog } from './tag-dialog.js';

/** What can be done with a conversation as a whole. */
export function ConversationMenu({ conversation }: { conversation: Conversation }): ReactNode {
  const [dialog, setDialog] = useState<'rename' | 'tags' | 'delete'>();
  const { star } = useConversations();
  const { id, starred } = conversation;
  const close = (): void => setDialog(undefined);
  return (
    <>
      <Menu label={`Actions for ${visible(titleOf(conversation))}`}>
        <button type="button" onClick={() => void attempt('The star could not be set', () => star(id, !starred))}><Icon name="star" filled={starred} />{starred ? 'Take the star away' : 'Star'}</button>
        <button type="button" onClick={() => setDialog('rename')}><Icon name="edit" />Rename</button>
        <button type="button" onClick={() => setDialog('tags')}><Icon name="tag" />Tags</button>
        <a href={`/api/chats/${id}/export?format=markdown`} download><Icon name="download" />Export as Markdown</a>
        <a href={`/api/chats/${id}/export?format=json`} download><Icon name="download" />Export as JSON</a>
        <button type="button" className="danger" onClick={() => setDialog('delete')}><Icon name="trash" />Delete</button>
      </Menu>
      {dialog === 'rename' && <RenameDialog conversation={conversation} onClose={close} />}
      {dialog === 'tags' && <TagDialog conversation={conversation} onClose={close} />}
      {dialog === 'delete' && <DeleteDialog conversation={conversation} onClose={close} />}
    </>
  );
}
