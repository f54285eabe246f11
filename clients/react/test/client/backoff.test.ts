import { expect, test } from 'vitest';
import { backoff } from '../../src/client/backoff.js';

test('waits are at random up to twice the last one, from a quarter of a second to ten', () => {
  const most = [0, 1, 2, 3, 4, 5, 6, 100].map((attempt) => backoff(attempt, () => 1));
  expect(most).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
  expect([0, 5, 100].map((attempt) => backoff(attempt, () => 0))).toEqual([250, 250, 250]);
  for (let n = 0; n < 100; n++) expect(backoff(3)).toSatisfy((ms: number) => ms >= 250 && ms <= 4000);
});
