import type { ConversationView, Message } from '@spool/react';
import { expect, test } from 'vitest';
import { stateOf } from '../src/text/status.js';

const message = (delivery?: Message['delivery']): Message => ({ key: 'k', role: 'user', parent: '', runId: '', blocks: [], at: '', ...(delivery && { delivery }) });
const view = (more: Partial<ConversationView>): ConversationView => ({
  id: 'c', messages: [], head: '', isActive: false, approvals: [], queued: 0, isLoading: false,
  usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheCreationTokens: 0, turns: 0, costUsd: 0 }, ...more,
});
const run = (status: 'queued' | 'running' | 'waiting' | 'succeeded' | 'failed', more = {}) => ({ run: { id: 'r', status, startedAt: '', ...more }, isActive: ['queued', 'running', 'waiting'].includes(status) });

test.each<[Partial<ConversationView>, string, string]>([
  [{}, 'ready', 'Ready'],
  [{ isLoading: true }, 'loading', 'Loading…'],
  [{ messages: [message('sending')] }, 'sending', 'Sending…'],
  [{ messages: [message('failed')] }, 'failed', 'Your message was not sent'],
  [run('queued', { position: 3 }), 'queued', 'Queued: place 3 in the server\'s line'],
  [run('running'), 'running', 'Answering…'],
  [run('running', { activity: 'requesting' }), 'running', 'Waiting for the model…'],
  [run('running', { activity: 'constructor' }), 'running', 'Answering…'],
  [{ ...run('waiting'), approvals: [{} as never] }, 'waiting', 'Waiting for you: 1 request'],
  [run('succeeded'), 'finished', 'Finished'],
  [run('failed'), 'failed', 'Failed: the last answer says why'],
  [{ ...run('succeeded'), messages: [message('failed')] }, 'failed', 'Your message was not sent'],
])('%j is %s', (more, name, text) => {
  expect(stateOf(view(more), 'open')).toEqual({ name, text });
});

test('without a connection that counts first', () => {
  expect(stateOf(view(run('running')), 'waiting').text).toBe('Reconnecting… the answer goes on');
  expect(stateOf(view({}), 'closed').name).toBe('reconnecting');
});
