import type { ReactNode } from 'react';

/** Drawn on a grid of 16, with lines of 1.5. */
const paths = {
  plus: 'M8 3v10M3 8h10',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM11 11l3 3',
  star: 'M8 2l1.8 3.8 4.2.5-3.1 2.9.8 4.1L8 11.3 4.3 13.3l.8-4.1L2 6.3l4.2-.5Z',
  more: 'M2.9 8a.4.4 0 1 0 .8 0 .4.4 0 1 0-.8 0M7.6 8a.4.4 0 1 0 .8 0 .4.4 0 1 0-.8 0M12.3 8a.4.4 0 1 0 .8 0 .4.4 0 1 0-.8 0',
  send: 'M8 13V3M3.5 7.5 8 3l4.5 4.5',
  stop: 'M4.5 4.5h7v7h-7Z',
  copy: 'M5.5 5.5h8v8h-8ZM3 10.5h-.5v-8h8V3',
  check: 'M3 8.5 6.5 12 13 4.5',
  cross: 'M4 4l8 8M12 4l-8 8',
  edit: 'M10.5 3 13 5.5 6 12.5l-3 .5.5-3Z',
  again: 'M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3',
  left: 'M10 3 5 8l5 5',
  right: 'M6 3l5 5-5 5',
  down: 'M3 6l5 5 5-5',
  menu: 'M2.5 4h11M2.5 8h11M2.5 12h11',
  chart: 'M2.5 13.5h11M4.5 11V8M8 11V3M11.5 11V5.5',
  tag: 'M2.5 2.5H8l5.5 5.5L8 13.5 2.5 8ZM5.5 5.5h.01',
  trash: 'M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.5 9h6l.5-9',
  tool: 'M9.5 2.5a3.5 3.5 0 0 0-1 4.6L3 12.5 4 13.5l5.3-5.6a3.5 3.5 0 0 0 4.2-4.4L11 6 9.6 4.7 12 2.2a3.5 3.5 0 0 0-2.5.3Z',
  thought: 'M8 2.5a4.5 3.8 0 0 1 2.3 7.1V12H5.7V9.6A4.5 3.8 0 0 1 8 2.5ZM6 14h4',
  keys: 'M2 4.5h12v7H2ZM4.5 7h.01M7 7h.01M9.5 7h.01M11.5 7h.01M5 9.5h6',
  hand: 'M8 2v6M8 11.5v.01M8 15A7 7 0 1 0 8 1a7 7 0 0 0 0 14Z',
  download: 'M8 2.5v7M5 7l3 3 3-3M3 13h10',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, filled = false }: { name: IconName; filled?: boolean }): ReactNode {
  return (
    <svg className="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false" fill={filled ? 'currentColor' : 'none'}
      stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round"><path d={paths[name]} /></svg>
  );
}
