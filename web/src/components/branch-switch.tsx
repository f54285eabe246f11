import type { Message } from '@spool/react';
import type { ReactNode } from 'react';
import { useActions } from './chat-actions.js';
import { Icon } from './icon.js';

/** ‹ 2/3 ›: which of the messages in this place is shown, and the way to the others. */
export function BranchSwitch({ message, disabled }: { message: Message; disabled: boolean }): ReactNode {
  const { branchesOf, switchTo } = useActions();
  const branches = branchesOf(message);
  if (branches.length < 2) return null;
  const at = branches.findIndex(({ key, id }) => key === message.key || (id !== undefined && id === message.id));
  const step = (by: number): ReactNode => {
    const to = branches[at + by];
    return (
      <button type="button" className="quiet" aria-label={by < 0 ? 'Branch before' : 'Next branch'} disabled={disabled || !to?.id} onClick={() => to && switchTo(to)}>
        <Icon name={by < 0 ? 'left' : 'right'} />
      </button>
    );
  };
  return <span className="branches" role="group" aria-label="Branches">{step(-1)}<span>{at + 1}/{branches.length}</span>{step(1)}</span>;
}
