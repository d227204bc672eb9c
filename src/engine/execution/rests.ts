import type { Vu } from '../contracts/vu.ts';
import type { Clock } from '../executors/clock.ts';

/** VUs whose iteration was shorter than `minIterationDuration`, until that is over. */
export class Rests {
  readonly #clock: Clock;
  readonly #ends = new Map<Vu, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param done called once: at this monotonic time, or when the rest is ended before */
  begin(vu: Vu, until: number, done: () => void): void {
    const end = (): void => {
      cancel();
      this.#ends.delete(vu);
      done();
    };
    const cancel = this.#clock.at(until, end);
    this.#ends.set(vu, end);
  }

  /** @returns false when the VU is not at rest */
  end(vu: Vu): boolean {
    const end = this.#ends.get(vu);
    end?.();
    return end !== undefined;
  }
}
