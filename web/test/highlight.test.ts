import { expect, test } from 'vitest';
import type { Coloured } from '../src/markdown/highlight.js';
import { colour } from '../src/markdown/highlight.js';

const text = (parts: readonly Coloured[]): string => parts.map((part) => (typeof part === 'string' ? part : text(part.parts))).join('');
const scopes = (parts: readonly Coloured[]): string[] => parts.flatMap((part) => (typeof part === 'string' ? [] : [part.scope, ...scopes(part.parts)]));

test.each<[string, string]>([
  ['go', 'func main() { fmt.Println("<b>&amp;") } // end'],
  ['html', '<script>let a = `${1}`;</script><style>a { color: red }</style>'],
  ['ts', 'const a: string = `x ${b ? "c" : 1}`;'],
  ['sh', 'echo "$HOME" && ls | wc -l'],
  ['json', '{"a": [1, true, null]}'],
  ['py', 'def f(x): return f"{x}"'],
])('%s gets colours, and keeps every character', (language, code) => {
  const parts = colour(code, language)!;
  expect(text(parts)).toBe(code);
  expect(scopes(parts).length).toBeGreaterThan(1);
});

test('a language that is not known gets none', () => {
  expect(colour('x', 'brainfuck')).toBeUndefined();
  expect(colour('x', 'constructor')).toBeUndefined();
});
