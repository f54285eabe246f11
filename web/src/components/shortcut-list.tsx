import type { ReactNode } from 'react';
import { Dialog } from './dialog.js';
import { shortcuts } from './shortcuts.js';

export function ShortcutList({ onClose }: { onClose: () => void }): ReactNode {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl className="keys">
        {shortcuts.map(({ key, shown, what }) => <div key={key}><dt><kbd>{shown}</kbd></dt><dd>{what}</dd></div>)}
        <div><dt><kbd>Ctrl</kbd> <kbd>K</kbd></dt><dd>Search, also while writing</dd></div>
        <div><dt><kbd>Enter</kbd></dt><dd>Send the message, or queue it while an answer is written</dd></div>
        <div><dt><kbd>Ctrl</kbd> <kbd>Enter</kbd></dt><dd>Interrupt the answer, and send the message</dd></div>
        <div><dt><kbd>Shift</kbd> <kbd>Enter</kbd></dt><dd>A new line</dd></div>
        <div><dt><kbd>Esc</kbd></dt><dd>Close this, or leave a field</dd></div>
      </dl>
      <p className="buttons"><button type="button" className="primary" onClick={onClose}>Close</button></p>
    </Dialog>
  );
}
