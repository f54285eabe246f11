// The HTTP routes.

import { asSpoolError, SpoolError } from './errors.js';

export interface Http {
  /** Asks for something and returns the answer's JSON. Refusals are SpoolErrors. */
  json<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** The answer as it is, if it is a good one. */
  request(method: string, path: string, init?: RequestInit): Promise<Response>;
}

/** The routes of the server at an address, by a fetch. */
export function http(base: string, fetcher: typeof fetch | undefined): Http {
  const request = async (method: string, path: string, init: RequestInit = {}): Promise<Response> => {
    const ask = fetcher ?? globalThis.fetch;
    const answer = await ask(base + path, { ...init, method }).catch((error: unknown) => {
      if (init.signal?.aborted) throw error;
      throw asSpoolError(error);
    });
    if (!answer.ok) throw await refusal(answer);
    return answer;
  };
  const json = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
    const answer = await request(method, path, init);
    return (answer.status === 204 ? undefined : await answer.json()) as T;
  };
  return { json, request };
}

async function refusal(answer: Response): Promise<SpoolError> {
  const text = await answer.text().catch(() => '');
  const { code, error } = told(text);
  return new SpoolError(code ?? `HTTP_${answer.status}`, error ?? (text || answer.statusText), answer.status);
}

/** What the server says of an error. What stands between it and this client may say something else. */
function told(text: string): { code?: string; error?: string } {
  try {
    return (JSON.parse(text) as { code?: string; error?: string } | null) ?? {};
  } catch {
    return {};
  }
}
