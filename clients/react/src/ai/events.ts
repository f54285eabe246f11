// Server-sent events, over as many requests as it takes.

import { backoff } from '../client/backoff.js';
import { SpoolError } from '../client/errors.js';
import type { Http } from '../client/http.js';

interface Event {
  id?: string;
  data?: string;
}

/** The data of the last event: nothing comes behind it. */
const done = '[DONE]';

export interface EventSourceOptions {
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

/**
 * Asks for a stream of events and returns their data as JSON; undefined if there is none (204).
 * A connection that is lost before the end is begun again behind the last event.
 */
export async function events(http: Http, path: string, options: EventSourceOptions): Promise<AsyncGenerator<unknown> | undefined> {
  const ask = (last?: string): Promise<Response> => http.request('GET', path, {
    headers: { ...options.headers, Accept: 'text/event-stream', ...(last && { 'Last-Event-ID': last }) },
    ...(options.signal && { signal: options.signal }),
  });
  const first = await ask();
  return first.status === 204 ? undefined : follow(first, ask, options.signal);
}

async function* follow(first: Response, ask: (last?: string) => Promise<Response>, signal?: AbortSignal): AsyncGenerator<unknown> {
  let last: string | undefined;
  for (let answer: Response | undefined = first, attempt = 0; ; attempt++) {
    if (answer?.status === 204) return;
    try {
      for await (const { id, data } of parse(answer)) {
        attempt = 0;
        last = id ?? last;
        if (data === done) return;
        if (data !== undefined) yield JSON.parse(data);
      }
    } catch (error) {
      if (signal?.aborted || !(error instanceof TypeError)) throw error;
    }
    await pause(backoff(attempt), signal);
    answer = await ask(last).catch(unlessRefused);
  }
}

/** A request that came to nothing may be repeated; one that was refused may not. */
function unlessRefused(error: unknown): undefined {
  if (!(error instanceof SpoolError) || (error.status !== undefined && error.status < 500)) throw error;
}

async function* parse(answer: Response | undefined): AsyncGenerator<Event> {
  if (!answer?.body) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    let begun = ''; // an event of which not all has come
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const all = (begun + part.value).replaceAll('\r\n', '\n').split('\n\n');
      begun = all.pop()!;
      yield* all.map(event);
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function event(text: string): Event {
  const of: Event = {};
  for (const line of text.split('\n')) {
    const [, field, value = ''] = /^(id|data): ?(.*)$/.exec(line) ?? [];
    if (field === 'id') of.id = value;
    if (field === 'data') of.data = of.data === undefined ? value : `${of.data}\n${value}`;
  }
  return of;
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal!.reason);
    if (signal?.aborted) return stop();
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', () => (clearTimeout(timer), stop()), { once: true });
  });
}
