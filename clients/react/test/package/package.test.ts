import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('the types are what the server\'s documents say', () => {
  execFileSync('node', ['scripts/generate.mjs', '--check'], { cwd: root, stdio: 'pipe' });
});

test('what README.md shows is code that compiles', () => {
  const dir = mkdtempSync(`${root}test/.readme-`);
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const snippets = [...readFileSync(`${root}README.md`, 'utf8').matchAll(/^```tsx?\n(.*?)^```/gms)].map(([, code]) => code!);
  expect(snippets.length).toBeGreaterThan(4);
  snippets.forEach((code, at) => writeFileSync(`${dir}/${at}.tsx`, snippet(code)));
  writeFileSync(`${dir}/tsconfig.json`, JSON.stringify({ extends: '../../tsconfig.json', include: ['*.tsx'], compilerOptions: { noUnusedLocals: false, paths: {
    '@spool/react': ['../../src/react/index.ts'], '@spool/react/client': ['../../src/client/index.ts'], '@spool/react/ai': ['../../src/ai/index.ts'],
  } } }));
  const { stdout } = spawnSync(`${root}node_modules/.bin/tsc`, ['-p', dir], { encoding: 'utf8' });
  expect(stdout).toBe('');
});

/** A snippet as a module, with what it takes for granted. */
function snippet(code: string): string {
  const imports = code.includes('import ') ? '' : `import { SpoolProvider, textOf, useClaude, useConversation, useConversations, useRuns } from '@spool/react';\n`;
  const given = `declare const App: () => null, conversationId: string, useChat: (options: { id: string; transport: object; resume: boolean }) => unknown;\n`;
  return `${imports}${given}${code}\nexport {};\n`;
}

/** What a page has to load, minified and compressed, in bytes. React is not in it. */
async function size(entry: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: `export * from './src/${entry}/index.ts'`, resolveDir: root },
    bundle: true, minify: true, format: 'esm', write: false, external: ['react'],
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
}

// README.md tells these numbers.
test.each([['client', 10_240], ['react', 11_264], ['ai', 11_264]])('%s is small', async (entry, most) => {
  const bytes = await size(entry);
  expect(bytes).toBeLessThan(most);
  expect(bytes).toBeGreaterThan(most * 0.75); // a bound that is far away bounds nothing
});

test('nothing is needed at run time but React, if that is used', () => {
  const { dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  expect([dependencies, peerDependencies, peerDependenciesMeta]).toEqual([undefined, { react: '^18.2.0 || ^19.0.0' }, { react: { optional: true } }]);
});

test.each(['package-lock.json', 'test/react18/package-lock.json', 'examples/package-lock.json'])('%s has exact versions, and no address of a registry', (lock) => {
  const text = readFileSync(`${root}${lock}`, 'utf8');
  expect(text).not.toContain('"resolved"');
  const { devDependencies = {}, dependencies = {} } = JSON.parse(text).packages[''];
  for (const version of Object.values({ ...devDependencies, ...dependencies })) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});
