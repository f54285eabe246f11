// From the envelopes of a run to what there is to show: a pure function.

import type { Envelope } from './wire.js';

export interface Line {
  /** Its number, from 1: the cursor. */
  readonly n: number;
  readonly text: string;
}

export interface RunState {
  /** idle, connecting and reconnecting are this client's; the others are the run's. */
  readonly status: 'idle' | 'connecting' | 'queued' | 'running' | 'reconnecting' | 'succeeded' | 'failed' | 'aborted' | 'timed_out' | 'interrupted';
  readonly run?: string;
  /** The number of the last line that is here. */
  readonly last: number;
  readonly lines: readonly Line[];
  /** What the agent has said so far; at the end its answer. */
  readonly text: string;
  readonly stderr: readonly string[];
  /** The place in the queue, 1 being the next. */
  readonly position?: number;
  /** When the server will end the run, in milliseconds since 1970. */
  readonly deadline?: number;
  readonly code?: string;
  readonly error?: string;
  /** The whole blocks of text; what comes token by token stands behind them. */
  readonly said: string;
}

export const initialRun: RunState = { status: 'idle', last: 0, lines: [], text: '', stderr: [], said: '' };

const over = new Set<string>(['succeeded', 'failed', 'aborted', 'timed_out', 'interrupted']);

/** Whether a run has ended. */
export const isOver = (status: string): boolean => over.has(status);

/** What a run is after one more envelope. Lines that are known, and kinds that nobody knows, change nothing. */
export function reduceRun(state: RunState, envelope: Envelope): RunState {
  return reduceRunAll(state, [envelope]);
}

/** The same for many, at the cost of one copy. */
export function reduceRunAll(state: RunState, envelopes: readonly Envelope[]): RunState {
  if (envelopes.length === 0) return state;
  const next = { ...state, lines: [...state.lines], stderr: [...state.stderr] };
  for (const envelope of envelopes) take(next, envelope);
  return next;
}

type Next = { -readonly [K in keyof RunState]: RunState[K] } & { lines: Line[]; stderr: string[] };

function take(next: Next, envelope: Envelope): void {
  switch (envelope.t) {
    case 'info': return info(next, envelope);
    case 'line': return line(next, envelope);
    case 'stderr': return void next.stderr.push(envelope.text);
    case 'end': return end(next, envelope);
    case 'error': Object.assign(next, { code: envelope.code, error: envelope.error });
  }
}

/** A connection begins with the run, and then tells all of stderr, also what was told before. */
function info(next: Next, envelope: Envelope & { t: 'info' }): void {
  if (envelope.info === 'run') Object.assign(next, { run: envelope.run, status: 'running', stderr: [] });
  if (envelope.info === 'queued') Object.assign(next, { status: 'queued', position: envelope.position });
  if (envelope.info === 'deadline') next.deadline = Date.now() + 1000 * envelope.inSeconds;
}

function line(next: Next, { n, line: text }: Envelope & { t: 'line' }): void {
  if (n <= next.last) return;
  next.last = n;
  next.lines.push({ n, text });
  if (next.status === 'queued') Object.assign(next, { status: 'running', position: undefined });
  say(next, text);
}

function end(next: Next, { state, code, error }: Envelope & { t: 'end' }): void {
  Object.assign(next, { status: state, code, error, position: undefined, deadline: undefined });
}

interface Said {
  type?: string;
  parent_tool_use_id?: string | null;
  message?: { content?: { type?: string; text?: string }[] };
  event?: { delta?: { type?: string; text?: string } };
  result?: unknown;
}

/** Takes from a line what the agent says to the user. */
function say(next: Next, text: string): void {
  const said = parse(text);
  if (!said || said.parent_tool_use_id) return;
  if (said.type === 'stream_event' && said.event?.delta?.type === 'text_delta') next.text += said.event.delta.text ?? '';
  if (said.type === 'result' && typeof said.result === 'string' && said.result !== '') next.text = next.said = said.result;
  if (said.type !== 'assistant' || !Array.isArray(said.message?.content)) return;
  for (const block of said.message.content) {
    if (block.type === 'text' && block.text) next.text = next.said = next.said ? `${next.said}\n\n${block.text}` : block.text;
  }
}

function parse(text: string): Said | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
