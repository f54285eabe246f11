import { expect, test } from 'vitest';
import { ago, clock, dollars, duration, tokens } from '../src/text/format.js';

test.each([[0, '$0'], [0.00001, '<$0.0001'], [0.00123, '$0.0012'], [0.0456, '$0.046'], [12.345, '$12.35']])('%d dollars are %s', (usd, text) => {
  expect(dollars(usd)).toBe(text);
});

test.each([[0, '0.0 s'], [4_240, '4.2 s'], [9_960, '10 s'], [59_600, '1 min 0 s'], [65_000, '1 min 5 s'], [3_661_000, '1 h 1 min'], [-5, '0.0 s']])('%d ms are %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([[0, '0:00'], [65_900, '1:05'], [3_600_000, '1:00:00']])('after %d ms the clock shows %s', (ms, text) => {
  expect(clock(ms)).toBe(text);
});

test('tokens are counted in short', () => {
  expect([tokens(1), tokens(999), tokens(12_345)]).toEqual(['1 token', '999 tokens', '12.3K tokens']);
});

test('how long ago it was', () => {
  const now = Date.parse('2026-06-15T12:00:00Z');
  const before = (minutes: number): string => ago(new Date(now - minutes * 60_000).toISOString(), now);
  expect([before(0), before(5), before(150), before(3 * 24 * 60), before(20 * 24 * 60)]).toEqual(['now', '5 min', '2 h', '3 d', 'May 26']);
  expect(ago('<b>', now)).toBe('');
});
