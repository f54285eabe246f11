// The small ones: addresses, suggestions, hits, tags, days.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withTags } from '../src/components/tag-dialog.js';
import { ceiling, lastDays } from '../src/overview/days.js';
import { routeOf } from '../src/state/route.js';
import { adviceFor } from '../src/text/advice.js';
import { hits } from '../src/text/hits.js';
import { wordsFor } from '../src/text/permission.js';
import { summaryOf } from '../src/text/summary.js';

test('an address names a conversation or the overview, and nothing else', () => {
  const id = `conv-${'a'.repeat(26)}`;
  expect(routeOf(`#${id}`)).toEqual({ page: 'chat', id });
  expect(routeOf('#overview')).toEqual({ page: 'overview' });
  for (const hash of ['', '#', `#${id}x`, `#${id.toUpperCase()}`, `#x${id}`, `#/${id}`, '#token=x', '#javascript:alert(1)', `##${id}`]) expect(routeOf(hash)).toEqual({ page: 'new' });
});

test('a suggestion is told with all that it would allow', () => {
  const rule = (ruleContent?: string) => ({ type: 'addRules', behavior: 'allow', destination: 'session', rules: [{ toolName: 'Bash', ruleContent }] });
  expect(wordsFor(rule('touch *'))).toBe('Always allow Bash(touch *) in this conversation');
  expect(wordsFor(rule())).toBe('Always allow every Bash in this conversation');
  expect(wordsFor({ type: 'setMode', mode: 'acceptEdits', destination: 'session' })).toBe('Switch to the mode acceptEdits in this conversation');
  expect(wordsFor({ type: 'addDirectories', directories: ['/a', '/b'], destination: 'userSettings' })).toBe('Always allow /a, /b everywhere, for you');
});

test.each([null, 'x', {}, { type: 'addRules', behavior: 'deny', destination: 'session', rules: [{ toolName: 'Bash' }] }, { type: 'addRules', behavior: 'allow', destination: 'elsewhere', rules: [{ toolName: 'Bash' }] },
  { type: 'addRules', behavior: 'allow', destination: 'session', rules: [{ toolName: 'Bash' }, 7] }, { type: 'setMode', mode: 'x', destination: 'constructor' }])('for %j there are no words: it is shown as it is', (suggestion) => {
  expect(wordsFor(suggestion)).toBeUndefined();
});

test('hits stand between two marks', () => {
  expect(hits('a \ue000b\ue001  c')).toEqual([{ text: 'a ', isHit: false }, { text: 'b', isHit: true }, { text: ' c', isHit: false }]);
  expect(hits('\ue000open')).toEqual([{ text: 'open', isHit: true }]);
});

test('tags are cut at commas, each once', () => {
  expect(withTags(['a'], ' b, a,, c d ,b')).toEqual(['a', 'b', 'c d']);
});

test('a call in one line', () => {
  expect(summaryOf({ other: 1, command: 'ls\n-l' })).toBe('ls -l');
  expect(summaryOf({ a: 1 })).toBe('{"a":1}');
  expect([summaryOf(undefined), summaryOf('x'), summaryOf({ command: 'x'.repeat(500) }).length]).toEqual(['', '', 200]);
});

test('usage by day has no holes', () => {
  const usage = { inputTokens: 1, outputTokens: 2, cacheReadTokens: 0, cacheCreationTokens: 0, turns: 1, costUsd: 0.5, runs: 3 };
  const days = lastDays([{ ...usage, day: '2026-02-28' }], new Date('2026-03-01T10:00:00Z'), 3);
  expect(days.map(({ day, usd, tokens, runs }) => [day, usd, tokens, runs])).toEqual([['2026-02-27', 0, 0, 0], ['2026-02-28', 0.5, 3, 3], ['2026-03-01', 0, 0, 0]]);
  expect([0, 0.003, 1, 1.1, 4, 7, 1200].map(ceiling)).toEqual([1, 0.005, 1, 2, 5, 10, 2000]);
});

test('every code that a conversation can end or be refused with is explained', () => {
  const source = readFileSync(new URL('../../schema/code.go', import.meta.url), 'utf8');
  const codes = [...source.matchAll(/^\s+\w+\s+Code = "([A-Z_]+)"/gm)].map(([, code]) => code!);
  const elsewhere = ['INVALID_JSON', 'INVALID_PROMPT', 'INVALID_META', 'BUSY', 'PROMPT_TIMEOUT', 'SLOW_CLIENT', 'OUTPUT_GONE', 'OUTPUT_DAMAGED', 'REPLAY_GAP', 'INTERNAL',
    'SESSION_ID_REQUIRED', 'UNSUPPORTED_PROVIDER', 'NO_ACTIVE_RUN', 'UNKNOWN_MESSAGE_TYPE', 'INTERNAL_ERROR', 'APPROVAL_GONE',
    'FORBIDDEN_HOST', 'FORBIDDEN_ORIGIN', 'BAD_REQUEST', 'NOT_FOUND', 'METHOD_NOT_ALLOWED', 'UPGRADE_REQUIRED', 'TOO_LARGE', 'UNAUTHORIZED', 'RATE_LIMITED'];
  const [none] = adviceFor('nothing');
  expect(codes.length).toBeGreaterThan(30);
  expect(codes.filter((code) => !elsewhere.includes(code) && adviceFor(code)[0] === none)).toEqual([]);
  expect(adviceFor('constructor')[0]).toBe(none);
});
