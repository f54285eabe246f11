// The list of runs, as it was when it was asked for.

import type { SpoolError } from './errors.js';
import { asSpoolError } from './errors.js';
import type { Http } from './http.js';
import { later, Store } from './store.js';
import type { RunRecord } from './wire.js';

export interface RunFilter {
  meta?: string;
  state?: string;
  /** How many at once, 50 by default. */
  limit?: number;
  /** Asks again after so many milliseconds, as long as somebody looks. */
  refreshInterval?: number;
}

export interface RunsView {
  /** The newest first. */
  readonly runs: readonly RunRecord[];
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly error?: SpoolError;
}

/** The server lists no more at once. */
const most = 200;

export class RunsStore extends Store<RunsView> {
  readonly #http: Http;
  readonly #filter: RunFilter;
  #view: RunsView = { runs: [], hasMore: false, isLoading: true };
  #next: string | undefined;
  #asked = 0;
  #more = false; // older ones are being asked for
  #cancel: (() => void) | undefined;

  constructor(http: Http, filter: RunFilter) {
    super({ runs: [], hasMore: false, isLoading: true });
    this.#http = http;
    this.#filter = filter;
  }

  /** Asks for the newest ones again; as many as are shown, and can be had at once. */
  async refresh(): Promise<void> {
    const shown = Math.min(most, Math.max(this.#view.runs.length, this.#filter.limit ?? 50));
    await this.#ask(undefined, shown);
  }

  /** Asks for older ones. */
  async loadMore(): Promise<void> {
    if (!this.#next || this.#more) return;
    this.#more = true;
    await this.#ask(this.#next, this.#filter.limit ?? 50);
    this.#more = false;
  }

  async abort(run: string): Promise<void> {
    await this.#http.json('POST', `/api/runs/${run}/abort`);
    await this.refresh();
  }

  /** Of answers that overtake each other the last question's counts. */
  async #ask(before: string | undefined, limit: number): Promise<void> {
    const asked = ++this.#asked;
    try {
      const { runs, next } = await this.#http.json<{ runs: RunRecord[]; next?: string }>('GET', `/api/runs?${this.#query(before, limit)}`);
      if (asked !== this.#asked) return;
      const shown = this.#view.runs;
      const older = before || shown.length <= most ? [] : shown.slice(shown.findIndex(({ run }) => run === runs.at(-1)?.run) + 1 || shown.length);
      if (older.length === 0) this.#next = next;
      this.#set({ runs: before ? [...shown, ...runs] : [...runs, ...older], hasMore: this.#next !== undefined, isLoading: false });
    } catch (error) {
      if (asked === this.#asked) this.#set({ ...this.#view, isLoading: false, error: asSpoolError(error) });
    }
  }

  #query(before: string | undefined, limit: number): string {
    const { meta, state } = this.#filter;
    const query = new URLSearchParams({ limit: String(limit) });
    if (meta) query.set('meta', meta);
    if (state) query.set('state', state);
    if (before) query.set('before', before);
    return query.toString();
  }

  #set(view: RunsView): void {
    this.#view = view;
    this.changed();
  }

  #poll(): void {
    const { refreshInterval } = this.#filter;
    if (!refreshInterval) return;
    this.#cancel = later(refreshInterval, () => void (this.#more ? Promise.resolve() : this.refresh()).then(() => this.watched && this.#poll()));
  }

  protected override wanted(): void {
    void this.refresh();
    this.#poll();
  }

  protected override unwanted(): void {
    this.#cancel?.();
  }

  protected override compute(): RunsView {
    return this.#view;
  }
}
