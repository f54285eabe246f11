import type { ReactNode } from 'react';
import { useEffect } from 'react';
import type { Notice } from '../state/notices.js';
import { dismiss, useNotices } from '../state/notices.js';
import { Icon } from './icon.js';
import { Exact } from './visible.js';

export function Notices(): ReactNode {
  const notices = useNotices();
  return <div className="notices" role="status">{notices.map((notice) => <One key={notice.id} notice={notice} />)}</div>;
}

function One({ notice: { id, text, kind } }: { notice: Notice }): ReactNode {
  useEffect(() => {
    if (kind === 'problem') return; // stays until somebody has read it
    const timer = setTimeout(() => dismiss(id), 4_000);
    return () => clearTimeout(timer);
  }, [id, kind]);
  return (
    <div className={`notice ${kind}`}>
      <p><Exact>{text}</Exact></p>
      <button type="button" className="quiet" aria-label="Dismiss" onClick={() => dismiss(id)}><Icon name="cross" /></button>
    </div>
  );
}
