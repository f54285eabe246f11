import type { ReactNode } from 'react';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Icon } from './icon.js';

/** A button that shows some actions, below it or, where there is no room, above. It closes when one was chosen, by Escape, and by a click elsewhere. */
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
  const close = (): void => {
    setOpen(false);
    root.current?.querySelector('button')?.focus(); // before an action opens a window, which gives the focus back to where it was
  };
  return (
    <div className="menu" ref={root} onKeyDown={(event) => { if (event.key === 'Escape' && open) { event.preventDefault(); close(); } }} onBlur={(event) => { if (event.relatedTarget && !root.current?.contains(event.relatedTarget)) setOpen(false); }}>
      <button type="button" className="quiet" aria-label={label} title={label} aria-expanded={open} onClick={() => setOpen(!open)}><Icon name="more" /></button>
      {open && <Items onChosen={close}>{children}</Items>}
    </div>
  );
}

function Items({ onChosen, children }: { onChosen: () => void; children: ReactNode }): ReactNode {
  const items = useRef<HTMLDivElement>(null);
  const [above, setAbove] = useState(false);
  useLayoutEffect(() => {
    const room = items.current!.closest('.conversations')?.getBoundingClientRect().bottom ?? window.innerHeight;
    setAbove(items.current!.getBoundingClientRect().bottom > room);
  }, []);
  return <div ref={items} className={above ? 'menu-items above' : 'menu-items'} onClick={onChosen}>{children}</div>;
}
