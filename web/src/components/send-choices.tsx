import type { SendOptions } from '@spool/react';
import type { ReactNode } from 'react';
import type { Health } from '../state/health.js';
import { visible } from '../text/visible.js';

type Allows = NonNullable<Health['allows']>;

/** Whether the server lets messages choose anything. */
export function hasChoices(health: Health | undefined): boolean {
  return health?.allows !== undefined && (health.allows.models.length > 0 || health.allows.permissionModes.length > 0);
}

/** The modes that the agent knows, for a server that allows any. */
const modes = ['default', 'acceptEdits', 'plan', 'bypassPermissions'];

/** The choice of a model and of a permission mode, as far as the server allows one. */
export function SendChoices({ allows, chosen, onChange }: { allows: Allows; chosen: SendOptions; onChange: (chosen: SendOptions) => void }): ReactNode {
  const { models, permissionModes } = allows;
  return (
    <span className="send-choices">
      {models.length > 0 && <Choice label="Model" values={models.filter((name) => name !== '*')} anything={models.includes('*')} value={chosen.model} onChange={(model) => onChange({ ...chosen, model })} />}
      {permissionModes.length > 0 && <Choice label="Permissions" values={permissionModes.includes('*') ? modes : permissionModes} anything={false} value={chosen.permissionMode} onChange={(permissionMode) => onChange({ ...chosen, permissionMode })} />}
    </span>
  );
}

interface ChoiceProps {
  label: string;
  values: readonly string[];
  anything: boolean;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

function Choice({ label, values, anything, value = '', onChange }: ChoiceProps): ReactNode {
  const changed = (next: string): void => onChange(next === '' ? undefined : next);
  if (anything) return <input aria-label={label} placeholder={`${label}: default`} value={value} maxLength={128} onChange={(event) => changed(event.target.value.trim())} />;
  return (
    <select aria-label={label} value={value} onChange={(event) => changed(event.target.value)}>
      <option value="">{label}: default</option>
      {values.map((name) => <option key={name} value={name}>{visible(name)}</option>)}
    </select>
  );
}
