import type { Approval, Block, UseConversation } from '@spool/react';

interface BlocksProps {
  blocks: readonly Block[];
  respond: UseConversation['respond'];
}

/** What a message consists of, in its order. */
export function Blocks({ blocks, respond }: BlocksProps) {
  return blocks.map((block) => <One key={block.key} block={block} respond={respond} />);
}

function One({ block, respond }: { block: Block; respond: BlocksProps['respond'] }) {
  switch (block.type) {
    case 'text':
      return <pre>{block.text}</pre>;
    case 'thinking':
      return <details className="thinking"><summary>Thoughts</summary><pre>{block.text}</pre></details>;
    case 'tool':
      return (
        <details className="tool" open={block.approval?.state === 'pending'}>
          <summary>{block.name} {block.result ? (block.result.isError ? 'failed' : 'done') : '…'} {block.approval?.state}</summary>
          <pre>{JSON.stringify(block.input, null, 2)}</pre>
          {block.approval?.state === 'pending' && <Ask approval={block.approval} respond={respond} />}
          {block.result && <pre className={block.result.isError ? 'error' : ''}>{block.result.content}</pre>}
          <Blocks blocks={block.blocks} respond={respond} />
        </details>
      );
    case 'notice':
      return <p className="notice">{block.text}</p>;
    case 'error':
      return <p className="error">{block.text}</p>;
  }
}

function Ask({ approval, respond }: { approval: Approval; respond: BlocksProps['respond'] }) {
  const answer = (allow: boolean) => () => void respond(approval.requestId, { allow });
  return <p>{approval.context.description} <button onClick={answer(true)}>Allow</button> <button onClick={answer(false)}>Deny</button></p>;
}
