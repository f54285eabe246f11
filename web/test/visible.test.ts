import { expect, test } from 'vitest';
import { exactPieces, prosePieces, visible } from '../src/text/visible.js';

test('what shows nothing, or turns text around, is shown by its number', () => {
  expect(visible('a\u202eb\u2066c\u200bd\u0007e\u00adf\ufeffg\u{e0041}h\u3164i\u00a0j\ud800k')).toBe(
    'a\\u202eb\\u2066c\\u200bd\\u0007e\\u00adf\\ufeffg\\u{e0041}h\\u3164i\\u00a0j\\ud800k');
});

test('what can be seen stays as it is', () => {
  for (const text of ['', 'plain', 'tab\tand\nline', 'Ünïcödé 日本語 العربية עברית', '👩‍💻 👨🏽‍🚀 ❤️‍🔥', 'e\u0301']) expect(visible(text)).toBe(text);
});

test('a joiner counts as hidden where it joins no pictures', () => {
  expect(visible('rm\u200d -rf')).toBe('rm\\u200d -rf');
  expect(visible('👩\u200dx')).toBe('👩\\u200dx');
});

test('prose keeps what languages need', () => {
  const text = (pieces: ReturnType<typeof prosePieces>): string => pieces.map((piece) => piece.text).join('');
  expect(text(prosePieces('می\u200cخواهم \u200f1\u00a0km'))).toBe('می\u200cخواهم \u200f1\u00a0km');
  expect(text(prosePieces('a\u202eb'))).toBe('a\\u202eb');
});

test('the pieces tell what was escaped', () => {
  expect(exactPieces('a\u0000b')).toEqual([{ text: 'a', escaped: false }, { text: '\\u0000', escaped: true }, { text: 'b', escaped: false }]);
});
