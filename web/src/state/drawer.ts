// The list of conversations on a narrow screen: it slides over the page, which then is out of reach.

import { useCallback, useEffect, useState } from 'react';
import { flushSync } from 'react-dom';

const narrow = window.matchMedia('(max-width: 760px)');

const focus = (selector: string): void => document.querySelector<HTMLElement>(selector)?.focus();

/** open and close show and hide it; enter and leave take the focus along, and Escape leaves. Where there is room for both it is never open. */
export function useDrawer() {
  const [isOpen, setOpen] = useState(false);
  const open = useCallback(() => setOpen(narrow.matches), []);
  const close = useCallback(() => setOpen(false), []);
  const enter = useCallback(() => {
    flushSync(open);
    focus('.sidebar .only-narrow');
  }, [open]);
  const leave = useCallback(() => {
    flushSync(close);
    focus('.page-head .only-narrow');
  }, [close]);
  useEffect(() => {
    narrow.addEventListener('change', close);
    return () => narrow.removeEventListener('change', close);
  }, [close]);
  useEffect(() => {
    if (!isOpen) return;
    const pressed = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && !event.defaultPrevented && !document.querySelector('dialog[open]')) leave();
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [isOpen, leave]);
  return { isOpen, open, close, enter, leave };
}
