import type { OutputLog } from './types.ts';

/** How often a failing push is told, at most. */
const TELL_EVERY_MS = 10_000;

/**
 * Calls `push` again and again, never twice at a time. What it throws is logged, not too often; a push that takes
 * longer than the interval delays the next one and is counted.
 */
export class Pusher {
  readonly #push: () => Promise<void>;
  readonly #intervalMs: number;
  readonly #name: string;
  readonly #log: OutputLog;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #failures = 0;
  #late = 0;
  #toldAt = -Infinity;

  constructor(name: string, intervalMs: number, push: () => Promise<void>, log: OutputLog) {
    this.#name = name;
    this.#intervalMs = intervalMs;
    this.#push = push;
    this.#log = log;
  }

  start(): void {
    this.#timer = setInterval(() => {
      if (this.#running === undefined) this.#running = this.#once();
      else this.#late++;
    }, this.#intervalMs);
  }

  /** Waits for a push under way and pushes a last time. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
    await this.#once();
    if (this.#failures > 0) this.#log('warning', `${this.#name}: ${this.#failures} pushes failed in all`);
    if (this.#late > 0)
      this.#log('warning', `${this.#name}: ${this.#late} pushes were skipped, the receiver was too slow`);
  }

  async #once(): Promise<void> {
    try {
      await this.#push();
    } catch (error) {
      this.#failures++;
      if (performance.now() - this.#toldAt > TELL_EVERY_MS) {
        this.#toldAt = performance.now();
        this.#log('error', `${this.#name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    } finally {
      this.#running = undefined;
    }
  }
}
