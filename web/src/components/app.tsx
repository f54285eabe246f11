import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { Overview } from '../overview/overview.js';
import { useHealth } from '../state/health.js';
import { useDrawer } from '../state/drawer.js';
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
  const list = useDrawer();
  const [keysOpen, setKeysOpen] = useState(false);
  useEffect(list.close, [route, list.close]);
  useShortcuts(list.open, () => setKeysOpen(true));
  return (
    <div className={list.isOpen ? 'app list-open' : 'app'}>
      <a className="skip" href="#main" onClick={skip}>Skip to the conversation</a>
      <Sidebar route={route} onClose={list.leave} onChosen={list.close} onKeys={() => setKeysOpen(true)} />
      <div className="backdrop" onClick={list.leave} />
      <main id="main" tabIndex={-1} inert={list.isOpen}>
        <ConnectionBar />
        <Page route={route} onMenu={list.enter} />
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
