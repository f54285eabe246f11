import type { SendOptions } from '@spool/react';
import type { ReactNode } from 'react';
import { useRef, useState } from 'react';
import { toMessages } from '../state/focus.js';
import { useGrowing } from '../state/grow.js';
import type { Health } from '../state/health.js';
import { keepDraft, readDraft } from '../state/kept.js';
import { count } from '../text/format.js';
import { hasChoices, SendChoices } from './send-choices.js';
import { Icon } from './icon.js';

/** The server takes no longer message, in bytes. */
const most = 48 * 1024;

/** Where there is no mouse, a field with the focus brings a keyboard up that hides half of the page. */
const hasKeys = window.matchMedia('(hover: hover)').matches;

interface Props {
  draftOf: string;
  isActive: boolean;
  health: Health | undefined;
  /** Sends, and tells whether the text can be forgotten. */
  onSend: (content: string, options: SendOptions) => Promise<boolean>;
  onStop?: () => void;
}

const size = (text: string): number => new TextEncoder().encode(text).length;

/** Where messages are written. While an answer is written they wait for its end, or break it off. */
export function Composer({ draftOf, isActive, health, onSend, onStop }: Props): ReactNode {
  const [text, setText] = useState(() => readDraft(draftOf));
  const [choices, setChoices] = useState<SendOptions>({});
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  useGrowing(field, text);
  const bytes = size(text);
  const ready = text.trim() !== '' && bytes <= most && !busy;
  const write = (next: string): void => {
    setText(next);
    keepDraft(draftOf, next);
  };
  const send = async (how: SendOptions): Promise<void> => {
    if (!ready) return;
    setBusy(true);
    if (await onSend(text, { ...choices, ...how })) write('');
    setBusy(false);
    field.current?.focus();
  };
  const stop = (event: React.MouseEvent): void => {
    if (event.currentTarget === document.activeElement) toMessages();
    onStop?.();
  };
  const plain = isActive ? { queue: true } : {};
  const pressed = (event: React.KeyboardEvent): void => {
    if (event.key === 'Escape') return field.current?.blur();
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send(event.ctrlKey || event.metaKey ? (isActive ? { interrupt: true } : {}) : plain);
  };
  return (
    <form className="composer" onSubmit={(event) => { event.preventDefault(); void send(plain); }}>
      <textarea ref={field} aria-label="Message" placeholder={isActive ? 'Write the next message…' : 'Write a message…'} rows={1} value={text} autoFocus={hasKeys}
        onChange={(event) => write(event.target.value)} onKeyDown={pressed} enterKeyHint="send" />
      <div className="composer-row">
        {hasChoices(health) && <SendChoices allows={health!.allows!} chosen={choices} onChange={setChoices} />}
        {bytes > most * 0.8 && <span className={bytes > most ? 'size problem' : 'size'} role="status">{count(bytes)} of {count(most)} bytes</span>}
        <span className="composer-buttons">
          {isActive && onStop && <button type="button" data-action="stop" onClick={stop}><Icon name="stop" filled />Stop</button>}
          {isActive && <button type="button" disabled={!ready} title="Break the answer off, and send this (Ctrl+Enter)" onClick={() => void send({ interrupt: true })}>Interrupt</button>}
          <button type="submit" className="primary" disabled={!ready} title={isActive ? 'Send this when the answer has ended (Enter)' : 'Send (Enter)'}>{isActive ? 'Queue' : <><Icon name="send" />Send</>}</button>
        </span>
      </div>
    </form>
  );
}
