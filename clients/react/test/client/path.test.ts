import { expect, test } from 'vitest';
import { textOf, Tree } from '../../src/client/index.js';
import type { ConversationState, Message, TreeMessage } from '../../src/client/index.js';
import type { Loose } from '../frames.js';
import { after, complete, said, user } from '../frames.js';
import { time } from '../server.js';

let runs = 0;

/** A turn: a message and its answer. */
function turn(content: string, parent: string, id: string | undefined, answer = `answer ${content}`): Loose[] {
  const runId = `run_${++runs}`;
  return [user(content, { runId, parent }), said(answer, { runId }), complete({ runId, head: id ?? `u-${content}`, state: id ? 'succeeded' : 'failed' })];
}

const tree = (state: ConversationState, ...known: TreeMessage[]): Tree => new Tree(state.messages, new Map(known.map((node) => [node.id, node])));
const texts = (messages: Message[]): string[] => messages.map(textOf);
const node = (id: string, parent?: string, role: 'user' | 'assistant' = 'user'): TreeMessage => ({ id, role, content: `text ${id}`, parent, createdAt: time(0) });

test('a path leads from the root to the head, on its branch', () => {
  const of = tree(after(...turn('a', '', 'a1'), ...turn('b', 'a1', 'a2'), ...turn('c', 'a1', 'a3')));
  expect(texts(of.path('a3'))).toEqual(['a', 'answer a', 'c', 'answer c']);
  expect(texts(of.path('a2'))).toEqual(['a', 'answer a', 'b', 'answer b']);
  expect(of.reaches('a3')).toBe(true);
});

test('branches are what stands in the same place', () => {
  const of = tree(after(...turn('a', '', 'a1'), ...turn('b', 'a1', 'a2'), ...turn('c', 'a1', 'a3'), ...turn('d', '', 'a4')));
  const path = of.path('a3');
  expect(path.map((message) => texts(of.branchesOf(message)))).toEqual([['a', 'd'], ['answer a'], ['b', 'c'], ['answer c']]);
  expect(of.endOf('u-a')).toBe('a3');
  expect(of.endOf('u-d')).toBe('a4');
});

test('a message that was answered again has its answers as branches', () => {
  const of = tree(after(...turn('a', '', 'a1', 'one'), ...turn('a', '', 'a2', 'two')));
  expect(texts(of.path('a2'))).toEqual(['a', 'two']);
  expect(texts(of.path('a1'))).toEqual(['a', 'one']);
  expect(texts(of.branchesOf(of.path('a2')[1]!))).toEqual(['one', 'two']);
});

test('an answer that came to nothing is shown if there is no other', () => {
  const failed = turn('a', '', undefined, 'half an');
  const alone = tree(after(...failed));
  expect(texts(alone.path('u-a'))).toEqual(['a', 'half an']);
  const answered = tree(after(...failed, ...turn('a', '', 'a1')));
  expect(texts(answered.path('a1'))).toEqual(['a', 'answer a']);
  const goneOn = tree(after(...failed, ...turn('b', 'u-a', 'a1')));
  expect(texts(goneOn.path('a1'))).toEqual(['a', 'half an', 'b', 'answer b']);
  expect(texts(alone.branchesOf(alone.path('u-a')[1]!))).toEqual(['half an']);
});

test('what the server says stands where it was said', () => {
  const dropped: Loose = { kind: 'error', content: 'dropped', runId: '' };
  const of = tree(after(dropped, ...turn('a', '', 'a1'), dropped, ...turn('b', 'a1', 'a2')));
  expect(of.path('a2').map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'system', 'user', 'assistant']);
});

test('what the journal does not have is told by the tree', () => {
  const state = after(...turn('b', 'a1', 'a2'));
  expect(tree(state).reaches('a2')).toBe(false);
  expect(texts(tree(state).path('a2'))).toEqual(['b', 'answer b']);
  const of = tree(state, node('u1'), node('a1', 'u1', 'assistant'), node('u2', 'a1'));
  expect(texts(of.path('a2'))).toEqual(['text u1', 'text a1', 'b', 'answer b']);
  expect(of.reaches('a2')).toBe(true);
  expect(texts(of.branchesOf(of.path('a2')[2]!))).toEqual(['text u2', 'b']);
});

test('a tree that makes no sense has an end', () => {
  const of = tree(after(), node('a', 'b'), node('b', 'a'));
  expect(of.path('a').map(({ id }) => id)).toEqual(['b', 'a']);
  expect(of.endOf('a')).toBe('b');
  expect(of.path('unknown')).toEqual([]);
});
