import { useEffect, useState } from 'react';

/** How many of the newest messages are drawn at once, and how many more each time that there is time. */
const first = 60;
const step = 40;

/** Where a long list begins that is drawn from its end, a part at a time. */
export function useWindow(length: number): number {
  const [shown, setShown] = useState(first);
  useEffect(() => {
    if (shown >= length) return;
    const timer = setTimeout(() => setShown(shown + step), 30);
    return () => clearTimeout(timer);
  }, [shown, length]);
  return Math.max(0, length - Math.max(shown, first));
}
