import type { Conversation } from '@spool/react';
import type { ReactNode } from 'react';
import { useNow } from '../state/now.js';
import { useWaiting } from '../state/waiting.js';
import { ConversationItem } from './conversation-item.js';

interface Props {
  conversations: readonly Conversation[];
  isLoading: boolean;
  problem: string | undefined;
  current: string;
}

/** All conversations: the starred ones first, then by the day of their last change. */
export function ConversationList({ conversations, isLoading, problem, current }: Props): ReactNode {
  const now = useNow(30_000);
  const waiting = useWaiting(conversations);
  if (conversations.length === 0) return <p className="empty">{problem ?? (isLoading ? 'Loading…' : 'Nothing here yet. Your conversations will be listed here.')}</p>;
  return grouped(conversations, now).map(([name, group]) => (
    <section key={name} aria-label={name}>
      <h2>{name}</h2>
      <ul>{group.map((one) => <ConversationItem key={one.id} conversation={one} now={now} isCurrent={one.id === current} isWaiting={waiting.has(one.id)} />)}</ul>
    </section>
  ));
}

function grouped(all: readonly Conversation[], now: number): [string, Conversation[]][] {
  const groups = new Map<string, Conversation[]>();
  for (const one of all.filter(({ starred }) => starred)) add(groups, 'Starred', one);
  for (const one of all.filter(({ starred }) => !starred)) add(groups, dayOf(one.updatedAt, now), one);
  return [...groups];
}

function add(groups: Map<string, Conversation[]>, name: string, one: Conversation): void {
  const group = groups.get(name);
  if (group) group.push(one);
  else groups.set(name, [one]);
}

function dayOf(at: string, now: number): string {
  const today = new Date(now).setHours(0, 0, 0, 0);
  const then = Date.parse(at);
  if (then >= today) return 'Today';
  if (then >= today - 24 * 3_600_000) return 'Yesterday';
  return then >= today - 7 * 24 * 3_600_000 ? 'This week' : 'Earlier';
}
