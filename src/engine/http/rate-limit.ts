/** Milliseconds of the wall clock, from a monotonic clock. */
const wallClock = (): number => performance.timeOrigin + performance.now();

/**
 * No more requests a second than so many, evenly spaced but for a burst (the generic cell rate algorithm of ITU-T I.371). For
 * the option rps, all VUs of this instance together.
 */
export class RateLimiter {
  /** The next free moment, in microseconds of the wall clock, which threads share. */
  readonly #next: BigInt64Array;
  readonly #interval: bigint;
  /** How long before its moment a request of a burst may go. */
  readonly #tolerance: bigint;
  readonly #clock: () => number;

  /**
   * @param shared 8 bytes that all threads of the run look at
   * @param burst how many may go at once after a rest
   */
  constructor(
    perSecond: number,
    shared: SharedArrayBuffer = new SharedArrayBuffer(8),
    burst = 1,
    clock: () => number = wallClock,
  ) {
    this.#next = new BigInt64Array(shared, 0, 1);
    this.#interval = BigInt(Math.max(1, Math.round(1e6 / perSecond)));
    this.#tolerance = this.#interval * BigInt(burst - 1);
    this.#clock = clock;
  }

  /** Takes the next place. @returns milliseconds to wait for it */
  take(): number {
    const now = BigInt(Math.round(this.#clock() * 1000));
    for (;;) {
      const next = Atomics.load(this.#next, 0);
      const mine = next - this.#tolerance > now ? next - this.#tolerance : now;
      const after = (next > mine ? next : mine) + this.#interval;
      if (Atomics.compareExchange(this.#next, 0, next, after) === next) return Number(mine - now) / 1000;
    }
  }
}
