import type { ReactNode } from 'react';
import { useState } from 'react';
import { useAnswer } from '../state/answers.js';
import { count, dollars, tokens } from '../text/format.js';
import type { Day, UsageRow } from './days.js';
import { lastDays } from './days.js';
import { Plot } from './plot.js';

/** How many days there is room for. */
const length = window.matchMedia('(max-width: 760px)').matches ? 14 : 30;

/** What the turns of the last days took. */
export function UsagePanel(): ReactNode {
  const [measure, setMeasure] = useState<'usd' | 'tokens'>('usd');
  const from = new Date(Date.now() - (length - 1) * 86_400_000).toISOString().slice(0, 10);
  const { value, problem } = useAnswer<{ usage: UsageRow[] }>(`/api/usage?by=day&from=${from}`, 10_000);
  const days = lastDays(value?.usage ?? [], new Date(), length);
  const sum = (of: (day: Day) => number): number => days.reduce((total, day) => total + of(day), 0);
  return (
    <section className="panel" aria-labelledby="usage-title">
      <div className="panel-head">
        <h2 id="usage-title">Usage</h2>
        <p className="hint">{length} days: {dollars(sum(({ usd }) => usd))} · {tokens(sum((day) => day.tokens))} · {count(sum(({ runs }) => runs))} runs</p>
        <span className="segments" role="group" aria-label="Show">
          <button type="button" aria-pressed={measure === 'usd'} onClick={() => setMeasure('usd')}>Cost</button>
          <button type="button" aria-pressed={measure === 'tokens'} onClick={() => setMeasure('tokens')}>Tokens</button>
        </span>
      </div>
      {value ? <Plot days={days} measure={measure} /> : <p className="empty">{problem ?? 'Loading…'}</p>}
    </section>
  );
}
