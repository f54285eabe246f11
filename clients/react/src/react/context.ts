import type { ReactNode } from 'react';
import { createContext, createElement, useContext, useState } from 'react';
import type { SpoolOptions } from '../client/client.js';
import { SpoolClient } from '../client/client.js';

const Context = createContext<SpoolClient | undefined>(undefined);

export interface SpoolProviderProps extends SpoolOptions {
  /** A client of your own; the other options are of no use then. */
  client?: SpoolClient;
  children?: ReactNode;
}

/** Gives a client to all hooks below it. Options count when it is first drawn. */
export function SpoolProvider({ client, children, ...options }: SpoolProviderProps) {
  const [own] = useState(() => client ?? new SpoolClient(options));
  return createElement(Context.Provider, { value: client ?? own }, children);
}

let shared: SpoolClient | undefined;

/** The client: the provider's, or without one that of the server where the page comes from. */
export function useSpool(): SpoolClient {
  const given = useContext(Context);
  if (given) return given;
  if (typeof window === 'undefined') return new SpoolClient(); // a server's pages are of many people
  return (shared ??= new SpoolClient());
}
