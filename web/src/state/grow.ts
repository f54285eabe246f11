import type { RefObject } from 'react';
import { useLayoutEffect } from 'react';

/** Browsers that know this grow a field by themselves: the style sheet says so. */
const byItself = CSS.supports('field-sizing', 'content');

/** Makes a field as high as its text, within what the style sheet allows. */
export function useGrowing(field: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    const { current } = field;
    if (byItself || !current) return;
    current.style.height = 'auto'; // of a field that shrinks the text is as high as the field
    current.style.height = `${current.scrollHeight}px`;
  }, [field, text]);
}
