// A Markdown text as blocks. While it grows only its last block is read again: all before it
// stay the same objects, so that nothing of them is drawn anew.

import type { Token } from 'marked';
import { Marked } from 'marked';

export interface Blocks {
  readonly source: string;
  readonly blocks: readonly Token[];
  /** Whether all of it was read at once, so that links know what is defined far from them. */
  readonly whole: boolean;
}

const marked = new Marked({ gfm: true });

/** Reads all of a text. */
export function readAll(text: string): Blocks {
  const source = unix(text);
  return { source, blocks: marked.lexer(source), whole: true };
}

/** Reads a text that is being written, given what was read of it before. */
export function readMore(text: string, before: Blocks | undefined): Blocks {
  const source = unix(text);
  if (before?.source === source) return before;
  if (!before || !source.startsWith(before.source)) return { ...readAll(source), whole: false };
  const { kept, end } = closed(before.blocks);
  return { source, blocks: [...kept, ...marked.lexer(source.slice(end))], whole: false };
}

/** The blocks that nothing can be added to, and where they end. What stands behind a list may turn out to be its next item. */
function closed(blocks: readonly Token[]): { kept: readonly Token[]; end: number } {
  let last = lastOf(blocks, blocks.length);
  const before = lastOf(blocks, last);
  if (blocks[before]?.type === 'list') last = before;
  const kept = blocks.slice(0, Math.max(0, last));
  return { kept, end: kept.reduce((sum, block) => sum + block.raw.length, 0) };
}

/** The last block before a place that is more than empty lines. */
function lastOf(blocks: readonly Token[], before: number): number {
  let last = before - 1;
  while (last >= 0 && blocks[last]!.type === 'space') last--;
  return last;
}

const unix = (text: string): string => text.replace(/\r\n?/g, '\n');
