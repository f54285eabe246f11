import { SpoolError } from '@spool/react';

/** Why something could not be done, for people: each browser has words of its own for a server that is away. */
export function reasonOf(error: unknown): string {
  if (error instanceof SpoolError && error.code === 'CONNECTION_LOST') return 'the server cannot be reached. Try again when it is back.';
  return error instanceof Error ? error.message : String(error);
}
