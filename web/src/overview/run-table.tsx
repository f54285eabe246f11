import type { RunRecord } from '@spool/react';
import { useRuns } from '@spool/react';
import type { ReactNode } from 'react';
import { Exact } from '../components/visible.js';
import { attempt } from '../state/notices.js';
import { useNow } from '../state/now.js';
import { chatAddress, isConversationId } from '../state/route.js';
import { ago, clock, dollars, duration, moment, tokens } from '../text/format.js';
import { reasonOf } from '../text/reason.js';

const active = new Set(['queued', 'starting', 'running', 'waiting']);

/** The runs, those that go on first: conversations' and all others. */
export function RunTable(): ReactNode {
  const { runs, hasMore, isLoading, error, loadMore, abort } = useRuns({ limit: 25, refreshInterval: 2_000 });
  const now = useNow(1_000);
  const going = runs.filter(({ state }) => active.has(state));
  const over = runs.filter(({ state }) => !active.has(state));
  return (
    <section className="panel" aria-labelledby="runs-title">
      <div className="panel-head"><h2 id="runs-title">Runs</h2><p className="hint">{going.length === 0 ? 'None goes on' : going.length === 1 ? '1 goes on' : `${going.length} go on`}</p></div>
      {error && <p className="problem" role="alert"><Exact>{reasonOf(error)}</Exact></p>}
      {runs.length === 0 ? <p className="empty">{isLoading ? 'Loading…' : 'Nothing was run yet.'}</p> : (
        <ul className="runs">{[...going, ...over].map((run) => <Row key={run.run} run={run} now={now} onAbort={() => void attempt('The run could not be stopped', () => abort(run.run))} />)}</ul>
      )}
      {hasMore && <p className="buttons"><button type="button" onClick={() => void loadMore()}>Older runs</button></p>}
    </section>
  );
}

function Row({ run, now, onAbort }: { run: RunRecord; now: number; onAbort: () => void }): ReactNode {
  const { run: id, meta, state, prompt, code, error, createdAt, conversation } = run;
  return (
    <li className="run" data-state={state}>
      <span className="run-state">{<Exact>{String(state)}</Exact>}</span>
      <span className="run-main">
        <a href={conversation && isConversationId(conversation) ? chatAddress(conversation) : `/demo#${encodeURIComponent(id)}`}><bdi><Exact>{String(prompt).replace(/\s+/g, ' ').slice(0, 300)}</Exact></bdi></a>
        {code && <span className="run-error"><Exact>{`${code}: ${error ?? ''}`}</Exact></span>}
      </span>
      <span className="run-meta"><Exact>{String(meta)}</Exact></span>
      <span className="run-took">{took(run, now)}</span>
      <time dateTime={createdAt} title={moment(createdAt)}>{ago(createdAt, now)}</time>
      {active.has(state) && <button type="button" onClick={onAbort}>Abort</button>}
    </li>
  );
}

function took({ state, position, startedAt, createdAt, endedAt, usage }: RunRecord, now: number): string {
  if (state === 'queued') return position ? `place ${position}` : 'queued';
  const from = Date.parse(startedAt ?? createdAt);
  if (!endedAt) return clock(now - from);
  const parts = [duration(Date.parse(endedAt) - from)];
  if (usage) parts.push(tokens(usage.inputTokens + usage.outputTokens), dollars(usage.costUsd));
  return parts.join(' · ');
}
