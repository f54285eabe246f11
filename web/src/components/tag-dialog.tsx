import type { Conversation } from '@spool/react';
import { useConversations } from '@spool/react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { useProblem } from '../state/problem.js';
import { visible } from '../text/visible.js';
import { Dialog } from './dialog.js';
import { Icon } from './icon.js';
import { Exact } from './visible.js';

export function TagDialog({ conversation, onClose }: { conversation: Conversation; onClose: () => void }): ReactNode {
  const { tag } = useConversations();
  const { problem, attempt } = useProblem();
  const [tags, setTags] = useState<readonly string[]>(conversation.tags);
  const [text, setText] = useState('');
  const all = withTags(tags, text);
  const save = async (event: React.FormEvent): Promise<void> => {
    event.preventDefault();
    if (await attempt('The tags could not be changed', () => tag(conversation.id, all))) onClose();
  };
  return (
    <Dialog title="Tags" onClose={onClose}>
      <form onSubmit={(event) => void save(event)}>
        {tags.length > 0 && <p className="tags">
          {tags.map((name) => (
            <button key={name} type="button" className="tag" aria-label={`Remove ${visible(name)}`} onClick={() => setTags(tags.filter((other) => other !== name))}>
              <Exact>{name}</Exact><Icon name="cross" />
            </button>
          ))}
        </p>}
        <label className="field">New tags, with commas between them<input data-first value={text} maxLength={500} onChange={(event) => setText(event.target.value)} /></label>
        {problem && <p role="alert" className="problem"><Exact>{problem}</Exact></p>}
        <p className="buttons"><button type="button" onClick={onClose}>Cancel</button><button type="submit" className="primary">Save</button></p>
      </form>
    </Dialog>
  );
}

/** The tags with those that a text names, each once. */
export function withTags(tags: readonly string[], text: string): string[] {
  return [...new Set([...tags, ...text.split(',').map((name) => name.trim()).filter((name) => name !== '')])];
}
