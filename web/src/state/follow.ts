import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** So near to its end, in pixels, a list counts as being there. */
const near = 80;

/** Keeps the end of a list in sight while it grows, until somebody scrolls away from it, or something else in it is to be shown. */
export function useFollow() {
  const list = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const [isAtEnd, setIsAtEnd] = useState(true);
  const toEnd = useCallback(() => {
    follows.current = true;
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, []);
  const show = useCallback((selector: string) => {
    const element = content.current?.querySelector(selector);
    follows.current = false;
    element?.scrollIntoView({ block: 'center' });
    element?.animate([{ backgroundColor: 'var(--mark)' }, { backgroundColor: 'transparent' }], { duration: 2_000, easing: 'ease-in' });
  }, []);
  useLayoutEffect(toEnd, [toEnd]);
  useEffect(() => {
    const box = list.current!;
    let last = box.scrollTop;
    const scrolled = (): void => {
      if (box.scrollHeight - box.scrollTop - box.clientHeight < near) follows.current = true;
      else if (box.scrollTop < last) follows.current = false; // somebody goes back; a list that grows does not
      last = box.scrollTop;
      setIsAtEnd(follows.current);
    };
    const resized = new ResizeObserver(() => (follows.current ? toEnd() : scrolled())); // what has become short enough is at its end
    resized.observe(content.current!);
    resized.observe(box);
    box.addEventListener('scroll', scrolled, { passive: true });
    return () => {
      resized.disconnect();
      box.removeEventListener('scroll', scrolled);
    };
  }, [toEnd]);
  return { list, content, isAtEnd, toEnd, show };
}
