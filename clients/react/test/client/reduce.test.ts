import { describe, expect, test } from 'vitest';
import { initialState, reduce, reduceAll } from '../../src/client/index.js';
import type { JournalFrame } from '../../src/client/index.js';
import type { Loose } from '../frames.js';
import { after, blocks, complete, delta, journal, said, subscribed, user } from '../frames.js';
import { time } from '../server.js';

const use = (toolId: string, toolName: string, more = {}): Loose => ({ kind: 'tool_use', toolId, toolName, toolInput: { command: 'ls' }, line: 2, ...more });
const result = (toolId: string, content: string, isError = false): Loose => ({ kind: 'tool_result', toolId, toolResult: { content, isError }, line: 3 });
const asks = (requestId: string, context = {}): Loose => ({ kind: 'permission_request', requestId, toolName: 'Bash', input: { command: 'ls' }, context, line: 2 });
const decided = (requestId: string, reason: string, text?: string): Loose => ({ kind: 'permission_cancelled', requestId, reason, text });
const status = (more: object): Loose => ({ kind: 'status', ...more });

describe('text', () => {
  test.each<[string, Loose[], string[]]>([
    ['grows while it is written', [delta('Hel'), delta('lo')], ['text… Hello']],
    ['is replaced by its whole before the end of the stream', [delta('Hel'), said('Hello.'), { kind: 'stream_end' }], ['text Hello.']],
    ['is replaced by its whole behind the end of the stream', [delta('Hello'), { kind: 'stream_end' }, said('Hello.')], ['text Hello.']],
    ['comes without pieces', [said('One'), said('Two')], ['text One', 'text Two']],
    ['stands behind a thought', [delta('hm', { status: 'thinking' }), { kind: 'thinking', content: 'hmm' }, { kind: 'stream_end' }, delta('So')], ['thinking hmm', 'text… So']],
    ['ends a thought that was not ended', [delta('hm', { status: 'thinking' }), delta('So')], ['thinking hm', 'text… So']],
    ['that is like an earlier one is another one', [delta('Yes'), said('Yes'), { kind: 'stream_end' }, delta('Yes'), said('Yes'), { kind: 'stream_end' }], ['text Yes', 'text Yes']],
    ['that was broken off stays', [delta('Hel'), complete({ state: 'aborted' })], ['text Hel']],
    ['that was begun again is what it became', [delta('Hel'), delta('Hello'), said('Hello')], ['text Hello']],
    ['is whole after a tool', [delta('A'), said('A'), { kind: 'stream_end' }, use('t1', 'Bash'), { kind: 'stream_end' }, delta('B'), said('B')], ['text A', 'tool Bash', 'text B']],
  ])('%s', (_, frames, want) => {
    expect(blocks(after(user('x'), ...frames))).toEqual(want);
  });

  test('that was cut keeps what came piece by piece, and says where the rest is', () => {
    const cut = { run: 'run_1', line: 7, bytes: 1000 };
    const block = after(user('x'), delta('a longer text'), said('a long', { cut })).messages[1]!.blocks[0]!;
    expect(block).toMatchObject({ text: 'a longer text', cut, whole: true, streaming: false });
  });
});

describe('tools', () => {
  test('a call is joined with its result', () => {
    expect(blocks(after(user('x'), use('t1', 'Bash'), use('t2', 'Read'), result('t2', 'two'), result('t1', 'bad', true)))).toEqual(['tool Bash ! bad', 'tool Read = two']);
  });

  test('a result without a call is shown', () => {
    expect(blocks(after(user('x'), result('t1', 'one')))).toEqual(['tool  = one']);
  });

  test('what a nested agent says is within its call', () => {
    const parentToolId = 't1';
    const state = after(user('x'), use('t1', 'Task'), said('do it', { role: 'user', parentToolId }), delta('well', { parentToolId }), delta('mine'),
      use('t2', 'Bash', { parentToolId }), result('t2', 'ok'), status({ status: 'task_notification', text: 'Task completed', toolId: 't1' }));
    expect(blocks(state)).toEqual(['tool Task [text do it, text… well, tool Bash = ok, notice Task completed]', 'text… mine']);
    expect(blocks(reduceAll(state, journal(...Array(8).fill(user('x')), complete()).slice(8)))[0]).toContain('text well');
  });
});

describe('approvals', () => {
  test('a request belongs to its call, and is open until it is decided', () => {
    const frames = [user('x'), use('t1', 'Bash'), asks('apr_1', { toolUseId: 't1', suggestions: [1] })];
    const open = after(...frames);
    expect(open.approvals).toMatchObject([{ requestId: 'apr_1', state: 'pending', input: { command: 'ls' }, context: { suggestions: [1] }, at: time(3) }]);
    expect(open.run).toMatchObject({ status: 'waiting' });
    const closed = after(...frames, decided('apr_1', 'denied', 'not here'));
    expect(closed.approvals).toEqual([]);
    expect(closed.run).toMatchObject({ status: 'running' });
    expect(closed.messages[1]!.blocks).toMatchObject([{ name: 'Bash', approval: { state: 'denied', reason: 'not here' } }]);
  });

  test('a request may come before its call, or without one', () => {
    expect(blocks(after(user('x'), asks('apr_1', { toolUseId: 't1' }), use('t1', 'Bash'), asks('apr_2'), decided('apr_2', 'timed_out')))).toEqual(['tool Bash (pending)', 'tool Bash (timed_out)']);
  });

  test('as long as one is open the run waits', () => {
    const state = after(user('x'), asks('apr_1'), asks('apr_2'), decided('apr_1', 'allowed'));
    expect([state.run!.status, state.approvals.length]).toEqual(['waiting', 1]);
    expect(after(user('x'), asks('apr_1'), complete()).approvals).toEqual([]);
  });
});

describe('runs', () => {
  test('wait, run and end', () => {
    const frames = [user('x'), status({ status: 'queued', position: 2 }), status({ status: 'queued', position: 1 }), delta('a')];
    expect(after(...frames.slice(0, 3)).run).toMatchObject({ id: 'run_1', status: 'queued', position: 1, startedAt: time(1) });
    expect(after(...frames).run).toMatchObject({ status: 'running', position: undefined, startedAt: time(4) });
    expect(after(...frames).messages[1]).toMatchObject({ status: 'running' });
    expect(after(...frames, complete()).run).toMatchObject({ status: 'succeeded', endedAt: time(5) });
  });

  test.each(['succeeded', 'failed', 'aborted', 'timed_out', 'interrupted'])('end as %s', (state) => {
    const stop = { rung: 'exit', survivors: [] };
    const message = after(user('x'), said('a'), complete({ state, code: 'C', error: 'why', stop })).messages[1];
    expect(message).toMatchObject({ id: 'a1', status: state, code: 'C', error: 'why', stop, endedAt: time(3) });
  });

  test('without an answer the message has no id', () => {
    const state = after(user('x'), { kind: 'error', content: 'broken' }, complete({ state: 'failed', head: 'u-x' }));
    expect(state.messages[1]!.id).toBeUndefined();
    expect([blocks(state), state.head]).toEqual([['error broken'], 'u-x']);
  });

  test('tell of a deadline, and of what the agent is at', () => {
    const state = after(user('x'), status({ status: 'requesting', line: 1 }), status({ status: 'deadline', text: 'soon', inSeconds: 30 }));
    expect(state.run).toMatchObject({ activity: 'requesting', deadline: { text: 'soon', at: time(33) } });
    expect(after(user('x'), status({ status: 'requesting', line: 1 }), delta('a')).run!.activity).toBeUndefined();
    expect(after(user('x'), status({ status: 'deadline', text: 'soon' }), complete()).run!.deadline).toBeUndefined();
  });

  test('tell of retries', () => {
    expect(blocks(after(user('x'), status({ status: 'api_retry', text: 'attempt 1', line: 1 })))).toEqual(['notice attempt 1']);
  });

  test('add up what they took', () => {
    const usage = { inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheCreationTokens: 4, turns: 1, costUsd: 0.5 };
    expect(after(user('x'), complete({ usage }), user('y', { runId: 'run_2' }), complete({ usage, runId: 'run_2', head: 'a2' })).usage)
      .toEqual({ inputTokens: 2, outputTokens: 4, cacheReadTokens: 6, cacheCreationTokens: 8, turns: 2, costUsd: 1 });
  });

  test('a message that waited and was dropped is told in the server\'s name', () => {
    const state = after(user('x'), complete(), { kind: 'error', content: 'not sent', runId: '', clientMessageId: 'c' });
    expect(state.messages.at(-1)).toMatchObject({ role: 'system', parent: 'a1', clientMessageId: 'c', blocks: [{ type: 'error', text: 'not sent' }] });
  });
});

const all = [
  user('x', { clientMessageId: 'c1' }), status({ status: 'queued', position: 1 }), status({ status: 'requesting', line: 1 }), delta('hm', { status: 'thinking' }),
  { kind: 'thinking', content: 'hmm' }, { kind: 'stream_end' }, use('t1', 'Task'), delta('sub', { parentToolId: 't1' }), said('subs', { parentToolId: 't1' }), asks('apr_1', { toolUseId: 't1' }),
  decided('apr_1', 'allowed'), result('t1', 'ok'), delta('Hel'), said('Hello'), complete(),
  user('y', { runId: 'run_2', parent: 'a1' }), delta('b', { runId: 'run_2' }), complete({ runId: 'run_2', head: 'a2' }),
];

describe('a journal', () => {
  const frames = journal(...all);
  const whole = reduceAll(initialState('conv-1'), frames);

  test('gives the same in one piece as frame by frame', () => {
    expect(frames.reduce(reduce, initialState('conv-1'))).toEqual(whole);
  });

  test('gives the same if frames come twice', () => {
    const twice = frames.flatMap((frame, at) => [frame, ...frames.slice(Math.max(0, at - 3), at + 1)]);
    expect(twice.reduce(reduce, initialState('conv-1'))).toEqual(whole);
    expect(reduceAll(whole, frames)).toBe(whole);
  });

  test('changes nothing that it was given', () => {
    let state = initialState('conv-1');
    for (const frame of frames) state = freeze(reduce(state, freeze(frame)));
    expect(state).toEqual(whole);
  });

  test('leaves what has not changed as it was', () => {
    const before = reduceAll(initialState('conv-1'), frames.slice(0, 16));
    const then = reduceAll(before, frames.slice(16));
    expect(then.messages[1]).toBe(before.messages[1]);
    expect(then.messages[3]).not.toBe(before.messages[3]);
  });

  test('passes over what nobody knows, and what is of another conversation', () => {
    const strange = [{ ...frames[0]!, seq: 99, sessionId: 'conv-2' }, { ...frames[0]!, seq: 99, kind: 'new' }] as JournalFrame[];
    const after = reduceAll(whole, strange);
    expect({ ...after, lastSeq: 0 }).toEqual({ ...whole, lastSeq: 0 });
  });

  test('that is reset begins anew', () => {
    const again = reduceAll(whole, [subscribed({ replay: 'reset', epoch: 'other', lastSeq: 2 }), ...frames.slice(0, 2)]);
    expect(again).toEqual(reduceAll(initialState('conv-1'), [subscribed({ epoch: 'other', lastSeq: 2 }), ...frames.slice(0, 2)]));
    expect(again.messages).toHaveLength(2);
  });

  test('of another epoch begins anew, of the same goes on', () => {
    const known = reduce(whole, subscribed({ lastSeq: 18 }));
    expect(known.messages).toBe(whole.messages);
    expect(reduce(known, subscribed({ epoch: 'other' })).messages).toEqual([]);
  });
});

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  Object.values(value).forEach(freeze);
  return value;
}
