import { useSpool } from '@spool/react';
import type { ReactNode } from 'react';
import { useEffect, useRef } from 'react';
import type { Health } from '../state/health.js';
import { keepDraft } from '../state/kept.js';
import { attempt } from '../state/notices.js';
import { go } from '../state/route.js';
import { sendKept } from '../state/send.js';
import { AgentProblem } from './agent-problem.js';
import { Composer } from './composer.js';
import { PageHead } from './page-head.js';
import { Exact } from './visible.js';

/** A conversation that is made with its first message. */
export function Beginning({ health, onMenu }: { health: Health | undefined; onMenu: () => void }): ReactNode {
  const client = useSpool();
  useEffect(() => {
    document.title = 'New conversation – Spool';
  }, []);
  const busy = useRef(false);
  const begin = async (content: string, options: object): Promise<boolean> => {
    if (busy.current) return false; // a second click
    busy.current = true;
    const done = await attempt('The conversation could not be begun', async () => {
      const made = await client.conversations.create();
      sendKept(client.conversation(made.id), content, options);
      go({ id: made.id });
    });
    busy.current = false;
    return done;
  };
  return (
    <>
      <PageHead onMenu={onMenu}><h1>New conversation</h1></PageHead>
      <div className="beginning">
        <div className="welcome">
          <span className="mark large" aria-hidden="true" />
          <h2>What shall we do?</h2>
          {health && <AgentProblem cli={health.cli} />}
          {health?.demo ? <Words words={health.words ?? []} onWord={(word) => void begin(word, {})} /> : health?.cli.found && <p>The agent works in the server's workspace, and goes on when you leave this page. Press <kbd>?</kbd> for the keys.</p>}
        </div>
      </div>
      <Composer draftOf="new" isActive={false} health={health} onSend={async (content, options) => {
        const done = await begin(content, options);
        if (done) keepDraft('new', '');
        return done;
      }} />
    </>
  );
}

/** With the stand-in agent: what its words show. */
function Words({ words, onWord }: { words: readonly { word: string; what: string }[]; onWord: (word: string) => void }): ReactNode {
  return (
    <>
      <p>A stand-in agent answers here, without a model. It quotes what you write, and has a script for each of these words:</p>
      <ul className="words">
        {words.map(({ word, what }) => (
          <li key={word}><button type="button" onClick={() => onWord(word)}><strong><Exact>{word}</Exact></strong><span><Exact>{what}</Exact></span></button></li>
        ))}
      </ul>
    </>
  );
}
