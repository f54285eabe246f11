import { useConversations } from '@spool/react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { Route } from '../state/route.js';
import { reasonOf } from '../text/reason.js';
import { ConversationList } from './conversation-list.js';
import { Icon } from './icon.js';
import { SearchResults } from './search-results.js';
import { TagFilter } from './tag-filter.js';

interface Props {
  route: Route;
  /** Leads back to the page; onChosen, to what was chosen here, also if that is shown already. */
  onClose: () => void;
  onChosen: () => void;
  onKeys: () => void;
}

export function Sidebar({ route, onClose, onChosen, onKeys }: Props): ReactNode {
  const { conversations, isLoading, error } = useConversations();
  const [query, setQuery] = useState('');
  const [tag, setTag] = useState('');
  const wanted = tag === '' ? conversations : conversations.filter(({ tags }) => tags.includes(tag));
  const current = route.page === 'chat' ? route.id : '';
  const clicked = ({ target }: React.MouseEvent): void => {
    if (target instanceof Element && target.closest('a[href^="#"]')) onChosen();
  };
  return (
    <nav className="sidebar" aria-label="Conversations" onClick={clicked}>
      <div className="sidebar-head">
        <p className="brand"><span aria-hidden="true" className="mark" />Spool</p>
        <a className="button primary" href="#" aria-label="New conversation"><Icon name="plus" />New</a>
        <button type="button" className="quiet only-narrow" aria-label="Close the list" onClick={onClose}><Icon name="cross" /></button>
      </div>
      <SearchField query={query} onChange={setQuery} />
      {query.trim() === '' && <TagFilter conversations={conversations} tag={tag} onChange={setTag} />}
      <div className="conversations">
        {query.trim() !== ''
          ? <SearchResults query={query.trim()} current={current} />
          : <ConversationList conversations={wanted} isLoading={isLoading} problem={error && reasonOf(error)} current={current} />}
      </div>
      <div className="sidebar-foot">
        <a href="#overview" aria-current={route.page === 'overview' ? 'page' : undefined}><Icon name="chart" />Overview</a>
        <button type="button" className="quiet" aria-label="Keys" title="Keys (?)" onClick={onKeys}><Icon name="keys" /></button>
      </div>
    </nav>
  );
}

function SearchField({ query, onChange }: { query: string; onChange: (query: string) => void }): ReactNode {
  const leave = (event: React.KeyboardEvent<HTMLInputElement>): void => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    onChange('');
    event.currentTarget.blur();
  };
  return (
    <search className="search">
      <Icon name="search" />
      <input type="search" placeholder="Search titles and messages" aria-label="Search titles and messages" maxLength={200} value={query}
        onChange={(event) => onChange(event.target.value)} onKeyDown={leave} />
    </search>
  );
}
