// The chat socket, held open as long as somebody wants it.

import { backoff } from './backoff.js';
import { asSpoolError, SpoolError } from './errors.js';
import type { SocketConstructor, Wire } from './socket.js';
import { open } from './socket.js';
import { later, Store } from './store.js';
import type { ClientFrame } from './wire.js';

export interface ConnectionState {
  /** idle: nobody wants it. waiting: for the next attempt. closed: for good, error says why. */
  readonly status: 'idle' | 'connecting' | 'open' | 'waiting' | 'closed';
  /** The attempts since the last connection that worked. */
  readonly attempts: number;
  readonly error?: SpoolError;
}

export interface ConnectionEvents {
  /** The socket is open: whoever is to be told something again is told it here. */
  open(): void;
  text(data: string): void;
  /** Asks the server something that it answers, and tells whether there was anything to ask. */
  ask(): boolean;
  lost(): void;
}

/** Close codes after which the same client would only be refused again. */
const fatal = new Set([1002, 1003, 1007, 1008, 1009]);

/** How long the server may take to answer what it is asked, in milliseconds, before the socket is taken for dead. */
const patience = 5_000;

/** How long a socket is kept that nobody wants, in milliseconds: often it is only that a page is drawn anew. */
const linger = 2_000;

export class Connection extends Store<ConnectionState> {
  readonly #url: () => string;
  readonly #socket: SocketConstructor | undefined;
  readonly #events: ConnectionEvents;
  #state: ConnectionState = { status: 'idle', attempts: 0 };
  #holders = 0;
  #wire: Wire | undefined;
  #refused: SpoolError | undefined; // what the server has said last
  #cancel: (() => void) | undefined; // what is waited for
  #deaf: (() => void) | undefined;
  #trust: (() => void) | undefined; // set while the server is asked whether the socket lives

  constructor(url: () => string, socket: SocketConstructor | undefined, events: ConnectionEvents) {
    super({ status: 'idle', attempts: 0 });
    this.#url = url;
    this.#socket = socket;
    this.#events = events;
  }

  /** How it is now, also before that is told. */
  get state(): ConnectionState {
    return this.#state;
  }

  /** Keeps the connection open until the function that it returns is called. */
  hold(): () => void {
    this.#holders++;
    if (this.#state.status === 'idle') this.#connect();
    let held = true;
    return () => {
      if (held && --this.#holders === 0) later(linger, () => this.#leave());
      held = false;
    };
  }

  /** Sends a frame if the socket is open, and tells whether it was. */
  send(frame: ClientFrame): boolean {
    if (this.#state.status !== 'open') return false;
    this.#wire!.send(JSON.stringify(frame));
    return true;
  }

  /** Begins again after the connection was closed for good, or without waiting any longer. */
  reconnect(): void {
    if (this.#holders > 0 && (this.#state.status === 'waiting' || this.#state.status === 'closed')) this.#connect();
  }

  /** Notes a refusal: should the server close the socket now, this is why. */
  refused(error: SpoolError): void {
    this.#refused = error;
  }

  /** The server has said something that makes sense: the next loss is a new one. */
  works(): void {
    if (this.#state.attempts > 0) this.#set({ status: 'open', attempts: 0 });
  }

  #connect(): void {
    this.#cancel?.();
    this.#deaf ??= wakeUps(() => this.#woken());
    this.#refused = undefined;
    this.#set({ status: 'connecting', attempts: this.#state.attempts });
    try {
      this.#wire = open(this.#socket, this.#url(), [], {
        open: () => {
          this.#set({ status: 'open', attempts: this.#state.attempts });
          this.#events.open();
        },
        text: (data) => {
          this.#trusted();
          this.#events.text(data);
        },
        close: (code) => this.#lost(code),
      });
    } catch (error) {
      this.#close(asSpoolError(error));
    }
  }

  /** A machine that has slept, or was elsewhere, may hold a socket whose other end is gone: it is told of that only if it asks. */
  #woken(): void {
    if (this.#state.status === 'waiting') this.#connect();
    if (this.#state.status !== 'open' || this.#trust) return;
    if (!this.#events.ask()) return this.#anew();
    this.#trust = later(patience, () => {
      this.#wire?.letGo();
      this.#lost(1006);
    });
  }

  /** A socket with nothing to lose is cheaper made anew than asked. */
  #anew(): void {
    this.#wire?.letGo();
    this.#connect();
  }

  #trusted(): void {
    this.#trust?.();
    this.#trust = undefined;
  }

  #lost(code: number): void {
    this.#trusted();
    this.#wire = undefined;
    if (fatal.has(code)) {
      this.#close(this.#refused ?? new SpoolError(`CLOSE_${code}`, `the server has closed the connection for good (${code})`));
    } else {
      const { attempts } = this.#state;
      this.#set({ status: 'waiting', attempts: attempts + 1, ...(this.#refused && { error: this.#refused }) });
      this.#cancel = later(backoff(attempts), () => this.#connect());
    }
    this.#events.lost();
  }

  #close(error: SpoolError): void {
    this.#set({ status: 'closed', attempts: this.#state.attempts, error });
  }

  /** Nobody wants the connection. */
  #leave(): void {
    if (this.#holders > 0) return;
    this.#cancel?.();
    this.#deaf?.();
    this.#deaf = undefined;
    this.#trusted();
    const wire = this.#wire;
    this.#wire = undefined;
    wire?.letGo();
    if (this.#state.status === 'idle') return;
    this.#set({ status: 'idle', attempts: 0 });
    this.#events.lost();
  }

  #set(state: ConnectionState): void {
    this.#state = state;
    this.changed();
  }

  protected override compute(): ConnectionState {
    return this.#state;
  }
}

/** Calls wake when the network has come or gone, and when somebody looks at the page again. */
export function wakeUps(wake: () => void): () => void {
  if (typeof window === 'undefined' || typeof document === 'undefined') return () => {};
  const seen = (): void => {
    if (document.visibilityState === 'visible') wake();
  };
  const network = ['online', 'offline'] as const;
  for (const event of network) window.addEventListener(event, wake);
  document.addEventListener('visibilitychange', seen);
  return () => {
    for (const event of network) window.removeEventListener(event, wake);
    document.removeEventListener('visibilitychange', seen);
  };
}
