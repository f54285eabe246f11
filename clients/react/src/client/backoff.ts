/** Bounds of a wait before the next attempt, in milliseconds. */
const shortest = 250;
const longest = 10_000;

/**
 * How long to wait before an attempt, the first being 0: at random between the shortest wait and
 * one that doubles each time ("full jitter"), so that clients that were cut off together do not
 * come back together.
 */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const most = Math.min(longest, shortest * 2 ** (attempt + 1));
  return shortest + random() * (most - shortest);
}
