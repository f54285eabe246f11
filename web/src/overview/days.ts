// Usage by day, for a plot.

import type { Usage } from '@spool/react';

export interface UsageRow extends Usage {
  day?: string;
  runs: number;
}

export interface Day {
  readonly day: string;
  readonly usd: number;
  readonly tokens: number;
  readonly runs: number;
}

/** The last days up to today, in UTC as the server counts them, also those on which nothing was done. */
export function lastDays(rows: readonly UsageRow[], today: Date, length: number): Day[] {
  const byDay = new Map(rows.map((row) => [row.day, row]));
  return Array.from({ length }, (_, at) => {
    const day = new Date(today.getTime() - (length - 1 - at) * 86_400_000).toISOString().slice(0, 10);
    const row = byDay.get(day);
    return { day, usd: row?.costUsd ?? 0, tokens: row ? row.inputTokens + row.outputTokens : 0, runs: row?.runs ?? 0 };
  });
}

/** A round number that is not less: 1, 2 or 5 with some zeros. */
export function ceiling(value: number): number {
  if (!(value > 0)) return 1;
  const zeros = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((n) => n * zeros).find((n) => n >= value * 0.999_999)!;
}
