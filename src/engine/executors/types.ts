/** What the scheduler gives an executor, and what it gets back. */
import type { Lease, LeaseTerms, Vu } from '../contracts/vu.ts';
import type { ExecutorName, Scenario } from '../options/types.ts';
import type { Clock } from './clock.ts';
import type { Split } from './segment.ts';

export type ScenarioOf<E extends ExecutorName> = Extract<Scenario, { executor: E }>;

/** One scenario on one thread. */
export interface ExecutorHost {
  readonly clock: Clock;
  /** For the starts of an arrival rate; it may have a finer grain. */
  readonly starts: Clock;
  /** What of the scenario is this thread's. */
  readonly split: Split;
  /** Monotonic time of the scenario's start. */
  readonly startAt: number;
  /** A planned VU; later only where another scenario's iterations hang on past their time. */
  takeVu(): Vu | Promise<Vu>;
  /** A VU above the plan, made now. */
  initVu(): Promise<Vu>;
  giveBack(vu: Vu): void;
  /**
   * Runs an iteration and counts it; `done` is called once, maybe before this returns.
   * @param intended monotonic time at which the iteration should have started, for open models
   * @param lease for closed models, whose VUs begin one iteration after the other
   */
  iterate(vu: Vu, done: () => void, intended?: number, lease?: Lease): void;
  /** Ends the iteration of a VU that `iterate` was called for, and whose `done` was not called yet, now. */
  interrupt(vu: Vu, reason: string): void;
  /** Terms of a lease up to a monotonic time; undefined when each iteration has to be asked for. */
  leaseUntil(end: number): LeaseTerms | undefined;
  /** VUs that run iterations now, for `vus` and the progress line. */
  addActive(change: 1 | -1): void;
  /** Claims one of the instance's shared iterations. */
  takeShared(): boolean;
  dropped(): void;
  warn(message: string): void;
}

/** A scenario being run. */
export interface ExecutorRun {
  /** Settles when no VU runs any more; never rejects because of the script. */
  readonly finished: Promise<void>;
  /** Ends the scenario now: running iterations are interrupted. */
  stop(reason: string): void;
  /** For the progress line: VUs in use, and how far the work itself has come (0 to 1). */
  status(): ExecutorStatus;
}

export interface ExecutorStatus {
  readonly vus: number;
  /** Share of the work that is done, by iterations where they decide, else by time. */
  readonly progress: number;
}

/** From `at` (milliseconds since the scenario's start) on, this many VUs are needed. */
export interface VuNeed {
  readonly at: number;
  readonly planned: number;
  /** May be made on top of the planned ones. */
  readonly unplanned: number;
}

export interface Executor<E extends ExecutorName> {
  /** Milliseconds from start to end, without the graceful stop. */
  duration(scenario: ScenarioOf<E>): number;
  /** In the order of time; the last one needs none. */
  needs(scenario: ScenarioOf<E>, split: Split): readonly VuNeed[];
  /** `2 looping VUs for 1s`, as k6 lists scenarios. */
  describe(scenario: ScenarioOf<E>, split: Split): string;
  start(scenario: ScenarioOf<E>, host: ExecutorHost): ExecutorRun;
}
