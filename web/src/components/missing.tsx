import type { SpoolError } from '@spool/react';
import type { ReactNode } from 'react';
import { adviceFor } from '../text/advice.js';
import { PageHead } from './page-head.js';
import { Exact } from './visible.js';

/** A conversation that cannot be shown. */
export function Missing({ error, onMenu }: { error: SpoolError; onMenu: () => void }): ReactNode {
  const [what, todo] = adviceFor(error.code);
  return (
    <>
      <PageHead onMenu={onMenu}><h1>Not here</h1></PageHead>
      <div className="beginning">
        <div className="welcome" role="alert">
          <h2>{what}</h2>
          <p>{todo}</p>
          <p className="code-name"><Exact>{`${error.code}: ${error.message}`}</Exact></p>
          <p><a className="button primary" href="#">New conversation</a></p>
        </div>
      </div>
    </>
  );
}
