import { expect, test } from 'vitest';
import { readAll, readMore } from '../src/markdown/blocks.js';
import type { Blocks } from '../src/markdown/blocks.js';

const text = `# Title

A paragraph with **bold** and \`code\`
over two lines.

Setext
------

1. one
2. two

   more of two

3. three
   - in it

> a quotation
> goes on

| a | b |
|---|---|
| 1 | 2 |

\`\`\`go
func main() {

}
\`\`\`

<div>
html
</div>

- [x] done
- [ ] not

***

The end.\r\nWith another line.
`;

const shape = (blocks: Blocks): string[] => blocks.blocks.filter(({ type }) => type !== 'space').map(({ type, raw }) => `${type} ${raw.trim()}`);

test.each([1, 3, 17])('read in pieces of %d characters it is what it is when read at once', (size) => {
  let blocks: Blocks | undefined;
  for (let end = size; end < text.length + size; end += size) blocks = readMore(text.slice(0, end), blocks);
  expect(shape(blocks!)).toEqual(shape(readAll(text)));
});

test('the blocks before the last one stay the same objects', () => {
  const before = readMore('one\n\ntwo\n\nthr', undefined);
  const after = readMore('one\n\ntwo\n\nthree\n\nfour', before);
  expect(after.blocks[0]).toBe(before.blocks[0]);
  expect(after.blocks[2]).toBe(before.blocks[2]);
  expect(after.blocks[4]).not.toBe(before.blocks[4]);
});

test('a text that does not go on from the one before is read anew', () => {
  expect(shape(readMore('other', readMore('one\n\ntwo', undefined)))).toEqual(['paragraph other']);
});

test('20 KB in pieces of 12 characters cost less than a quarter of reading all of it each time', () => {
  const long = text.repeat(45).slice(0, 20_000);
  const time = (read: (part: string) => void): number => {
    const began = performance.now();
    for (let end = 12; end <= long.length; end += 12) read(long.slice(0, end));
    return performance.now() - began;
  };
  let blocks: Blocks | undefined;
  const growing = time((part) => (blocks = readMore(part, blocks)));
  const anew = time((part) => readAll(part));
  console.log(`20 KB in 1,666 pieces: ${Math.round(growing)} ms, read anew each time ${Math.round(anew)} ms`);
  expect(growing).toBeLessThan(anew / 4);
});
