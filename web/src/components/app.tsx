import type { ReactNode } from 'react';
import { useCallback, useEffect, useState } from 'react';
import { Overview } from '../overview/overview.js';
import { useHealth } from '../state/health.js';
import type { Route } from '../state/route.js';
import { useRoute } from '../state/route.js';
import { Beginning } from './beginning.js';
import { Chat } from './chat.js';
import { ConnectionBar } from './connection-bar.js';
import { Notices } from './notices.js';
import { useShortcuts } from './shortcuts.js';
import { ShortcutList } from './shortcut-list.js';
import { Sidebar } from './sidebar.js';

export function App(): ReactNode {
  const route = useRoute();
  const [listOpen, setListOpen] = useState(false);
  const [keysOpen, setKeysOpen] = useState(false);
  const closeList = useCallback(() => setListOpen(false), []);
  useEffect(closeList, [route, closeList]);
  useShortcuts(() => setListOpen(true), () => setKeysOpen(true));
  return (
    <div className={listOpen ? 'app list-open' : 'app'}>
      <a className="skip" href="#main" onClick={skip}>Skip to the conversation</a>
      <Sidebar route={route} open={listOpen} onClose={closeList} onKeys={() => setKeysOpen(true)} />
      <div className="backdrop" onClick={closeList} />
      <main id="main" tabIndex={-1}>
        <ConnectionBar />
        <Page route={route} onMenu={() => setListOpen(true)} />
      </main>
      <Notices />
      {keysOpen && <ShortcutList onClose={() => setKeysOpen(false)} />}
    </div>
  );
}

/** Goes to the main part; the page's address is for conversations. */
function skip(event: React.MouseEvent): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

function Page({ route, onMenu }: { route: Route; onMenu: () => void }): ReactNode {
  const health = useHealth(30_000).value;
  switch (route.page) {
    case 'overview': return <Overview onMenu={onMenu} />;
    case 'chat': return <Chat key={route.id} id={route.id} health={health} onMenu={onMenu} />;
    default: return <Beginning health={health} onMenu={onMenu} />;
  }
}
