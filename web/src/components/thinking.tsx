import type { ThinkingBlock } from '@spool/react';
import type { ReactNode } from 'react';
import { Markdown } from '../markdown/markdown.js';
import { CutNote } from './cut-note.js';
import { Icon } from './icon.js';

/** A thought, folded. */
export function Thinking({ block }: { block: ThinkingBlock }): ReactNode {
  return (
    <details className="thinking" data-streaming={block.streaming || undefined}>
      <summary><Icon name="thought" />{block.streaming ? 'Thinking…' : 'Thought'}</summary>
      <Markdown text={block.text} streaming={block.streaming} />
      <CutNote cut={block.cut} />
    </details>
  );
}
