/** What the server, or the way to it, says no with. The code is for programs. */
export class SpoolError extends Error {
  override readonly name = 'SpoolError';
  readonly code: string;
  /** The HTTP status, if an HTTP request was answered. */
  readonly status: number | undefined;

  constructor(code: string, message: string, status?: number) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** The connection was lost, and nothing can be told of what was asked for. */
export const connectionLost = 'CONNECTION_LOST';
/** What was asked for makes no sense as things are here. */
export const notPossible = 'NOT_POSSIBLE';

export function asSpoolError(error: unknown): SpoolError {
  if (error instanceof SpoolError) return error;
  return new SpoolError(connectionLost, error instanceof Error ? error.message : String(error));
}
