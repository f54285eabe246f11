import type { Token, Tokens } from 'marked';
import type { ReactNode } from 'react';
import { createElement, memo } from 'react';
import { Prose } from '../components/visible.js';
import { Code } from './code.js';
import { Inline } from './inline.js';

/** A block. It is drawn anew only if it was read anew. open: more of it may come. */
export const Block = memo(function Block({ token, open }: { token: Token; open: boolean }): ReactNode {
  switch (token.type) {
    case 'space': case 'def': return null;
    case 'heading': return createElement(`h${Math.min(6, (token as Tokens.Heading).depth + 2)}`, null, <Inline tokens={token.tokens} />);
    case 'paragraph': return <p><Inline tokens={token.tokens} /></p>;
    case 'code': return <Code text={(token as Tokens.Code).text} language={(token as Tokens.Code).lang} open={open} />;
    case 'blockquote': return <blockquote><BlockList tokens={token.tokens!} open={open} /></blockquote>;
    case 'list': return <List list={token as Tokens.List} open={open} />;
    case 'table': return <Table table={token as Tokens.Table} />;
    case 'hr': return <hr />;
    case 'text': return token.tokens ? <Inline tokens={token.tokens} /> : <Prose>{(token as Tokens.Text).text}</Prose>;
    case 'html': return <p className="verbatim"><Prose>{token.raw.trimEnd()}</Prose></p>;
    default: return <Inline tokens={[token]} />;
  }
});

export function BlockList({ tokens, open }: { tokens: readonly Token[]; open: boolean }): ReactNode {
  return tokens.map((token, at) => <Block key={at} token={token} open={open && at === tokens.length - 1} />);
}

function List({ list, open }: { list: Tokens.List; open: boolean }): ReactNode {
  const items = list.items.map((item, at) => (
    <li key={at} className={item.task ? 'task' : undefined}>
      {item.task && <input type="checkbox" checked={item.checked ?? false} readOnly disabled aria-label={item.checked ? 'done' : 'not done'} />}
      <BlockList tokens={item.tokens} open={open && at === list.items.length - 1} />
    </li>
  ));
  return list.ordered ? <ol start={list.start === '' ? 1 : list.start}>{items}</ol> : <ul>{items}</ul>;
}

function Table({ table }: { table: Tokens.Table }): ReactNode {
  const cell = (cell: Tokens.TableCell, at: number): ReactNode =>
    createElement(cell.header ? 'th' : 'td', { key: at, className: cell.align ? `to-${cell.align}` : undefined }, <Inline tokens={cell.tokens} />);
  return (
    <div className="table" tabIndex={0} role="group" aria-label="Table">
      <table>
        <thead><tr>{table.header.map(cell)}</tr></thead>
        <tbody>{table.rows.map((row, at) => <tr key={at}>{row.map(cell)}</tr>)}</tbody>
      </table>
    </div>
  );
}
