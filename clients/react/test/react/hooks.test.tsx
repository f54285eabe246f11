import { act, cleanup, renderHook, waitFor } from '@testing-library/react';
import type { ReactNode } from 'react';
import { StrictMode, useEffect } from 'react';
import { afterEach, expect, test, vi } from 'vitest';
import { SpoolClient, SpoolProvider, useClaude, useConnection, useConversation, useConversations, useRuns, useSpool } from '../../src/react/index.js';
import { Server } from '../server.js';

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

async function setup() {
  const server = await Server.start();
  server.chat('conv-1');
  const client = new SpoolClient(server.options);
  const wrapper = ({ children }: { children: ReactNode }) => (
    <StrictMode><SpoolProvider client={client}>{children}</SpoolProvider></StrictMode>
  );
  return { server, client, wrapper };
}

test('the list of conversations is live', async () => {
  const { server, wrapper } = await setup();
  server.on('PUT', '/api/chats/conv-1', ({ name }) => ({ body: { chat: Object.assign(server.chats.get('conv-1')!.session, { title: name }) } }));
  const { result, rerender } = renderHook(() => useConversations(), { wrapper });
  await waitFor(() => expect(result.current.conversations).toHaveLength(1));
  await act(() => result.current.rename('conv-1', 'renamed'));
  await waitFor(() => expect(result.current.conversations[0]!.title).toBe('renamed'));
  await server.until(() => server.open === 1);
  server.chat('conv-2');
  act(() => server.upsert('conv-2'));
  await waitFor(() => expect(result.current.conversations).toHaveLength(2));
  const { create } = result.current;
  rerender();
  expect(result.current.create).toBe(create);
});

test('runs are listed, and a new description is a new list', async () => {
  const { server, wrapper } = await setup();
  server.on('GET', '/api/runs', (_, { searchParams }) => ({ body: { runs: [{ run: `run_${searchParams.get('meta')}` }] } }));
  const { result, rerender } = renderHook(({ meta }) => useRuns({ meta }), { wrapper, initialProps: { meta: 'A' } });
  await waitFor(() => expect(result.current.runs).toEqual([{ run: 'run_A' }]));
  rerender({ meta: 'B' });
  await waitFor(() => expect(result.current.runs).toEqual([{ run: 'run_B' }]));
});

test('a prompt is run, and let go with its component', async () => {
  const { server, wrapper } = await setup();
  server.onRunSocket = (socket) => {
    socket.send('{"t":"info","info":"send {prompt,meta}"}');
    socket.on('message', () => {
      socket.send('{"t":"info","info":"run","run":"run_1"}');
      socket.send('{"t":"line","n":1,"line":"hello"}');
    });
  };
  const { result, unmount } = renderHook(() => useClaude(), { wrapper });
  expect(result.current.status).toBe('idle');
  act(() => result.current.start('Say hello'));
  expect(result.current.status).toBe('idle'); // until the next frame
  await waitFor(() => expect(result.current).toMatchObject({ status: 'running', run: 'run_1', lines: [{ n: 1, text: 'hello' }] }));
  expect(server.open).toBe(1);
  unmount();
  await server.until(() => server.open === 0);
});

test('a run is attached to in an effect, also by a component that is mounted twice', async () => {
  const { server, wrapper } = await setup();
  server.onRunSocket = (socket) => {
    socket.send('{"t":"info","info":"run","run":"run_1"}');
    socket.send('{"t":"end","state":"succeeded"}');
    socket.close(1000);
  };
  const { result } = renderHook(() => {
    const claude = useClaude();
    const { attach } = claude;
    useEffect(() => attach('run_1', 3), [attach]);
    return claude;
  }, { wrapper });
  await waitFor(() => expect(result.current.status).toBe('succeeded'));
  expect(new Set(server.paths)).toEqual(new Set(['/ws/runs/run_1?from=3']));
  await server.until(() => server.open === 0);
});

test('the connection is shown, and begun again', async () => {
  const { server, wrapper } = await setup();
  const { result } = renderHook(() => [useConnection(), useConversation('conv-1')] as const, { wrapper });
  await waitFor(() => expect(result.current[0].status).toBe('open'));
  act(() => server.close(1008));
  await waitFor(() => expect(result.current[0]).toMatchObject({ status: 'closed', error: { code: 'CLOSE_1008' } }));
  act(() => result.current[0].reconnect());
  await waitFor(() => expect(result.current[0].status).toBe('open'));
});

test('however many frames come, a component is drawn once for each frame of the screen', async () => {
  const { server, wrapper } = await setup();
  const frames: FrameRequestCallback[] = [];
  let drawn = 0;
  const { result } = renderHook(() => (drawn++, useConversation('conv-1')), { wrapper });
  await waitFor(() => expect(result.current.session).toBeDefined());
  await act(() => result.current.send('Hello'));
  vi.spyOn(window, 'requestAnimationFrame').mockImplementation((frame) => frames.push(frame));
  const store = result.current;
  const before = drawn;
  for (let n = 0; n < 500; n++) server.append('conv-1', { kind: 'stream_delta', content: 'word ' });
  await waitFor(() => expect(frames.length).toBeGreaterThan(0));
  await waitFor(() => {
    act(() => frames.splice(0).forEach((frame) => frame(0))); // some words may come behind the first of them
    expect(result.current.messages[1]!.blocks[0]).toMatchObject({ text: 'word '.repeat(500) });
  });
  expect(result.current).not.toBe(store);
  expect(drawn - before).toBeLessThan(20);
});

test('without a provider the client is one for the page', () => {
  const { result } = renderHook(() => [useSpool(), useSpool()]);
  expect(result.current[0]).toBe(result.current[1]);
  expect(result.current[0]!.url).toBe(window.location.origin);
});

test('a provider makes its client once', () => {
  const wrapper = ({ children }: { children: ReactNode }) => <SpoolProvider url="http://127.0.0.1:9/">{children}</SpoolProvider>;
  const { result, rerender } = renderHook(() => useSpool(), { wrapper });
  const first = result.current;
  rerender();
  expect(result.current).toBe(first);
  expect(first.url).toBe('http://127.0.0.1:9');
});
