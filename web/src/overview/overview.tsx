import type { ReactNode } from 'react';
import { useEffect } from 'react';
import { PageHead } from '../components/page-head.js';
import { HealthPanel } from './health-panel.js';
import { RunTable } from './run-table.js';
import { UsagePanel } from './usage-panel.js';

/** What goes on on the server, what it took, and how it is. */
export function Overview({ onMenu }: { onMenu: () => void }): ReactNode {
  useEffect(() => {
    document.title = 'Overview – Spool';
  }, []);
  return (
    <>
      <PageHead onMenu={onMenu}><h1>Overview</h1></PageHead>
      <div className="overview" tabIndex={0} role="region" aria-label="Overview">
        <div className="column wide">
          <HealthPanel />
          <UsagePanel />
          <RunTable />
        </div>
      </div>
    </>
  );
}
