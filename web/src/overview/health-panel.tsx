import type { ReactNode } from 'react';
import { AgentProblem } from '../components/agent-problem.js';
import { Exact } from '../components/visible.js';
import type { Health } from '../state/health.js';
import { useHealth } from '../state/health.js';
import { count } from '../text/format.js';

const said: Readonly<Record<string, string>> = { ok: 'All is well', degraded: 'No run can start', draining: 'Being stopped' };

export function HealthPanel(): ReactNode {
  const { value: health, problem } = useHealth(5_000);
  return (
    <section className="panel" aria-labelledby="health-title">
      <h2 id="health-title">Server</h2>
      {health ? <Facts health={health} /> : <p className="empty">{problem ?? 'Loading…'}</p>}
    </section>
  );
}

function Facts({ health }: { health: Health }): ReactNode {
  const { status, version, demo, cli, runs, sockets, storage } = health;
  return (
    <>
      <dl className="facts-grid">
        <Fact name="Status" state={status}>{Object.hasOwn(said, status) ? said[status]! : status}</Fact>
        <Fact name="Running">{`${count(runs.running)} of ${count(runs.max)}`}</Fact>
        <Fact name="Queued">{`${count(runs.queued)} of ${count(runs.maxQueue)}`}</Fact>
        <Fact name="Connections">{`${count(sockets.open)} of ${count(sockets.max)}`}</Fact>
        <Fact name="Disk" state={storage.low ? 'degraded' : undefined}>{storage.low ? 'nearly full' : 'has room'}</Fact>
        <Fact name="Agent" state={cli.found ? undefined : 'degraded'}>{demo ? 'stand-in, no model' : (cli.version ?? 'not found')}</Fact>
        <Fact name="Version">{version}</Fact>
      </dl>
      <AgentProblem cli={cli} />
    </>
  );
}

function Fact({ name, state, children }: { name: string; state?: string | undefined; children: string }): ReactNode {
  return <div data-state={state}><dt>{name}</dt><dd><Exact>{String(children)}</Exact></dd></div>;
}
