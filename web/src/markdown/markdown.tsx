import type { ReactNode } from 'react';
import { memo, useRef } from 'react';
import type { Blocks } from './blocks.js';
import { readAll, readMore } from './blocks.js';
import { BlockList } from './block.js';

/** A Markdown text. There is never any HTML: the blocks become elements, and text stays text. */
export const Markdown = memo(function Markdown({ text, streaming }: { text: string; streaming: boolean }): ReactNode {
  const before = useRef<Blocks | undefined>(undefined);
  const blocks = read(text, streaming, before.current);
  before.current = blocks;
  return <div className="markdown" dir="auto"><BlockList tokens={blocks.blocks} open={streaming} /></div>;
});

/** At the end all is read once more: what was defined last may be what a first link needs. */
function read(text: string, streaming: boolean, before: Blocks | undefined): Blocks {
  if (streaming) return readMore(text, before);
  return before?.whole ? (readMore(text, before) === before ? before : readAll(text)) : readAll(text);
}
