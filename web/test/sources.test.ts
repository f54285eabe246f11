// What holds for the sources and for what is built of them.

import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

async function filesOf(dir: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name)).sort();
  return new Map(await Promise.all(files.map(async (file) => [file.slice(dir.length + 1), await readFile(file)] as const)));
}

test('what is committed in dist is what the sources give', { timeout: 60_000 }, async () => {
  const built = await mkdtemp(join(tmpdir(), 'spool-web-'));
  onTestFinished(() => rm(built, { recursive: true }));
  await promisify(execFile)(process.execPath, [join(root, 'node_modules/vite/bin/vite.js'), 'build', '--outDir', built, '--logLevel', 'error'],
    { cwd: root, env: { ...process.env, NODE_ENV: 'production' } });
  const [committed, fresh] = await Promise.all([filesOf(join(root, 'dist')), filesOf(built)]);
  expect([...fresh.keys()]).toEqual([...committed.keys()]);
  for (const [name, content] of fresh) expect(content.equals(committed.get(name)!), `dist/${name} is of other sources: npm run build`).toBe(true);
});

test('all of it has at most 160 KB when packed', async () => {
  const files = await filesOf(join(root, 'dist'));
  const size = [...files.values()].reduce((sum, content) => sum + gzipSync(content).length, 0);
  expect(files.size).toBeGreaterThanOrEqual(5);
  expect(size).toBeLessThanOrEqual(160_000);
});

test('no source makes markup of text, or reads more of the address than it may', async () => {
  const files = await filesOf(join(root, 'src'));
  for (const [name, content] of files) {
    const source = content.toString();
    expect(source, name).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|srcdoc|createContextualFragment|location\.(search|href)|document\.URL|URLSearchParams|localStorage|document\.cookie|style=/);
    if (name !== 'state/route.ts') expect(source.match(/location\.hash/g)?.length ?? 0, name).toBeLessThanOrEqual(name === 'components/delete-dialog.tsx' ? 1 : 0);
  }
});
