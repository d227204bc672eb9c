/** Virtual time, and VUs whose iterations take a set time in it. */
import type { IterationOutcome, ScenarioContext, Vu } from '../../../src/engine/contracts/vu.ts';
import type { Clock } from '../../../src/engine/executors/clock.ts';
import { startScenario } from '../../../src/engine/executors/index.ts';
import { makeSplit, type Split } from '../../../src/engine/executors/segment.ts';
import type { ExecutorHost } from '../../../src/engine/executors/types.ts';
import type { Scenario } from '../../../src/engine/options/types.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock {
  readonly grain: number;
  #now = 1000;
  #order = 0;
  readonly #turnTakes: number;
  readonly #timers = new Set<Timer>();

  /**
   * @param turnTakes milliseconds that a turn of the event loop takes
   * @param grain see `Clock`
   */
  constructor(turnTakes = 0, grain = 1) {
    this.grain = grain;
    this.#turnTakes = turnTakes;
  }

  now(): number {
    return this.#now;
  }

  wall(monotonic: number): number {
    return 1_700_000_000_000 + monotonic;
  }

  at(at: number, callback: () => void): () => void {
    const timer = { at, order: this.#order++, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  soon(callback: () => void): void {
    this.at(this.#now + this.#turnTakes, callback);
  }

  /** The thread is busy elsewhere: what becomes due meanwhile is called late. */
  stall(ms: number): void {
    this.#now += ms;
  }

  /** Runs timers in order until the promise settles. */
  async until(done: Promise<void>): Promise<void> {
    const state = { over: false };
    void done.then(() => (state.over = true));
    for (let step = 0; step < 1_000_000; step++) {
      // Everything promised has to happen before time moves on.
      await new Promise((resolve) => setImmediate(resolve));
      if (state.over) return;
      const [next] = [...this.#timers].sort((a, b) => a.at - b.at || a.order - b.order);
      if (!next) throw new Error(`nothing left to wait for at ${this.#now}`);
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    throw new Error('virtual time ran away');
  }
}

export interface IterationRecord {
  readonly vu: number;
  /** Milliseconds since the scenario's start. */
  readonly begin: number;
  readonly end: number;
  readonly outcome: IterationOutcome['kind'];
  /** Planned begin of an arrival-rate iteration. */
  readonly intended: number | undefined;
}

export class TimedVu implements Vu {
  readonly idInInstance: number;
  readonly idInTest: number;
  readonly ahead = false;
  readonly #clock: Clock;
  readonly #takes: () => number;
  #end: ((outcome: IterationOutcome) => void) | undefined;

  constructor(id: number, clock: Clock, takes: () => number) {
    this.idInInstance = id;
    this.idInTest = id;
    this.#clock = clock;
    this.#takes = takes;
  }

  runIteration(_scenario: ScenarioContext, done: (outcome: IterationOutcome) => void): void {
    const takes = this.#takes();
    if (takes === 0) {
      done({ kind: 'done' });
      return;
    }
    const cancel = this.#clock.at(this.#clock.now() + takes, () => this.#end?.({ kind: 'done' }));
    this.#end = (outcome) => {
      this.#end = undefined;
      cancel();
      done(outcome);
    };
  }

  revoke(): void {
    // It never has a lease.
  }

  interrupt(reason: string): void {
    this.#end?.({ kind: 'interrupted', reason });
  }

  dispose(): void {
    this.interrupt('disposed');
  }
}

export interface RunOptions {
  /** Milliseconds that each iteration takes. */
  readonly takes?: () => number;
  readonly split?: Split;
  /** Milliseconds that a turn of the event loop takes. */
  readonly turnTakes?: number;
  /** See `Clock`. */
  readonly grain?: number;
  /** Milliseconds that making an unplanned VU takes. */
  readonly initTakes?: number;
  /** Called when the scenario runs, to stop it at some time for instance. */
  readonly during?: (clock: VirtualClock, stop: (reason: string) => void) => void;
}

export interface RunRecord {
  readonly iterations: readonly IterationRecord[];
  readonly dropped: number;
  readonly warnings: readonly string[];
  /** Milliseconds that the scenario took. */
  readonly took: number;
  /** Largest number of active VUs. */
  readonly peak: number;
  readonly vusMade: number;
}

/** Runs a scenario in virtual time. */
export async function runInVirtualTime(scenario: Scenario, options: RunOptions = {}): Promise<RunRecord> {
  const clock = new VirtualClock(options.turnTakes, options.grain);
  const split = options.split ?? makeSplit();
  const takes = options.takes ?? (() => 100);
  const iterations: IterationRecord[] = [];
  const warnings: string[] = [];
  const startAt = clock.now();
  let [made, active, peak, dropped, shared] = [0, 0, 0, 0, 0];
  const idle: Vu[] = [];
  const newVu = (): Vu => new TimedVu(++made, clock, takes);
  const context: ScenarioContext = {
    ...scenario,
    progress: () => 0,
    nextIteration: () => ({ inInstance: 0, inTest: 0 }),
  };
  const host: ExecutorHost = {
    clock,
    starts: clock,
    split,
    startAt,
    takeVu: () => idle.shift() ?? newVu(),
    initVu: () => new Promise((resolve) => clock.at(clock.now() + (options.initTakes ?? 0), () => resolve(newVu()))),
    giveBack: (vu) => void idle.push(vu),
    iterate(vu, done, intended) {
      const begin = clock.now() - startAt;
      vu.runIteration(context, (outcome) => {
        const planned = intended === undefined ? undefined : intended - startAt;
        iterations.push({
          vu: vu.idInInstance,
          begin,
          end: clock.now() - startAt,
          outcome: outcome.kind,
          intended: planned,
        });
        done();
      });
    },
    interrupt(vu, reason) {
      vu.interrupt(reason);
    },
    addActive(change) {
      active += change;
      peak = Math.max(peak, active);
    },
    leaseUntil: () => undefined,
    takeShared: () =>
      scenario.executor === 'shared-iterations' &&
      shared++ < split.inProportionTo(scenario.vus).scale(scenario.iterations),
    dropped() {
      dropped++;
    },
    warn: (message) => void warnings.push(message),
  };
  const run = startScenario(scenario, host);
  options.during?.(clock, (reason) => run.stop(reason));
  await clock.until(run.finished);
  return { iterations, dropped, warnings, took: clock.now() - startAt, peak, vusMade: made };
}

export const base = { name: 's', startTime: 0, gracefulStop: 30_000, exec: 'default', env: {}, tags: {} } as const;
