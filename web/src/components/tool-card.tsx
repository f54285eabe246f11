import type { ToolBlock } from '@spool/react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { summaryOf } from '../text/summary.js';
import { ApprovalCard } from './approval-card.js';
import { Blocks } from './blocks.js';
import { CutNote } from './cut-note.js';
import { Icon } from './icon.js';
import { ToolInput } from './tool-input.js';
import { ToolResult } from './tool-result.js';
import { Exact } from './visible.js';

/** Where a call is. */
function stateOf({ result, approval }: ToolBlock): 'waiting' | 'working' | 'denied' | 'failed' | 'done' {
  if (approval?.state === 'pending') return 'waiting';
  if (approval?.state === 'denied' || approval?.state === 'timed_out') return 'denied';
  if (!result) return 'working';
  return result.isError ? 'failed' : 'done';
}

const said = { waiting: 'waits for you', working: 'working', denied: 'denied', failed: 'failed', done: 'done' } as const;

const icons = { waiting: 'hand', working: 'tool', denied: 'cross', failed: 'cross', done: 'check' } as const;

/** A tool's call with what came of it. It opens when it needs somebody. */
export function ToolCard({ block, runId }: { block: ToolBlock; runId: string }): ReactNode {
  const state = stateOf(block);
  const [chosen, setChosen] = useState<boolean>();
  const isOpen = state === 'waiting' || (chosen ?? false);
  return (
    <section className="tool" data-state={state} aria-label={`Tool call, ${said[state]}`}>
      <button type="button" className="tool-head" aria-expanded={isOpen} disabled={state === 'waiting'} onClick={() => setChosen(!isOpen)}>
        <Icon name={icons[state]} />
        <span className="tool-name"><bdi><Exact>{block.name || 'tool'}</Exact></bdi></span>
        <span className="tool-summary"><bdi><Exact>{summaryOf(block.input)}</Exact></bdi></span>
        <span className="tool-state">{said[state]}</span>
      </button>
      {block.approval && <ApprovalCard key={block.approval.requestId} approval={block.approval} />}
      {isOpen && state !== 'waiting' && (
        <div className="tool-body">
          <ToolInput input={block.input} />
          <CutNote cut={block.cut} />
          {block.result && <ToolResult result={block.result} />}
        </div>
      )}
      {block.blocks.length > 0 && <div className="nested"><Blocks blocks={block.blocks} runId={runId} /></div>}
    </section>
  );
}
