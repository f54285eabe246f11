// A run of one prompt: its output line by line, to its end, over as many connections as it takes.

import { backoff } from './backoff.js';
import { wakeUps } from './connection.js';
import { asSpoolError, connectionLost, SpoolError } from './errors.js';
import type { Http } from './http.js';
import type { Line, RunState } from './lines.js';
import { initialRun, isOver, reduceRunAll } from './lines.js';
import type { SocketConstructor, Wire } from './socket.js';
import { open } from './socket.js';
import { later, Store } from './store.js';
import type { Envelope } from './wire.js';

const subprotocol = 'spool.v1';

/** How a prompt is to be run. */
export interface ClaudeOptions {
  /** Names the work, for example a task id: A-Z, 0-9, _ and -. */
  meta?: string;
  /** Also the answer token by token. */
  partial?: boolean;
  /** The run goes on when nobody looks at it, and is come back to after a lost connection. */
  detach?: boolean;
  timeoutSeconds?: number;
  model?: string;
  /** The id of a run whose session is continued. */
  resume?: string;
}

export interface ClaudeLine {
  readonly http: Http;
  socketURL(path: string): string;
  readonly WebSocket?: SocketConstructor | undefined;
}

const defaultMeta = 'CHAT';

export class ClaudeRun extends Store<RunState> {
  readonly #line: ClaudeLine;
  #state: RunState = initialRun;
  #envelopes: Envelope[] = []; // came in since the last snapshot
  #payload: Record<string, unknown> | undefined;
  #wire: Wire | undefined;
  #cancel: (() => void) | undefined;
  #deaf: (() => void) | undefined;
  #lasting = false; // the run does not end with its connection
  #attempts = 0;
  #refused: SpoolError | undefined;
  #onLine: ((line: Line) => void) | undefined;

  constructor(line: ClaudeLine) {
    super(initialRun);
    this.#line = line;
  }

  /** Starts a run. One that was looked at before is let go: without detach that ends it. */
  start(prompt: string, { meta = defaultMeta, ...options }: ClaudeOptions = {}): void {
    this.#begin({ ...initialRun, status: 'connecting' });
    this.#payload = { prompt, meta, ...options };
    this.#lasting = options.detach === true;
    this.#connect('/ws/claude');
  }

  /** Looks at a run that goes on or has ended, from behind a line. */
  attach(run: string, from = 0): void {
    this.#begin({ ...initialRun, status: 'connecting', run, last: from });
    this.#lasting = true;
    this.#again();
  }

  /** Ends the run. */
  async abort(): Promise<void> {
    this.flush();
    const { run } = this.#state;
    if (run) return void (await this.#line.http.json('POST', `/api/runs/${run}/abort`));
    this.#end({ status: 'aborted', code: 'ABORTED' });
  }

  /** Stops looking. A run without detach ends if nobody else looks at it. What has come stays. */
  close(): void {
    this.flush();
    this.#drop();
    if (!isOver(this.#state.status)) this.#set({ status: 'idle' });
  }

  /** Stops looking, and forgets. */
  reset(): void {
    this.#begin(initialRun);
    this.#drop();
  }

  /** Calls back for each line, as soon as it comes. */
  onLine(listener: ((line: Line) => void) | undefined): void {
    this.#onLine = listener;
  }

  #begin(state: RunState): void {
    this.#drop();
    this.#envelopes = [];
    this.#state = state;
    this.#payload = undefined;
    this.#attempts = 0;
    this.#deaf = wakeUps(() => this.#state.status === 'reconnecting' && !this.#wire && this.#again());
    this.changed();
  }

  #drop(): void {
    this.#cancel?.();
    this.#deaf?.();
    this.#wire?.letGo();
    this.#cancel = this.#deaf = this.#wire = undefined;
  }

  #connect(path: string): void {
    this.#cancel?.();
    this.#refused = undefined;
    try {
      this.#wire = open(this.#line.WebSocket, this.#line.socketURL(path), [subprotocol], {
        text: (data) => this.#heard(data),
        close: (code, opened) => this.#lost(code, opened),
      });
    } catch (error) {
      this.#fail(asSpoolError(error));
    }
  }

  /** Goes on behind the last line that is here. */
  #again(): void {
    const { run, last } = this.#state;
    this.#connect(`/ws/runs/${run}?from=${last}`);
  }

  #heard(data: string): void {
    const envelope = parse(data);
    if (!envelope) return this.#fail(new SpoolError('NOT_SPOOL', 'what answers does not speak spool.v1'));
    this.#attempts = 0;
    if (envelope.t === 'info' && envelope.info === 'send {prompt,meta}') return this.#wire?.send(JSON.stringify(this.#payload));
    if (envelope.t === 'error') this.#refused = new SpoolError(envelope.code, envelope.error);
    this.#envelopes.push(envelope);
    if (envelope.t === 'line') this.#onLine?.({ n: envelope.n, text: envelope.line });
    this.changed();
  }

  #lost(code: number, opened: boolean): void {
    this.#wire = undefined;
    this.flush();
    if (isOver(this.#state.status)) return this.#drop();
    const gone = code === 1006 || code === 1001 || code === 1012;
    if (!gone || (this.#refused && !this.#state.run)) return this.#fail(this.#refused ?? new SpoolError(`CLOSE_${code}`, `the connection was closed (${code})`));
    if (!this.#lasting || !this.#state.run) return this.#fail(new SpoolError(connectionLost, 'the connection was lost'));
    this.#set({ status: 'reconnecting' });
    this.#cancel = later(backoff(this.#attempts++), () => void (opened ? this.#again() : this.#look()));
  }

  /** A browser does not tell why a socket was refused: the run's record does. */
  async #look(): Promise<void> {
    const { run } = this.#state;
    try {
      await this.#line.http.json('GET', `/api/runs/${run}`);
    } catch (error) {
      const reason = asSpoolError(error);
      if (reason.status !== undefined && reason.status < 500 && this.#state.run === run) return this.#fail(reason);
    }
    if (this.#state.run === run && this.#state.status === 'reconnecting' && !this.#wire) this.#again();
  }

  #fail(error: SpoolError): void {
    const begun = this.#state.run !== undefined && error.code === connectionLost;
    this.#end({ status: begun ? 'interrupted' : 'failed', code: error.code, error: error.message });
  }

  #end(change: Partial<RunState>): void {
    this.#drop();
    this.#set(change);
    this.flush();
  }

  #set(change: Partial<RunState>): void {
    this.#state = { ...this.#state, ...change };
    this.changed();
  }

  protected override compute(): RunState {
    const envelopes = this.#envelopes;
    this.#envelopes = [];
    return (this.#state = reduceRunAll(this.#state, envelopes));
  }
}

function parse(data: string): Envelope | undefined {
  try {
    const envelope = JSON.parse(data) as Envelope | null;
    return typeof envelope?.t === 'string' ? envelope : undefined;
  } catch {
    return undefined;
  }
}
