import type { Conversation } from '@spool/react';
import { useConversations } from '@spool/react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { attempt } from '../state/notices.js';
import { Dialog } from './dialog.js';

export function RenameDialog({ conversation, onClose }: { conversation: Conversation; onClose: () => void }): ReactNode {
  const { rename } = useConversations();
  const [name, setName] = useState(conversation.title);
  const save = async (event: React.FormEvent): Promise<void> => {
    event.preventDefault();
    if (await attempt('The name could not be changed', () => rename(conversation.id, name.trim()))) onClose();
  };
  return (
    <Dialog title="Rename" onClose={onClose}>
      <form onSubmit={(event) => void save(event)}>
        <label className="field">Title<input autoFocus required maxLength={200} value={name} onFocus={(event) => event.target.select()} onChange={(event) => setName(event.target.value)} /></label>
        <p className="buttons"><button type="button" onClick={onClose}>Cancel</button><button type="submit" className="primary" disabled={name.trim() === ''}>Rename</button></p>
      </form>
    </Dialog>
  );
}
