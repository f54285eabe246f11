import type { Block } from '@spool/react';

/** So many characters make a token, about. What the model counts is known at the end of its answer only. */
const perToken = 4;

/** About how many tokens the model has written of an answer: its texts, its thoughts, and what it calls tools with. */
export const written = (blocks: readonly Block[]): number => Math.round(characters(blocks) / perToken);

const characters = (blocks: readonly Block[]): number => blocks.reduce((sum, block) => sum + lengthOf(block), 0);

function lengthOf(block: Block): number {
  switch (block.type) {
    case 'text': case 'thinking': return block.text.length;
    case 'tool': return (JSON.stringify(block.input) ?? '').length + characters(block.blocks);
    default: return 0;
  }
}
