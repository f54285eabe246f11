import { expect, onTestFinished, test, vi } from 'vitest';
import type { RunFilter, RunsStore } from '../../src/client/index.js';
import { SpoolClient } from '../../src/client/index.js';
import { Server, shows } from '../server.js';

const run = (n: number, state = 'succeeded') => ({ run: `run_${n}`, meta: 'M', state, prompt: 'p', createdAt: '' });

async function setup(filter: RunFilter = {}): Promise<{ server: Server; runs: RunsStore; look(): void }> {
  const server = await Server.start();
  server.on('GET', '/api/runs', (_, { searchParams }) => {
    const before = Number(searchParams.get('before')?.slice(4) ?? 9);
    return { body: { runs: [run(before - 1), run(before - 2)], ...(before > 5 && { next: `run_${before - 2}` }) } };
  });
  const runs = new SpoolClient(server.options).runs(filter);
  return { server, runs, look: () => onTestFinished(runs.subscribe(() => {})) };
}

const ids = (runs: RunsStore): string[] => runs.getSnapshot().runs.map((one) => one.run);

test('runs are listed page by page', async () => {
  const { server, runs, look } = await setup({ meta: 'M', state: 'running', limit: 2 });
  expect(server.asked).toEqual([]);
  look();
  await shows(runs, (view) => !view.isLoading);
  expect(ids(runs)).toEqual(['run_8', 'run_7']);
  await runs.loadMore();
  await runs.loadMore();
  await runs.loadMore(); // there are none
  const view = await shows(runs, (view) => view.runs.length === 6);
  expect([ids(runs).at(-1), view.hasMore]).toEqual(['run_3', false]);
  expect(server.asked).toEqual([
    'GET /api/runs?limit=2&meta=M&state=running', 'GET /api/runs?limit=2&meta=M&state=running&before=run_7', 'GET /api/runs?limit=2&meta=M&state=running&before=run_5',
  ]);
});

test('a run is ended', async () => {
  const { server, runs, look } = await setup();
  server.on('POST', '/api/runs/run_8/abort', () => ({ status: 202, body: {} }));
  look();
  await runs.abort('run_8');
  expect(server.asked.slice(-2)).toEqual(['POST /api/runs/run_8/abort', 'GET /api/runs?limit=50']);
});

test('runs are asked for again as long as somebody looks', async () => {
  const { server, runs } = await setup({ refreshInterval: 1000 });
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const stop = runs.subscribe(() => {});
  await vi.advanceTimersByTimeAsync(2500);
  expect(server.asked).toHaveLength(3);
  stop();
  await vi.advanceTimersByTimeAsync(5000);
  expect(server.asked).toHaveLength(3);
});

test('what is older than the server lists at once stays, and nothing overtakes it', async () => {
  const { server, runs, look } = await setup({ limit: 200 });
  const page = (newest: number, length: number) => Array.from({ length }, (_, at) => run(newest - at));
  server.on('GET', '/api/runs', (_, { searchParams }) => (searchParams.has('before') ? { body: { runs: page(100, 100) } } : { body: { runs: page(300, 200), next: 'run_101' } }));
  look();
  await shows(runs, (view) => !view.isLoading);
  await Promise.all([runs.loadMore(), runs.loadMore()]); // two clicks
  expect(await shows(runs, (view) => view.runs.length > 200)).toMatchObject({ hasMore: false });
  server.on('GET', '/api/runs', () => ({ body: { runs: page(301, 200), next: 'run_102' } }));
  await runs.refresh();
  const view = await shows(runs, (view) => view.runs.length === 301);
  expect([ids(runs)[0], ids(runs).at(-1), new Set(ids(runs)).size, view.hasMore]).toEqual(['run_301', 'run_1', 301, false]);
});

test('what cannot be had is told, and what was there stays', async () => {
  const { server, runs, look } = await setup();
  look();
  await shows(runs, (view) => !view.isLoading);
  server.on('GET', '/api/runs', () => ({ status: 500, body: 'no JSON of ours' }));
  await runs.refresh();
  expect(await shows(runs, (view) => view.error !== undefined)).toMatchObject({ error: { status: 500, code: 'HTTP_500' }, runs: [{ run: 'run_8' }, { run: 'run_7' }] });
});
