import type { Conversation } from '@spool/react';
import { useConversations } from '@spool/react';
import type { ReactNode } from 'react';
import { attempt, notify } from '../state/notices.js';
import { go } from '../state/route.js';
import { titleOf } from '../state/title.js';
import { Dialog } from './dialog.js';
import { Exact } from './visible.js';

export function DeleteDialog({ conversation, onClose }: { conversation: Conversation; onClose: () => void }): ReactNode {
  const { delete: remove } = useConversations();
  const { id, run } = conversation;
  const confirm = async (): Promise<void> => {
    onClose();
    if (!(await attempt('The conversation could not be deleted', () => remove(id)))) return;
    notify('The conversation was deleted');
    if (window.location.hash === `#${id}`) go('new');
  };
  return (
    <Dialog title="Delete this conversation?" onClose={onClose}>
      <p><strong><bdi><Exact>{titleOf(conversation)}</Exact></bdi></strong> with all its branches will be gone for good.{run && ' The answer that is being written is stopped.'}</p>
      <p className="buttons"><button type="button" data-first onClick={onClose}>Keep</button><button type="button" className="danger" onClick={() => void confirm()}>Delete</button></p>
    </Dialog>
  );
}
