import type { Conversation } from '@spool/react';
import type { ReactNode } from 'react';
import { Exact } from './visible.js';

/** The tags that there are: to see only what has one of them. */
export function TagFilter({ conversations, tag, onChange }: { conversations: readonly Conversation[]; tag: string; onChange: (tag: string) => void }): ReactNode {
  const tags = [...new Set(conversations.flatMap((conversation) => conversation.tags))].sort((a, b) => a.localeCompare(b));
  if (tags.length === 0 && tag === '') return null;
  return (
    <div className="tag-filter" role="group" aria-label="Show only">
      {(tags.includes(tag) || tag === '' ? tags : [tag, ...tags]).map((name) => (
        <button key={name} type="button" className="tag" aria-pressed={name === tag} onClick={() => onChange(name === tag ? '' : name)}><Exact>{name}</Exact></button>
      ))}
    </div>
  );
}
