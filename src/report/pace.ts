import type { Measurement } from '../results/measure.ts';

/** The rate is that of the last seconds, so that a change shows. */
const rateWindowMs = 3000;

/** How long the load goes on, and how fast it is now. */
export class Pace {
  readonly #measurement: Measurement;
  readonly #history: { at: number; requests: number }[] = [];
  #startedAt: number | undefined;

  constructor(measurement: Measurement) {
    this.#measurement = measurement;
  }

  read(): { elapsedMs: number | undefined; rate: number } {
    const now = performance.now();
    const { elapsedMs, total } = this.#measurement;
    // Engines take a moment to start, and tell of a second when it is over: the first sample sets the clock.
    if (elapsedMs !== null) this.#startedAt ??= now - elapsedMs;
    if (this.#startedAt === undefined) return { elapsedMs: undefined, rate: 0 };
    const history = this.#history;
    history.push({ at: now, requests: total.requests });
    while (history.length > 2 && (history[1]?.at ?? now) < now - rateWindowMs) history.shift();
    const first = history.length > 1 && history[0] !== undefined ? history[0] : { at: this.#startedAt, requests: 0 };
    const rate = (total.requests - first.requests) / Math.max(0.001, (now - first.at) / 1000);
    return { elapsedMs: now - this.#startedAt, rate };
  }
}
