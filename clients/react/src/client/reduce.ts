// From the frames of a journal to what there is to show: a pure function. It may be given any
// frame again, and any cut of a journal in its order.

import { Draft } from './draft.js';
import type { CompleteFrame, ErrorFrame, JournalFrame, PermissionCancelledFrame, PermissionRequestFrame, StatusFrame, StreamDeltaFrame, SubscribedFrame, TextFrame, ToolResultFrame, ToolUseFrame, Usage } from './wire.js';
import type { Approval, ConversationState, RunStatus } from './view.js';
import { isActive } from './view.js';

const noUsage: Usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheCreationTokens: 0, turns: 0, costUsd: 0 };

/** A conversation of which nothing is known yet. */
export function initialState(id: string): ConversationState {
  return { id, epoch: '', lastSeq: 0, target: 0, messages: [], head: '', headSeq: 0, approvals: [], usage: noUsage };
}

/** What a conversation is after one more frame. Frames that are known, of another conversation or of a kind that nobody knows change nothing. */
export function reduce(state: ConversationState, frame: JournalFrame | SubscribedFrame): ConversationState {
  return reduceAll(state, [frame]);
}

/** The same for many frames, at the cost of one copy. */
export function reduceAll(state: ConversationState, frames: readonly (JournalFrame | SubscribedFrame)[]): ConversationState {
  let draft = new Draft(state);
  for (const frame of frames) {
    if (frame.sessionId !== state.id) continue;
    if (frame.kind === 'chat_subscribed') draft = subscribed(draft, frame);
    else if (frame.seq > draft.state.lastSeq) take(draft, frame);
  }
  return draft.state;
}

/** After a reset, and in another journal, nothing of what was known counts. */
function subscribed(draft: Draft, frame: SubscribedFrame): Draft {
  const { epoch, id } = draft.state;
  const anew = frame.replay === 'reset' || (epoch !== '' && epoch !== frame.epoch);
  const next = anew ? new Draft(initialState(id)) : draft;
  next.set({ epoch: frame.epoch, target: frame.lastSeq });
  return next;
}

function take(draft: Draft, frame: JournalFrame): void {
  draft.set({ lastSeq: frame.seq });
  if (frame.line) begun(draft, frame);
  switch (frame.kind) {
    case 'text': return text(draft, frame);
    case 'thinking': return draft.whole(frame, 'thinking', frame.content);
    case 'tool_use': return toolUse(draft, frame);
    case 'tool_result': return toolResult(draft, frame);
    case 'stream_delta': return delta(draft, frame);
    case 'stream_end': return draft.endStream(frame);
    case 'permission_request': return asked(draft, frame);
    case 'permission_cancelled': return decided(draft, frame);
    case 'status': return status(draft, frame);
    case 'error': return failed(draft, frame);
    case 'complete': return complete(draft, frame);
  }
}

/** A line of the agent shows that the run waits no more in the server's queue. */
function begun(draft: Draft, frame: JournalFrame): void {
  const { run } = draft.state;
  if (run?.id !== frame.runId) return;
  if (run.status === 'queued') {
    setStatus(draft, run.id, 'running');
    draft.run({ startedAt: frame.timestamp, position: undefined });
  } else if (run.activity) {
    draft.run({ activity: undefined });
  }
}

function text(draft: Draft, frame: TextFrame): void {
  if (frame.role === 'user' && !frame.parentToolId) return sent(draft, frame);
  draft.whole(frame, 'text', frame.content, frame.role === 'user' ? 'user' : undefined);
}

/** A user's message begins a run. */
function sent(draft: Draft, frame: TextFrame): void {
  const { runId, timestamp: at, messageId = '' } = frame;
  const parent = frame.parent ?? draft.state.head;
  draft.add({
    key: frame.clientMessageId || frame.id, id: messageId, role: 'user', parent, runId, clientMessageId: frame.clientMessageId, at,
    blocks: [{ type: 'text', key: frame.id, text: frame.content, streaming: false, whole: true, cut: frame.cut }],
  });
  draft.add({ key: runId, role: 'assistant', parent: messageId, runId, at, blocks: [], status: 'running' });
  draft.set({ head: messageId, headSeq: frame.seq, run: { id: runId, status: 'running', startedAt: at } });
}

function delta(draft: Draft, frame: StreamDeltaFrame): void {
  draft.stream(frame, frame.status === 'thinking' ? 'thinking' : 'text', frame.content);
}

function toolUse(draft: Draft, frame: ToolUseFrame): void {
  const known = draft.tool(frame, (block) => block.id === frame.toolId);
  const call = { id: frame.toolId, name: frame.toolName, input: frame.toolInput, cut: frame.cut };
  if (known) Object.assign(known, call);
  else draft.push(frame, { type: 'tool', key: frame.id, ...call, blocks: [] });
}

function toolResult(draft: Draft, frame: ToolResultFrame): void {
  const result = { ...frame.toolResult, cut: frame.cut };
  const call = draft.tool(frame, (block) => block.id === frame.toolId);
  if (call) Object.assign(call, { result });
  else draft.push(frame, { type: 'tool', key: frame.id, id: frame.toolId, name: '', input: undefined, result, blocks: [] });
}

/** A request belongs to its call. One that names no call is shown as a call of its own. */
function asked(draft: Draft, frame: PermissionRequestFrame): void {
  const { requestId, runId, toolName, input, context = {} } = frame;
  const approval: Approval = { requestId, runId, toolName, input, context, state: 'pending', at: frame.timestamp };
  const id = context.toolUseId || requestId;
  const call = draft.tool(frame, (block) => block.id === id);
  if (call) Object.assign(call, { approval });
  else draft.push(frame, { type: 'tool', key: frame.id, id, name: toolName, input, approval, blocks: [] });
  draft.set({ approvals: [...draft.state.approvals, approval] });
  setStatus(draft, runId, 'waiting');
}

function decided(draft: Draft, frame: PermissionCancelledFrame): void {
  const call = draft.tool(frame, (block) => block.approval?.requestId === frame.requestId);
  if (call?.approval) {
    Object.assign(call, { approval: { ...call.approval, state: frame.reason, reason: frame.text } });
  }
  const approvals = draft.state.approvals.filter((open) => open.requestId !== frame.requestId);
  draft.set({ approvals });
  if (!approvals.some((open) => open.runId === frame.runId)) setStatus(draft, frame.runId, 'running');
}

/** Sets the status of a run that goes on. */
function setStatus(draft: Draft, runId: string, to: RunStatus): void {
  const message = draft.answer(runId);
  if (!message || !isActive(message.status)) return;
  message.status = to;
  if (draft.state.run?.id === runId) draft.run({ status: to });
}

function status(draft: Draft, frame: StatusFrame): void {
  const mine = draft.state.run?.id === frame.runId;
  if (frame.status === 'queued' && frame.position) {
    setStatus(draft, frame.runId, 'queued');
    if (mine) draft.run({ position: frame.position });
  } else if (frame.status === 'deadline') {
    if (mine) draft.run({ deadline: deadline(frame) });
  } else if (frame.text) {
    draft.push({ ...frame, parentToolId: frame.toolId ?? frame.parentToolId }, { type: 'notice', key: frame.id, status: frame.status ?? '', text: frame.text });
  } else if (mine) {
    draft.run({ activity: frame.status });
  }
}

function deadline(frame: StatusFrame): { text: string; at?: string } {
  const text = frame.text ?? '';
  if (!frame.inSeconds) return { text };
  return { text, at: new Date(Date.parse(frame.timestamp) + frame.inSeconds * 1000).toISOString() };
}

/** A failure of no run is of a message that waited: the server says it in its own name. */
function failed(draft: Draft, frame: ErrorFrame): void {
  const block = { type: 'error', key: frame.id, text: frame.content } as const;
  if (frame.runId) return draft.push(frame, block);
  const { head: parent } = draft.state;
  draft.add({ key: frame.id, role: 'system', parent, runId: '', clientMessageId: frame.clientMessageId, at: frame.timestamp, blocks: [block] });
}

function complete(draft: Draft, frame: CompleteFrame): void {
  const message = draft.answer(frame.runId);
  const { state } = frame;
  if (message) {
    Object.assign(message, { status: state, code: frame.code, error: frame.error, usage: frame.usage, stop: frame.stop, endedAt: frame.timestamp });
    if (frame.head && frame.head !== message.parent) message.id = frame.head;
    draft.endAll(message);
  }
  if (frame.head) draft.set({ head: frame.head, headSeq: frame.seq });
  if (frame.usage) draft.set({ usage: sum(draft.state.usage, frame.usage) });
  draft.set({ approvals: draft.state.approvals.filter((open) => open.runId !== frame.runId) });
  if (draft.state.run?.id === frame.runId) {
    draft.run({ status: state, endedAt: frame.timestamp, activity: undefined, deadline: undefined, position: undefined });
  }
}

function sum(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheCreationTokens: a.cacheCreationTokens + b.cacheCreationTokens,
    turns: a.turns + b.turns,
    costUsd: a.costUsd + b.costUsd,
  };
}

