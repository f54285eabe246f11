import type { ReactNode } from 'react';
import { useEffect, useRef, useState } from 'react';
import { Icon } from './icon.js';

/** A button that shows some actions. It closes when one was chosen, by Escape, and by a click elsewhere. */
export function Menu({ label, children }: { label: string; children: ReactNode }): ReactNode {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const elsewhere = (event: PointerEvent): void => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', elsewhere);
    return () => document.removeEventListener('pointerdown', elsewhere);
  }, [open]);
  const close = (event: React.KeyboardEvent): void => {
    if (event.key !== 'Escape' || !open) return;
    setOpen(false);
    root.current?.querySelector('button')?.focus();
  };
  return (
    <div className="menu" ref={root} onKeyDown={close} onBlur={(event) => { if (event.relatedTarget && !root.current?.contains(event.relatedTarget)) setOpen(false); }}>
      <button type="button" className="quiet" aria-label={label} title={label} aria-expanded={open} onClick={() => setOpen(!open)}><Icon name="more" /></button>
      {open && <div className="menu-items" onClick={() => setOpen(false)}>{children}</div>}
    </div>
  );
}
