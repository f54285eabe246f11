import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('the types are what the server\'s documents say', () => {
  execFileSync('node', ['scripts/generate.mjs', '--check'], { cwd: root, stdio: 'pipe' });
});

/** What a page has to load, minified and compressed, in bytes. React is not in it. */
async function size(entry: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: `export * from './src/${entry}/index.ts'`, resolveDir: root },
    bundle: true, minify: true, format: 'esm', write: false, external: ['react'],
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
}

// README.md tells these numbers.
test.each([['client', 10_240], ['react', 11_264], ['ai', 10_240]])('%s is small', async (entry, most) => {
  const bytes = await size(entry);
  expect(bytes).toBeLessThan(most);
  expect(bytes).toBeGreaterThan(most * 0.75); // a bound that is far away bounds nothing
});

test('nothing is needed at run time but React, if that is used', () => {
  const { dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  expect([dependencies, peerDependencies, peerDependenciesMeta]).toEqual([undefined, { react: '^18.2.0 || ^19.0.0' }, { react: { optional: true } }]);
});

test.each(['package-lock.json', 'test/react18/package-lock.json'])('%s has exact versions, and no address of a registry', (lock) => {
  const text = readFileSync(`${root}${lock}`, 'utf8');
  expect(text).not.toContain('"resolved"');
  const { devDependencies = {}, dependencies = {} } = JSON.parse(text).packages[''];
  for (const version of Object.values({ ...devDependencies, ...dependencies })) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});
