import type { ReactNode } from 'react';
import { useDeferredValue, useEffect, useState } from 'react';
import { useAnswer } from '../state/answers.js';
import { chatAddress, isConversationId } from '../state/route.js';
import { seek } from '../state/sought.js';
import { untitled } from '../state/title.js';
import { ago, moment } from '../text/format.js';
import { hits } from '../text/hits.js';
import { Exact } from './visible.js';

interface Found {
  conversation: string;
  title: string;
  message?: string;
  role?: string;
  snippet: string;
  at: string;
}

/** What the server finds, title or message, soon after the last key. */
export function SearchResults({ query, current }: { query: string; current: string }): ReactNode {
  const settled = useSettled(useDeferredValue(query), 120);
  const { value, problem } = useAnswer<{ results: Found[] }>(settled && `/api/search?limit=50&q=${encodeURIComponent(settled)}`, 0);
  const results = value?.results.filter(({ conversation }) => isConversationId(conversation));
  if (!results || settled !== query) return <p className="empty" role="status">{problem ?? 'Searching…'}</p>;
  if (results.length === 0) return <p className="empty" role="status">Nothing has all of these words.</p>;
  return (
    <section aria-label="Found">
      <p className="found" role="status">{results.length === 1 ? '1 place' : `${results.length} places`}</p>
      <ul>{results.map((found, at) => <Result key={at} found={found} isCurrent={found.conversation === current} />)}</ul>
    </section>
  );
}

function Result({ found: { conversation, title, message, role, snippet, at }, isCurrent }: { found: Found; isCurrent: boolean }): ReactNode {
  return (
    <li className="item">
      <a className="conversation" href={chatAddress(conversation)} aria-current={isCurrent ? 'page' : undefined} onClick={() => seek(message ? { conversation, message } : undefined)}>
        <span className="item-title"><bdi>{message ? <Exact>{title || untitled}</Exact> : <Snippet text={snippet} />}</bdi></span>
        {message && <span className="item-snippet"><bdi><Snippet text={snippet} /></bdi></span>}
        <span className="item-facts"><time dateTime={at} title={moment(at)}>{ago(at, Date.now())}</time>{role && <span>{role === 'user' ? 'you' : 'the agent'}</span>}</span>
      </a>
    </li>
  );
}

function Snippet({ text }: { text: string }): ReactNode {
  return hits(text).map(({ text: piece, isHit }, at) => (isHit ? <mark key={at}><Exact>{piece}</Exact></mark> : <Exact key={at}>{piece}</Exact>));
}

function useSettled(value: string, ms: number): string {
  const [settled, setSettled] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
