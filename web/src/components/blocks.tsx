import type { Block } from '@spool/react';
import type { ReactNode } from 'react';
import { memo } from 'react';
import { Markdown } from '../markdown/markdown.js';
import { CutNote } from './cut-note.js';
import { Icon } from './icon.js';
import { Thinking } from './thinking.js';
import { ToolCard } from './tool-card.js';
import { Exact, Prose } from './visible.js';

/** What an answer consists of, in its order. */
export function Blocks({ blocks, runId }: { blocks: readonly Block[]; runId: string }): ReactNode {
  return blocks.map((block) => <One key={block.key} block={block} runId={runId} />);
}

const One = memo(function One({ block, runId }: { block: Block; runId: string }): ReactNode {
  switch (block.type) {
    case 'text': return <div className={block.role === 'user' ? 'text told' : 'text'} data-streaming={block.streaming || undefined}><Markdown text={block.text} streaming={block.streaming} /><CutNote cut={block.cut} /></div>;
    case 'thinking': return <Thinking block={block} />;
    case 'tool': return <ToolCard block={block} runId={runId} />;
    case 'notice': return <p className="note"><Prose>{block.text}</Prose></p>;
    case 'error': return <p className="note error"><Icon name="cross" /><Exact>{block.text}</Exact></p>;
  }
});
