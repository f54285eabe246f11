import { expect, test } from 'vitest';
import { safeAddress, unescape } from '../src/markdown/address.js';

test.each(['javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'java\tscript:alert(1)', ' javascript:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', 'blob:x', 'ftp://a',
  '//evil.example', '/api/chats', 'relative', '', 'ws://a', 'about:blank'])('%s leads nowhere', (href) => {
  expect(safeAddress(href)).toBeUndefined();
});

test.each(['http://a/', 'https://a/b?c=d#e', 'mailto:a@b'])('%s may be opened', (href) => {
  expect(safeAddress(href)).toBe(href);
});

test('character references become characters, also those that hide an address', () => {
  expect(unescape('a &amp; b &lt;c&gt; &#65;&#x42; &hellip; &nosuch; &#0; &#x110000;')).toBe('a & b <c> AB … &nosuch; \ufffd \ufffd');
  expect(safeAddress(unescape('&#106;avascript:alert(1)'))).toBeUndefined();
  expect(unescape('&constructor; &toString;')).toBe('&constructor; &toString;');
});
