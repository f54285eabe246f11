import type { Cut } from '@spool/react';
import { useSpool } from '@spool/react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { attempt } from '../state/notices.js';
import { count } from '../text/format.js';
import { Exact } from './visible.js';

/** Says that not all is here, and gets the whole line as the agent wrote it. */
export function CutNote({ cut }: { cut: Cut | undefined }): ReactNode {
  const client = useSpool();
  const [line, setLine] = useState<string>();
  if (!cut) return null;
  if (line !== undefined) return <pre className="plain" tabIndex={0} role="group" aria-label="The whole line"><Exact>{line}</Exact></pre>;
  const load = (): Promise<boolean> => attempt('The line could not be loaded', async () => setLine(await client.line(cut.run, cut.line)));
  return <p className="cut">Only a part is shown. <button type="button" className="link" onClick={() => void load()}>Show the whole line ({count(cut.bytes)} bytes)</button></p>;
}
