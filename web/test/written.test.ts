import type { Block } from '@spool/react';
import { expect, test } from 'vitest';
import { written } from '../src/text/written.js';

const text = (length: number): Block => ({ type: 'text', key: 't', text: 'x'.repeat(length), streaming: true, whole: false });

test('texts, thoughts, what tools are called with, and what nested agents write', () => {
  const tool: Block = { type: 'tool', key: 'c', id: 'c', name: 'Bash', input: { a: 'x'.repeat(32) }, blocks: [text(40)], result: { content: 'x'.repeat(1_000), isError: false } };
  expect(written([text(400), { type: 'thinking', key: 'h', text: 'x'.repeat(40), streaming: false, whole: true }])).toBe(110);
  expect(written([tool])).toBe(20);
});

test('nothing, and what the server says', () => {
  expect(written([])).toBe(0);
  expect(written([{ type: 'error', key: 'e', text: 'it failed' }])).toBe(0);
});
