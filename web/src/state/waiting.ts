import type { Conversation } from '@spool/react';
import { useMemo } from 'react';
import { useAnswer } from './answers.js';

/** The conversations that wait for somebody's approval. It is asked for while any answer is being written. */
export function useWaiting(conversations: readonly Conversation[]): ReadonlySet<string> {
  const running = conversations.some(({ run }) => run);
  const { value } = useAnswer<{ approvals: { conversation?: string }[] }>(running ? '/api/approvals' : '', 2_000);
  return useMemo(() => new Set(running ? value?.approvals.flatMap(({ conversation }) => conversation ?? []) : []), [running, value]);
}
