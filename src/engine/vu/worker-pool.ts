/** The numbers and the bell that the workers of one factory share. */
import { BellWatch, createBell, type Bell } from './bridge/channel.ts';
import { compileEarly } from './worker-tuning.ts';

/** Workers alive at a time; far more than a machine has memory for. */
const MAX_WORKERS = 4096;

/** More than these take longer to compile early than they gain by it. */
const FEW = 16;
/** Exchanges of a VU before it is lent a connection: its thread has to compile what the engine's has long compiled. */
const LEND_AFTER = 300;

/** A worker as the pool sees it. */
export interface Member {
  /** The worker has rung: a frame may wait. */
  catchUp(): void;
}

export class WorkerPool {
  readonly lendAfter: number;
  readonly #members: (Member | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #watch = new BellWatch(createBell(MAX_WORKERS), (worker) => this.#members[worker]?.catchUp());
  #alive = 0;
  #next = 0;
  #tuned = false;
  #onEmpty: (() => void) | undefined;

  constructor(lendAfter = LEND_AFTER) {
    this.lendAfter = lendAfter;
  }

  get bell(): Bell {
    return this.#watch.bell;
  }

  /** @returns the worker's number at the bell */
  enter(member: Member): number {
    const number = this.#free.pop() ?? this.#next++;
    if (number >= MAX_WORKERS) throw new Error(`more than ${MAX_WORKERS} VUs in exact mode`);
    this.#members[number] = member;
    this.#alive++;
    this.#watch.start(number);
    return number;
  }

  /** To be called after each exchange of a worker. */
  exchanged(): void {
    if (this.#tuned) return;
    this.#tuned = true;
    if (this.#alive <= FEW) compileEarly();
  }

  /** Settles when no worker is left; they must have been told to end. */
  async ended(): Promise<void> {
    if (this.#alive > 0) await new Promise<void>((resolve) => (this.#onEmpty = resolve));
  }

  /** To be called when the worker's thread has ended. */
  leave(number: number): void {
    this.#members[number] = undefined;
    this.#free.push(number);
    if (--this.#alive > 0) return;
    this.#watch.stop();
    this.#onEmpty?.();
  }
}
