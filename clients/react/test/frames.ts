// Journals as a test writes them down.

import type { ConversationState, JournalFrame, SubscribedFrame } from '../src/client/index.js';
import { initialState, reduceAll } from '../src/client/index.js';
import { time } from './server.js';

export type Loose = Record<string, unknown> & { kind: string };

/** Frames of one conversation, numbered and dated. */
export function journal(...frames: Loose[]): JournalFrame[] {
  return frames.map((frame, at) => ({
    id: `conv-1:${at + 1}`, seq: at + 1, sessionId: 'conv-1', runId: 'run_1', timestamp: time(at + 1), ...frame,
  }) as unknown as JournalFrame);
}

export const user = (content: string, more: Record<string, unknown> = {}): Loose =>
  ({ kind: 'text', role: 'user', content, messageId: `u-${content}`, parent: '', ...more });

export const said = (content: string, more: Record<string, unknown> = {}): Loose => ({ kind: 'text', role: 'assistant', content, line: 1, ...more });

export const delta = (content: string, more: Record<string, unknown> = {}): Loose => ({ kind: 'stream_delta', content, line: 1, ...more });

export const complete = (more: Record<string, unknown> = {}): Loose =>
  ({ kind: 'complete', state: 'succeeded', success: true, aborted: false, exitCode: 0, result: '', costUsd: 0, head: 'a1', ...more });

export const subscribed = (more: Partial<SubscribedFrame> = {}): SubscribedFrame => ({
  kind: 'chat_subscribed', sessionId: 'conv-1', timestamp: time(0), isProcessing: false, lastSeq: 0, floor: 1, epoch: 'e', pendingPermissions: [], replay: 'complete', ...more,
});

/** What a conversation is after these frames. */
export const after = (...frames: Loose[]): ConversationState => reduceAll(initialState('conv-1'), journal(...frames));

/** The blocks of the last message, each in a word. */
export function blocks(state: ConversationState): string[] {
  return state.messages.at(-1)!.blocks.map(word);
}

function word(block: ConversationState['messages'][number]['blocks'][number]): string {
  if (block.type !== 'tool') return `${block.type}${'streaming' in block && block.streaming ? '…' : ''} ${block.text}`;
  const inner = block.blocks.length > 0 ? ` [${block.blocks.map(word).join(', ')}]` : '';
  const result = block.result ? ` ${block.result.isError ? '!' : '='} ${block.result.content}` : '';
  return `tool ${block.name}${result}${block.approval ? ` (${block.approval.state})` : ''}${inner}`;
}
