import type { Message } from '@spool/react';
import type { ReactNode } from 'react';
import { useEffect, useRef } from 'react';
import { useActions } from './chat-actions.js';
import { Icon } from './icon.js';

/** The step that was taken last: the branch that comes to be shown gets the focus back. */
let taken: { readonly parent: string; readonly by: number } | undefined;

/** ‹ 2/3 ›: which of the messages in this place is shown, and the way to the others. */
export function BranchSwitch({ message, disabled }: { message: Message; disabled: boolean }): ReactNode {
  const { branchesOf, switchTo } = useActions();
  const group = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (taken?.parent !== message.parent) return;
    const [back, on] = group.current?.querySelectorAll('button') ?? [];
    const button = (taken.by < 0 ? back?.disabled : !on?.disabled) ? on : back;
    if (document.activeElement === document.body) button?.focus({ preventScroll: true }); // nobody has put it elsewhere since
    taken = undefined;
  }, [message.parent]);
  const branches = branchesOf(message);
  if (branches.length < 2) return null;
  const at = branches.findIndex(({ key, id }) => key === message.key || (id !== undefined && id === message.id));
  const go = (to: Message, by: number): void => {
    taken = { parent: message.parent, by };
    switchTo(to);
  };
  const step = (by: number): ReactNode => {
    const to = branches[at + by];
    return (
      <button type="button" className="quiet" aria-label={by < 0 ? 'Branch before' : 'Next branch'} disabled={disabled || !to?.id} onClick={() => to && go(to, by)}>
        <Icon name={by < 0 ? 'left' : 'right'} />
      </button>
    );
  };
  return <span ref={group} className="branches" role="group" aria-label="Branches">{step(-1)}<span>{at + 1}/{branches.length}</span>{step(1)}</span>;
}
