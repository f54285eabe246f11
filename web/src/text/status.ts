// The state of a conversation in one word for programs and some for people.

import type { ConnectionState, ConversationView } from '@spool/react';

export type StateName = 'loading' | 'reconnecting' | 'sending' | 'queued' | 'waiting' | 'running' | 'ready' | 'finished' | 'failed' | 'aborted' | 'timed_out' | 'interrupted';

export interface State {
  readonly name: StateName;
  readonly text: string;
}

const activities: Readonly<Record<string, string>> = {
  requesting: 'Waiting for the model…', compacting: 'Making the conversation shorter…',
};

const ends: Readonly<Record<string, State>> = {
  succeeded: { name: 'finished', text: 'Finished' },
  failed: { name: 'failed', text: 'Failed: the last answer says why' },
  aborted: { name: 'aborted', text: 'Stopped' },
  timed_out: { name: 'timed_out', text: 'Out of time: the last answer says what to do' },
  interrupted: { name: 'interrupted', text: 'Interrupted: the last answer says what to do' },
};

export function stateOf(view: Pick<ConversationView, 'run' | 'messages' | 'isLoading' | 'approvals' | 'isActive'>, connection: ConnectionState['status']): State {
  const { run, messages, isLoading, approvals, isActive } = view;
  const deliveries = messages.map(({ delivery }) => delivery);
  if (connection === 'waiting' || connection === 'closed') return { name: 'reconnecting', text: isActive ? 'Reconnecting… the answer goes on' : 'Reconnecting…' };
  if (isLoading) return { name: 'loading', text: 'Loading…' };
  if (approvals.length > 0) return { name: 'waiting', text: approvals.length === 1 ? 'Waiting for you: 1 request' : `Waiting for you: ${approvals.length} requests` };
  if (isActive && run) return running(run);
  if (deliveries.includes('sending')) return { name: 'sending', text: 'Sending…' };
  if (deliveries.includes('failed')) return { name: 'failed', text: 'Your message was not sent' };
  return (run && ends[run.status]) || { name: 'ready', text: 'Ready' };
}

function running({ status, position, activity }: NonNullable<ConversationView['run']>): State {
  if (status === 'queued') return { name: 'queued', text: position ? `Queued: place ${position} in the server's line` : 'Queued' };
  return { name: 'running', text: (activity !== undefined && Object.hasOwn(activities, activity) && activities[activity]) || 'Answering…' };
}
