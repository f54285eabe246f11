import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { CopyButton } from '../components/copy-button.js';
import { Exact } from '../components/visible.js';
import type { Coloured } from './highlight.js';

/** Longer code stays as it is, in characters: to colour it would hold the page up. */
const most = 50_000;

/** Code with its language and a button to copy it. It gets its colours when all of it is there. */
export function Code({ text, language, open }: { text: string; language: string | undefined; open: boolean }): ReactNode {
  const name = language?.trim().split(/\s+/)[0] ?? '';
  const colours = useColours(text, name, open);
  return (
    <figure className="code">
      <figcaption>
        <span><Exact>{name || 'text'}</Exact></span>
        <CopyButton text={text} label="Copy code" />
      </figcaption>
      <pre tabIndex={0} role="group" aria-label="Code"><code>{colours ? <Parts parts={colours} /> : <Exact>{text}</Exact>}</code></pre>
    </figure>
  );
}

function useColours(text: string, language: string, open: boolean): readonly Coloured[] | undefined {
  const [known, setKnown] = useState<{ text: string; colours: readonly Coloured[] | undefined }>();
  const wanted = !open && language !== '' && text.length <= most;
  useEffect(() => {
    if (!wanted) return;
    let current = true;
    import('./highlight.js').then(
      ({ colour }) => current && setKnown({ text, colours: colour(text, language.toLowerCase()) }),
      () => {}, // without colours it can be read too
    );
    return () => {
      current = false;
    };
  }, [text, language, wanted]);
  return known?.text === text ? known.colours : undefined;
}

function Parts({ parts }: { parts: readonly Coloured[] }): ReactNode {
  return parts.map((part, at) =>
    typeof part === 'string' ? <Exact key={at}>{part}</Exact> : <span key={at} className={classOf(part.scope)}><Parts parts={part.parts} /></span>);
}

/** The class of a scope: of "title.function" it is hl-title. */
const classOf = (scope: string): string => `hl-${scope.split('.')[0]!.replace(/[^a-z-]/g, '')}`;
