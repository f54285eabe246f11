// What React and others can look at: a snapshot that changes at most once for each frame of the
// screen, however much comes in.

type Listener = () => void;

/** Runs something after some milliseconds, unless the function that it returns is called. */
export function later(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

/** Longest wait where no frames are drawn, as in a page that nobody sees, in milliseconds. */
const unseen = 200;

/** Runs something before the next frame is drawn, or soon if none is. */
export function nextFrame(run: () => void): () => void {
  if (typeof requestAnimationFrame !== 'function') return later(0, run);
  const cancel = (): void => {
    cancelAnimationFrame(frame);
    stop();
  };
  const once = (): void => {
    cancel();
    run();
  };
  const frame = requestAnimationFrame(once);
  const stop = later(unseen, once);
  return cancel;
}

/** A snapshot that can be subscribed to, as useSyncExternalStore wants it. */
export abstract class Store<T> {
  readonly #listeners = new Set<Listener>();
  #snapshot: T;
  readonly #first: T;
  #cancel: (() => void) | undefined;

  constructor(first: T) {
    this.#first = this.#snapshot = first;
  }

  /** Calls the listener after each change, until the function that it returns is called. */
  readonly subscribe = (listener: Listener): (() => void) => {
    const mine = (): void => listener(); // the same function may come twice
    this.#listeners.add(mine);
    if (this.#listeners.size === 1) this.wanted();
    return () => {
      if (this.#listeners.delete(mine) && this.#listeners.size === 0) this.unwanted();
    };
  };

  /** What there is to show now: the same object until something changes. */
  readonly getSnapshot = (): T => this.#snapshot;

  /** What there is before anything is known: for rendering on a server. */
  readonly getServerSnapshot = (): T => this.#first;

  /** Whether anybody looks. */
  get watched(): boolean {
    return this.#listeners.size > 0;
  }

  /** Tells a new snapshot before the next frame is drawn. */
  protected changed(): void {
    this.#cancel ??= nextFrame(() => this.flush());
  }

  /** Tells a new snapshot now. */
  protected flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const next = this.compute(this.#snapshot);
    if (Object.is(next, this.#snapshot)) return;
    this.#snapshot = next;
    for (const listener of [...this.#listeners]) listener();
  }

  /** Returns what there is to show, the previous snapshot if nothing has changed. */
  protected abstract compute(previous: T): T;

  /** Somebody begins to look; nobody does any more. */
  protected wanted(): void {}
  protected unwanted(): void {}
}
