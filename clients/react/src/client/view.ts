// What there is to show of a conversation.

import type { ApprovalContext, Cut, Stop, Usage } from './wire.js';

/** Where a run is in its life. The last five are final. */
export type RunStatus = 'queued' | 'running' | 'waiting' | 'succeeded' | 'failed' | 'aborted' | 'timed_out' | 'interrupted';

/** A text of the agent, or of a user. */
export interface TextBlock {
  readonly type: 'text';
  readonly key: string;
  readonly text: string;
  /** More of it is being written. */
  readonly streaming: boolean;
  /** False as long as there is only what has come piece by piece. */
  readonly whole: boolean;
  /** Set on what a nested agent is told to do. */
  readonly role?: 'user';
  readonly cut?: Cut;
}

/** A thought of the agent. */
export interface ThinkingBlock {
  readonly type: 'thinking';
  readonly key: string;
  readonly text: string;
  readonly streaming: boolean;
  readonly whole: boolean;
  readonly cut?: Cut;
}

/** A tool's call with its result, and with what was asked and decided about it. */
export interface ToolBlock {
  readonly type: 'tool';
  readonly key: string;
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
  /** Missing as long as the tool works. */
  readonly result?: { readonly content: string; readonly isError: boolean; readonly cut?: Cut };
  readonly approval?: Approval;
  /** What a nested agent says that this call has started. */
  readonly blocks: readonly Block[];
  readonly cut?: Cut;
}

/** Something that the agent or the server tells besides the answer, such as a retry. */
export interface NoticeBlock {
  readonly type: 'notice';
  readonly key: string;
  readonly status: string;
  readonly text: string;
}

/** A failure, for people. */
export interface ErrorBlock {
  readonly type: 'error';
  readonly key: string;
  readonly text: string;
}

export type Block = TextBlock | ThinkingBlock | ToolBlock | NoticeBlock | ErrorBlock;

/** A call that the agent may make only if somebody allows it. */
export interface Approval {
  readonly requestId: string;
  readonly runId: string;
  readonly toolName: string;
  readonly input: unknown;
  readonly context: ApprovalContext;
  readonly state: 'pending' | 'allowed' | 'denied' | 'timed_out' | 'cancelled';
  /** What the model was told of a denial, or why the request is open no more. */
  readonly reason?: string;
  /** When it was asked for. */
  readonly at: string;
}

/** One message of a conversation, and of an answer also all that led to it. */
export interface Message {
  /** Stays the same for the life of the view: for lists. */
  readonly key: string;
  /** The id in the conversation's tree. An answer has it from its end on; one without a text has none. */
  readonly id?: string;
  /** system is what the server says in its own name. */
  readonly role: 'user' | 'assistant' | 'system';
  /** The id of the message before it, empty for the first one. */
  readonly parent: string;
  readonly runId: string;
  readonly clientMessageId?: string;
  readonly blocks: readonly Block[];
  readonly at: string;
  /** Of an answer: the state of its run. */
  readonly status?: RunStatus;
  readonly code?: string;
  readonly error?: string;
  readonly usage?: Usage;
  readonly stop?: Stop;
  readonly endedAt?: string;
  /** Set on a message of this client that is not in the conversation yet. */
  readonly delivery?: 'sending' | 'queued' | 'failed';
}

/** The latest run. */
export interface RunInfo {
  readonly id: string;
  readonly status: RunStatus;
  /** The place in the server's queue, 1 being the next; missing outside of it. */
  readonly position?: number;
  /** When it was accepted, or has left the queue. */
  readonly startedAt: string;
  readonly endedAt?: string;
  /** What the agent is at, such as requesting or compacting. */
  readonly activity?: string;
  /** When the server will end it. */
  readonly deadline?: { readonly text: string; readonly at?: string };
}

/** A conversation as its journal tells it. */
export interface ConversationState {
  readonly id: string;
  /** Names the journal; empty until the first subscription is answered. */
  readonly epoch: string;
  /** The last frame that is in here: the cursor. */
  readonly lastSeq: number;
  /** The last frame that the journal had at the latest subscription. */
  readonly target: number;
  /** All messages in the order of the journal, whatever branch they are on. */
  readonly messages: readonly Message[];
  /** The conversation's last message as the journal knows it, and the frame that said so. */
  readonly head: string;
  readonly headSeq: number;
  /** Requests that are open. */
  readonly approvals: readonly Approval[];
  readonly run?: RunInfo;
  /** What all turns took. */
  readonly usage: Usage;
}

/** The text of a message, without thoughts, tools and notices. */
export function textOf(message: Message): string {
  return message.blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n\n');
}

/** Whether a run goes on. */
export const isActive = (status: RunStatus | undefined): boolean => status === 'queued' || status === 'running' || status === 'waiting';

