/** The state of a readable stream, after the Streams standard (default controllers and readers only). */
import type { GuestContext } from '../../runtime/api.ts';
import type { Deferred } from '../../runtime/suspend.ts';
import { describe } from '../bytes.ts';

export interface Source {
  readonly start: (() => unknown) | undefined;
  readonly pull: (() => unknown) | undefined;
  readonly cancel: ((reason: unknown) => unknown) | undefined;
}

export interface Strategy {
  readonly highWaterMark: number;
  size(chunk: unknown): unknown;
}

export interface ReadResult {
  readonly done: boolean;
  readonly value: unknown;
}

/** One reader's hold on the stream. */
export class Lock {
  readonly requests: Deferred[] = [];
  readonly closed: Deferred;
  constructor(ctx: GuestContext) {
    this.closed = ctx.loop.deferred();
    // Nobody has to look at `closed`.
    this.closed.promise.then(undefined, () => undefined);
  }
}

export class StreamState {
  readonly #ctx: GuestContext;
  readonly #queue: { readonly value: unknown; readonly size: number }[] = [];
  readonly #strategy: Strategy;
  #source: Source | undefined;
  #total = 0;
  #started = false;
  #pulling = false;
  #pullAgain = false;
  #closeRequested = false;
  state: 'readable' | 'closed' | 'errored' = 'readable';
  error: unknown;
  lock: Lock | undefined;

  constructor(ctx: GuestContext, strategy: Strategy) {
    this.#ctx = ctx;
    this.#strategy = strategy;
  }

  /** Calls `then` when what the source returned has settled. */
  #settle(compute: () => unknown, then: () => void): void {
    const { promise, resolve } = this.#ctx.loop.deferred();
    // What `start` throws at once is the constructor's exception.
    resolve(compute());
    promise.then(then, (reason: unknown) => {
      this.fail(reason);
    });
  }

  begin(source: Source): void {
    this.#source = source;
    this.#settle(
      () => source.start?.(),
      () => {
        this.#started = true;
        this.#pull();
      },
    );
  }

  get desiredSize(): number | null {
    if (this.state === 'errored') return null;
    return this.state === 'closed' ? 0 : this.#strategy.highWaterMark - this.#total;
  }

  #wanted(): boolean {
    if (this.state !== 'readable' || this.#closeRequested || !this.#started) return false;
    return (this.lock?.requests.length ?? 0) > 0 || (this.desiredSize ?? 0) > 0;
  }

  #pull(): void {
    const pull = this.#source?.pull;
    if (!pull || !this.#wanted()) return;
    if (this.#pulling) {
      this.#pullAgain = true;
      return;
    }
    this.#pulling = true;
    try {
      this.#settle(pull, () => {
        this.#pulling = false;
        if (!this.#pullAgain) return;
        this.#pullAgain = false;
        this.#pull();
      });
    } catch (error) {
      this.fail(error);
    }
  }

  #refuseUnlessOpen(what: string): void {
    if (this.#closeRequested || this.state !== 'readable')
      throw new TypeError(`cannot ${what} a stream that is not readable`);
  }

  enqueue(value: unknown): void {
    this.#refuseUnlessOpen('enqueue into');
    const request = this.lock?.requests.shift();
    if (request) {
      request.resolve({ done: false, value });
    } else {
      const size = this.#sizeOf(value);
      this.#queue.push({ value, size });
      this.#total += size;
    }
    this.#pull();
  }

  #sizeOf(value: unknown): number {
    try {
      const size = Number(this.#strategy.size(value));
      if (!(size >= 0) || size === Infinity)
        throw new RangeError(`the size of a chunk must be a number, not ${describe(size)}`);
      return size;
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  close(): void {
    this.#refuseUnlessOpen('close');
    this.#closeRequested = true;
    if (this.#queue.length === 0) this.#finish();
  }

  #finish(): void {
    this.state = 'closed';
    this.#source = undefined;
    const lock = this.lock;
    if (!lock) return;
    for (const request of lock.requests.splice(0)) request.resolve({ done: true, value: undefined });
    lock.closed.resolve(undefined);
  }

  fail(reason: unknown): void {
    if (this.state !== 'readable') return;
    this.state = 'errored';
    this.error = reason;
    this.#queue.length = 0;
    this.#source = undefined;
    const lock = this.lock;
    if (!lock) return;
    for (const request of lock.requests.splice(0)) request.reject(reason);
    lock.closed.reject(reason);
  }

  read(lock: Lock): Promise<unknown> {
    const request = this.#ctx.loop.deferred();
    if (this.state === 'errored') {
      request.reject(this.error);
      return request.promise;
    }
    const chunk = this.#queue.shift();
    if (chunk) {
      this.#total -= chunk.size;
      request.resolve({ done: false, value: chunk.value });
      if (this.#closeRequested && this.#queue.length === 0) this.#finish();
      else this.#pull();
    } else if (this.state === 'closed') {
      request.resolve({ done: true, value: undefined });
    } else {
      lock.requests.push(request);
      this.#pull();
    }
    return request.promise;
  }

  cancel(reason: unknown): unknown {
    if (this.state === 'errored') throw this.error;
    if (this.state === 'closed') return undefined;
    const cancel = this.#source?.cancel;
    this.#queue.length = 0;
    this.#finish();
    return cancel?.(reason);
  }

  release(lock: Lock): void {
    const error = new TypeError('the reader was released');
    for (const request of lock.requests.splice(0)) request.reject(error);
    lock.closed.reject(error);
    this.lock = undefined;
  }
}
