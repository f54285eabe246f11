import { act, cleanup, render, renderHook, screen, waitFor } from '@testing-library/react';
import type { ReactNode } from 'react';
import { StrictMode, version } from 'react';
import { renderToString } from 'react-dom/server';
import { afterEach, expect, test, vi } from 'vitest';
import { SpoolClient, SpoolProvider, textOf, useConversation } from '../../src/react/index.js';
import { Server } from '../server.js';

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

async function setup() {
  const server = await Server.start();
  server.chat('conv-1');
  server.chat('conv-2');
  const client = new SpoolClient(server.options);
  const wrapper = ({ children }: { children: ReactNode }) => (
    <StrictMode><SpoolProvider client={client}>{children}</SpoolProvider></StrictMode>
  );
  return { server, client, wrapper };
}

test(`React is ${process.env['REACT']}`, () => {
  expect(version.split('.')[0]).toBe(process.env['REACT']);
});

test('a conversation is shown while it is written', async () => {
  const { server, wrapper } = await setup();
  const { result } = renderHook(() => useConversation('conv-1'), { wrapper });
  expect(result.current).toMatchObject({ isLoading: true, messages: [] });
  await waitFor(() => expect(result.current.isLoading).toBe(false));
  await act(() => result.current.send('Hello'));
  act(() => void server.append('conv-1', { kind: 'stream_delta', content: 'Hi' }));
  await waitFor(() => expect(result.current.messages.map(textOf)).toEqual(['Hello', 'Hi']));
  expect(result.current).toMatchObject({ isActive: true, connection: { status: 'open' } });
});

test('what is asked for while drawing tells nobody', async () => {
  const { server, wrapper } = await setup();
  const errors = vi.spyOn(console, 'error');
  const of = () => {
    const chat = useConversation('conv-1');
    return { ...chat, branches: chat.messages.map((message) => chat.branchesOf(message).length) };
  };
  const { result, rerender } = renderHook(() => [of(), of()] as const, { wrapper });
  await waitFor(() => expect(result.current[0].session).toBeDefined());
  await act(() => result.current[0].send('Hello'));
  server.append('conv-1', { kind: 'stream_delta', content: 'Hi' });
  for (let n = 0; n < 20; n++) {
    rerender();
    await new Promise<void>((done) => { setImmediate(done); });
  }
  await waitFor(() => expect(result.current[1].messages.map(textOf)).toEqual(['Hello', 'Hi']));
  expect([result.current[1].branches, errors.mock.calls]).toEqual([[1, 1], []]);
});

test('mounting twice opens one socket', async () => {
  const { server, wrapper } = await setup();
  const { result } = renderHook(() => [useConversation('conv-1'), useConversation('conv-2')], { wrapper });
  await waitFor(() => expect(result.current.map(({ isLoading }) => isLoading)).toEqual([false, false]));
  expect(server.paths).toEqual(['/ws']);
});

test('another id is another conversation, and none is none', async () => {
  const { server, wrapper } = await setup();
  server.user('conv-2', 'there');
  const { result, rerender } = renderHook(({ id }: { id: string | undefined }) => useConversation(id), { wrapper, initialProps: { id: undefined as string | undefined } });
  expect(result.current).toMatchObject({ isLoading: false, messages: [] });
  await expect(result.current.send('nowhere')).rejects.toMatchObject({ code: 'NOT_POSSIBLE' });
  const { send } = result.current;
  rerender({ id: 'conv-2' });
  expect(result.current.send).not.toBe(send);
  await waitFor(() => expect(result.current.messages.map(textOf)).toEqual(['there', '']));
});

test('a server draws what there is before anything is known, and opens nothing', async () => {
  const { server, client } = await setup();
  const Page = () => <p>{JSON.stringify(useConversation('conv-1').isLoading)}</p>;
  const html = renderToString(<SpoolProvider client={client}><Page /></SpoolProvider>);
  expect(html).toBe('<p>true</p>');
  render(<SpoolProvider client={client}><Page /></SpoolProvider>);
  await waitFor(() => expect(screen.getByText('false')).toBeDefined());
  expect(server.paths).toEqual(['/ws']);
});
