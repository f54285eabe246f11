import type { ToolBlock } from '@spool/react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { count } from '../text/format.js';
import { CopyButton } from './copy-button.js';
import { CutNote } from './cut-note.js';
import { Exact } from './visible.js';

/** How many characters of a result are shown at once. */
const most = 4_000;

export function ToolResult({ result: { content, isError, cut } }: { result: NonNullable<ToolBlock['result']> }): ReactNode {
  const [all, setAll] = useState(false);
  const isLong = content.length > most && !all;
  return (
    <div className={isError ? 'result error' : 'result'}>
      <p className="result-head"><span>{isError ? 'Error' : 'Result'}</span><CopyButton text={content} label="Copy result" /></p>
      <pre tabIndex={0} role="group" aria-label="Result">{content === '' ? <span className="hint">nothing</span> : <Exact>{isLong ? content.slice(0, most) : content}</Exact>}</pre>
      {isLong && <button type="button" className="link" onClick={() => setAll(true)}>Show all {count(content.length)} characters</button>}
      <CutNote cut={cut} />
    </div>
  );
}
