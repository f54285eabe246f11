import type { ReactNode } from 'react';
import { Icon } from './icon.js';

/** The head of each page, with the way to the list where that is not in sight. */
export function PageHead({ onMenu, children }: { onMenu: () => void; children: ReactNode }): ReactNode {
  return (
    <header className="page-head">
      <button type="button" className="quiet only-narrow" aria-label="Show the list of conversations" onClick={onMenu}><Icon name="menu" /></button>
      {children}
    </header>
  );
}
