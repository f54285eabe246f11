import { useEffect, useRef } from 'react';
import { flushSync } from 'react-dom';
import { go } from '../state/route.js';

/** A key, what it does, and the control that does it: a key never does what no control does. */
export interface Shortcut {
  readonly key: string;
  readonly shown: string;
  readonly what: string;
  readonly press?: string;
}

export const shortcuts: readonly Shortcut[] = [
  { key: 'n', shown: 'n', what: 'New conversation' },
  { key: '/', shown: '/', what: 'Search' },
  { key: 'j', shown: 'j', what: 'Next conversation' },
  { key: 'k', shown: 'k', what: 'Previous conversation' },
  { key: 'o', shown: 'o', what: 'Overview: runs, usage, health' },
  { key: 'c', shown: 'c', what: 'Write a message', press: '.composer textarea' },
  { key: 'a', shown: 'a', what: 'Go to what waits for your answer', press: '.approval[data-state="pending"]' },
  { key: 's', shown: 's', what: 'Star the conversation, or take the star away', press: '[data-action="star"]' },
  { key: 't', shown: 't', what: 'Rename the conversation', press: '[data-action="rename"]' },
  { key: 'e', shown: 'e', what: 'Edit your last message', press: '[data-action="edit"]' },
  { key: 'r', shown: 'r', what: 'Answer the last message once more', press: '[data-action="again"]' },
  { key: 'x', shown: 'x', what: 'Stop the answer', press: '[data-action="stop"]' },
  { key: '?', shown: '?', what: 'These keys' },
];

/** The same from everywhere, also while writing. */
const isSearch = (event: KeyboardEvent): boolean => (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k';

export function useShortcuts(openList: () => void, openKeys: () => void): void {
  const doing = useRef({ openList, openKeys });
  doing.current = { openList, openKeys };
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || document.querySelector('dialog[open]')) return;
      if (isSearch(event)) return done(event, () => search(doing.current.openList));
      if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
      const shortcut = shortcuts.find(({ key }) => key === event.key);
      if (shortcut) done(event, () => act(shortcut, doing.current));
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, []);
}

function done(event: KeyboardEvent, action: () => void): void {
  event.preventDefault();
  action();
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input:not([type="checkbox"]), textarea, select, [contenteditable]');
}

function act({ key, press }: Shortcut, { openList, openKeys }: { openList: () => void; openKeys: () => void }): void {
  switch (key) {
    case 'n': return go('new');
    case 'o': return go('overview');
    case '/': return search(openList);
    case 'j': return step(1);
    case 'k': return step(-1);
    case '?': return openKeys();
    default: return reach(press!);
  }
}

/** The next key belongs to the field already. */
function search(openList: () => void): void {
  flushSync(openList);
  document.querySelector<HTMLInputElement>('.search input')?.focus();
}

/** Presses the last control of that description; fields and requests get the focus. */
function reach(selector: string): void {
  const control = [...document.querySelectorAll<HTMLElement>(selector)].filter((element) => element.checkVisibility()).at(-1);
  if (control instanceof HTMLButtonElement) control.click();
  else {
    control?.scrollIntoView({ block: 'nearest' });
    control?.focus();
  }
}

/** Opens the next conversation of the list. */
function step(by: number): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>('.conversations a.conversation')];
  const at = links.findIndex((link) => link.getAttribute('aria-current') === 'page');
  links[Math.min(links.length - 1, Math.max(0, at + by))]?.click();
}
