import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { copy } from '../state/clipboard.js';
import { Icon } from './icon.js';

/** Copies a text, and says for a moment that it did. */
export function CopyButton({ text, label }: { text: string; label: string }): ReactNode {
  const [said, setSaid] = useState<'Copied' | 'Not copied'>();
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => setSaid(undefined), 1_500);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <button type="button" className="quiet" title={label} aria-label={label} onClick={() => void copy(text).then((done) => setSaid(done ? 'Copied' : 'Not copied'))}>
      <Icon name={said === 'Copied' ? 'check' : 'copy'} /><span aria-live="polite">{said ?? ''}</span>
    </button>
  );
}
