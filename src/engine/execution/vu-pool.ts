import { EngineError, ExitCode } from '../contracts/errors.ts';
import { ScriptError, type Vu, type VuFactory } from '../contracts/vu.ts';
import type { Split } from '../executors/segment.ts';
import type { RunCounters } from './counters.ts';
import { leanHeap } from './lean-heap.ts';

/** VUs made at the same time: enough to overlap the start of exact mode's workers. */
const PARALLEL = 4;
const LEAN_EVERY = 16;

/** The VUs of one thread, shared by its scenarios: first in, first out. */
export class VuPool {
  readonly #factory: VuFactory;
  readonly #instance: Split;
  readonly #counters: RunCounters;
  readonly #idle: Vu[] = [];
  readonly #waiting: ((vu: Vu) => void)[] = [];
  readonly #all: Vu[] = [];

  /** @param instance the instance's split, which numbers VUs across instances */
  constructor(factory: VuFactory, instance: Split, counters: RunCounters) {
    this.#factory = factory;
    this.#instance = instance;
    this.#counters = counters;
  }

  /** @param cancelled asked before each VU, so that an interrupt does not wait for thousands of them */
  async fill(count: number, cancelled: () => boolean): Promise<void> {
    let left = count;
    const worker = async (): Promise<void> => {
      while (left > 0 && !cancelled()) {
        left--;
        this.giveBack(await this.make());
      }
    };
    await Promise.all(Array.from({ length: Math.min(PARALLEL, count) }, worker));
    this.#idle.sort((a, b) => a.idInInstance - b.idInInstance);
  }

  /** @throws EngineError (107, 108) when the script's top level throws or aborts the test this time */
  async make(): Promise<Vu> {
    const local = this.#counters.add('vusAllocated', 1);
    // Making many VUs is one long turn, and what they leave is what makes the young generation grow.
    if (local % LEAN_EVERY === 0) leanHeap();
    const vu = await this.#factory.create(local + 1, this.#instance.global(local) + 1).catch((error: unknown) => {
      if (!(error instanceof ScriptError)) throw error;
      const aborted = error.kind === 'aborted';
      throw new EngineError(error.message, aborted ? ExitCode.scriptAborted : ExitCode.scriptException, {
        hint: `error while initializing VU #${local + 1} (${aborted ? 'test aborted' : 'script exception'})`,
        cause: error,
      });
    });
    this.#counters.add('vusInitialized', 1);
    this.#all.push(vu);
    return vu;
  }

  /** Waits when the planned VUs of the moment are still held by a scenario that overruns. */
  take(): Vu | Promise<Vu> {
    return this.#idle.shift() ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  giveBack(vu: Vu): void {
    const next = this.#waiting.shift();
    if (next) next(vu);
    else this.#idle.push(vu);
  }

  dispose(): void {
    for (const vu of this.#all.splice(0)) vu.dispose();
    this.#idle.length = 0;
  }
}
