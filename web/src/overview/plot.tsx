import type { ReactNode } from 'react';
import { dollars, tokens } from '../text/format.js';
import type { Day } from './days.js';
import { ceiling } from './days.js';

const height = 120;
const step = 24;
const left = 72;
const right = 12;

/** A bar for each day. For those who do not see it, it is a table. */
export function Plot({ days, measure }: { days: readonly Day[]; measure: 'usd' | 'tokens' }): ReactNode {
  const label = measure === 'usd' ? dollars : tokens;
  const top = ceiling(Math.max(...days.map((day) => day[measure])));
  const width = left + days.length * step + right;
  return (
    <>
      <svg className="plot" viewBox={`0 0 ${width} ${height + 28}`} role="img" aria-label={`${measure === 'usd' ? 'Cost' : 'Tokens'} of each of the last ${days.length} days`}>
        {[1, 0.5, 0].map((part) => <Line key={part} y={8 + height * (1 - part)} width={width} text={label(top * part)} />)}
        {days.map((day, at) => <Bar key={day.day} day={day} x={left + at * step} size={(day[measure] / top) * height} text={label(day[measure])} named={(days.length - 1 - at) % 7 === 0} />)}
      </svg>
      <table className="offscreen">
        <caption>Usage by day</caption>
        <thead><tr><th>Day</th><th>Cost</th><th>Tokens</th><th>Runs</th></tr></thead>
        <tbody>{days.filter(({ runs }) => runs > 0).map(({ day, usd, tokens: n, runs }) => <tr key={day}><td>{day}</td><td>{dollars(usd)}</td><td>{n}</td><td>{runs}</td></tr>)}</tbody>
      </table>
    </>
  );
}

function Line({ y, width, text }: { y: number; width: number; text: string }): ReactNode {
  return <g className="plot-line"><text x={left - 8} y={y + 4} textAnchor="end">{text}</text><path d={`M${left} ${y}H${width}`} /></g>;
}

function Bar({ day: { day, runs }, x, size, text, named }: { day: Day; x: number; size: number; text: string; named: boolean }): ReactNode {
  const shown = size > 0 ? Math.max(2, size) : 0;
  return (
    <g className="plot-bar">
      <title>{`${day}: ${text}, ${runs} ${runs === 1 ? 'run' : 'runs'}`}</title>
      <rect className="plot-hover" x={x} y={8} width={step} height={height} />
      <rect x={x + 4} y={8 + height - shown} width={step - 8} height={shown} rx={2} />
      {named && <text x={x + step / 2} y={height + 24} textAnchor="middle">{day.slice(5)}</text>}
    </g>
  );
}
