/** The option rps: all VUs of this instance together send no more requests a second, evenly spaced. */
export class RateLimiter {
  /** The next free moment, in microseconds of the wall clock, which threads share. */
  readonly #next: BigInt64Array;
  readonly #interval: bigint;

  /** @param shared 8 bytes that all threads of the run look at */
  constructor(perSecond: number, shared: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.#next = new BigInt64Array(shared, 0, 1);
    this.#interval = BigInt(Math.max(1, Math.round(1e6 / perSecond)));
  }

  /** Takes the next place. @returns milliseconds to wait for it */
  take(): number {
    const now = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000));
    for (;;) {
      const next = Atomics.load(this.#next, 0);
      const mine = next > now ? next : now;
      if (Atomics.compareExchange(this.#next, 0, next, mine + this.#interval) === next)
        return Number(mine - now) / 1000;
    }
  }
}
