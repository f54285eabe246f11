import { useConnection } from '@spool/react';
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { visible } from '../text/visible.js';

/** A loss that is mended at once is not worth a word. */
const patience = 400;

/** Says that the server is away, and that the page comes back by itself. */
export function ConnectionBar(): ReactNode {
  const { status, attempts, error, reconnect } = useConnection();
  const away = status === 'waiting' || status === 'closed' || (status === 'connecting' && attempts > 0);
  const shown = useLasting(away, patience) && away;
  if (!shown) return <div role="status" className="connection-bar" hidden />;
  return (
    <div role="status" className="connection-bar" data-state={status === 'closed' ? 'closed' : 'reconnecting'}>
      <p>
        {status === 'closed'
          ? <>The server has ended the connection: {visible(error?.message ?? 'it gave no reason')}.</>
          : <><strong>Reconnecting…</strong> Answers go on without this page, and nothing is lost.</>}
      </p>
      <button type="button" onClick={reconnect}>{status === 'closed' ? 'Connect again' : 'Try now'}</button>
    </div>
  );
}

function useLasting(value: boolean, ms: number): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    if (!value) return setLasting(false);
    const timer = setTimeout(() => setLasting(true), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return lasting;
}
