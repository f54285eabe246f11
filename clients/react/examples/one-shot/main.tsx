// One prompt, and its answer while it is written.

import { isOver, useClaude } from '@spool/react';
import type { FormEvent } from 'react';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '../style.css';

function OneShot() {
  const claude = useClaude();
  const busy = claude.status !== 'idle' && !isOver(claude.status);
  const start = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const prompt = String(new FormData(event.currentTarget).get('prompt'));
    claude.start(prompt, { meta: 'EXAMPLE', detach: true, partial: true });
  };
  return (
    <main>
      <form onSubmit={start}>
        <textarea name="prompt" aria-label="Prompt" rows={3} defaultValue="Say hello" />
        {busy ? <button type="button" onClick={() => void claude.abort()}>Stop</button> : <button>Run</button>}
      </form>
      <p role="status">{claude.status}{claude.position ? `, place ${claude.position}` : ''} {claude.run}</p>
      {claude.error && <p className="error">{claude.code}: {claude.error}</p>}
      <pre>{claude.text}</pre>
      {claude.stderr.length > 0 && <pre className="error">{claude.stderr.join('\n')}</pre>}
      <details>
        <summary>{claude.lines.length} lines</summary>
        {claude.lines.map(({ n, text }) => <pre key={n}>{text}</pre>)}
      </details>
    </main>
  );
}

createRoot(document.getElementById('root')!).render(<StrictMode><OneShot /></StrictMode>);
