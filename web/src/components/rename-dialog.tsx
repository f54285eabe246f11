import type { Conversation } from '@spool/react';
import { useConversations } from '@spool/react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { useProblem } from '../state/problem.js';
import { Dialog } from './dialog.js';
import { Exact } from './visible.js';

export function RenameDialog({ conversation, onClose }: { conversation: Conversation; onClose: () => void }): ReactNode {
  const { rename } = useConversations();
  const { problem, attempt } = useProblem();
  const [name, setName] = useState(conversation.title);
  const save = async (event: React.FormEvent): Promise<void> => {
    event.preventDefault();
    if (await attempt('The name could not be changed', () => rename(conversation.id, name.trim()))) onClose();
  };
  return (
    <Dialog title="Rename" onClose={onClose}>
      <form onSubmit={(event) => void save(event)}>
        <label className="field">Title<input data-first required maxLength={200} value={name} onFocus={(event) => event.target.select()} onChange={(event) => setName(event.target.value)} /></label>
        {problem && <p role="alert" className="problem"><Exact>{problem}</Exact></p>}
        <p className="buttons"><button type="button" onClick={onClose}>Cancel</button><button type="submit" className="primary" disabled={name.trim() === ''}>Rename</button></p>
      </form>
    </Dialog>
  );
}
