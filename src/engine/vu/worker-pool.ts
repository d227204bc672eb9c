/** The numbers and the bell that the workers of one factory share. */
import { BellWatch, createBell, type Bell } from './bridge/channel.ts';

/** Workers alive at a time; far more than a machine has memory for. */
const MAX_WORKERS = 4096;

export class WorkerPool {
  readonly #handlers: (() => void)[] = [];
  readonly #free: number[] = [];
  readonly #watch = new BellWatch(createBell(MAX_WORKERS), (worker) => this.#handlers[worker]?.());
  #alive = 0;
  #next = 0;
  #onEmpty: (() => void) | undefined;

  get bell(): Bell {
    return this.#watch.bell;
  }

  /** @param onRing called when the worker with the returned number has sent a frame */
  enter(onRing: () => void): number {
    const number = this.#free.pop() ?? this.#next++;
    if (number >= MAX_WORKERS) throw new Error(`more than ${MAX_WORKERS} VUs in exact mode`);
    this.#handlers[number] = onRing;
    this.#alive++;
    this.#watch.start(number);
    return number;
  }

  /** Settles when no worker is left; they must have been told to end. */
  async ended(): Promise<void> {
    if (this.#alive > 0) await new Promise<void>((resolve) => (this.#onEmpty = resolve));
  }

  /** To be called when the worker's thread has ended. */
  leave(number: number): void {
    this.#handlers[number] = () => undefined;
    this.#free.push(number);
    if (--this.#alive > 0) return;
    this.#watch.stop();
    this.#onEmpty?.();
  }
}
