import type { ReactNode } from 'react';
import { useRef, useState } from 'react';
import { useGrowing } from '../state/grow.js';

/** Another text in the place of a message. */
export function EditForm({ text, onSave, onCancel }: { text: string; onSave: (text: string) => void; onCancel: () => void }): ReactNode {
  const [content, setContent] = useState(text);
  const field = useRef<HTMLTextAreaElement>(null);
  useGrowing(field, content);
  const ready = content.trim() !== '';
  const pressed = (event: React.KeyboardEvent): void => {
    if (event.key === 'Escape') onCancel();
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    if (ready) onSave(content);
  };
  return (
    <form className="edit" onSubmit={(event) => { event.preventDefault(); if (ready) onSave(content); }}>
      <textarea ref={field} autoFocus aria-label="Edit your message" value={content} rows={3} onChange={(event) => setContent(event.target.value)} onKeyDown={pressed}
        onFocus={(event) => event.target.setSelectionRange(content.length, content.length)} />
      <p className="hint">The answer begins a new branch. The old one is kept.</p>
      <p className="buttons"><button type="button" onClick={onCancel}>Cancel</button><button type="submit" className="primary" disabled={!ready}>Send</button></p>
    </form>
  );
}
