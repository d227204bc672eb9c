/** How the scheduler (`src/engine/execution`, `executors`) sees a VU (`src/engine/vu`). */
import type { Division } from '../executors/segment.ts';
import type { Options } from '../options/types.ts';
import type { CallOp, CallOpHandler, LogLevel, Outcome } from './host.ts';
import type { Metric, MetricType, SampleSink, TagSpace, ValueKind } from './metrics.ts';
import type { ScriptProgram } from './script.ts';

export interface ScenarioContext {
  readonly name: string;
  readonly executor: string;
  /** Exported function to run, `default` unless the scenario says otherwise. */
  readonly exec: string;
  readonly env: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** Wall-clock milliseconds. */
  readonly startTime: number;
  /** 0 to 1, now. */
  progress(): number;
  /**
   * Zero-based numbers of the next iteration, taken when it starts; exact across threads and instances.
   * @param begun the number in the instance, when the VU has taken it by a {@link Lease}
   */
  nextIteration(begun?: number): { readonly inInstance: number; readonly inTest: number };
}

/** By what a VU on a thread of its own takes iterations of a scenario; data, as it crosses to that thread. */
export interface LeaseTerms {
  /** The scenario's place among the run's, by which the shared memory's counters are found. */
  readonly scenario: number;
  /** How the instance's iterations are numbered in the whole test. */
  readonly numbering: readonly Division[];
  /** The instance's iterations, where all its VUs share them and each is claimed; else undefined. */
  readonly shared: number | undefined;
  /** Wall-clock milliseconds; none begins from then on. */
  readonly until: number;
}

/** Leave to begin iterations without asking, as long as `Vu.revoke` is not called. */
export interface Lease {
  readonly terms: LeaseTerms;
  /** How many more iterations may begin, as far as is known now; maybe infinite. */
  left(): number;
}

export type IterationOutcome =
  | { readonly kind: 'done' }
  /** The script threw: k6 logs it and counts the iteration as complete. */
  | { readonly kind: 'threw'; readonly message: string }
  /** Cut off by the scheduler, by `exec.test.abort` or by the watchdog: not a complete iteration. */
  | { readonly kind: 'interrupted'; readonly reason: string };

export interface Vu {
  readonly idInInstance: number;
  readonly idInTest: number;
  /**
   * Runs one iteration of the scenario's function; `done` is called exactly once. The VU itself emits
   * iteration_duration and iterations (and data_sent/data_received through its I/O); the scheduler counts.
   */
  runIteration(
    scenario: ScenarioContext,
    done: (outcome: IterationOutcome) => void,
    /** Milliseconds by which an open model's iteration starts later than intended; undefined for closed models. */
    startDelay?: number,
    /** Lets the VU begin the next ones by itself; whether it does is its own choice. */
    lease?: Lease,
  ): void;
  /** True from the end of an iteration until `runIteration`, when by its lease the VU is already in the next one. */
  readonly ahead: boolean;
  /** Ends the lease: an iteration that has begun goes on, no further one begins without `runIteration`. */
  revoke(): void;
  /** Ends the running iteration now: nothing of the script runs any more, not even finally blocks. */
  interrupt(reason: string): void;
  dispose(): void;
}

/** Functions of the script that run once, on a VU of their own: setup, teardown, handleSummary. */
export interface StageRunner {
  /**
   * @param data JSON text given to the function as its argument (parsed in the script's realm), or undefined
   * @returns JSON text of what it returned, undefined for nothing; rejects with a {@link ScriptError} when it threw,
   *   took longer than the timeout, or called `exec.test.abort`
   */
  run(exportName: string, data: string | undefined, timeoutMs: number): Promise<string | undefined>;
  dispose(): void;
}

/** The script's own failure, ready to be logged. */
export class ScriptError extends Error {
  readonly kind: 'init' | 'threw' | 'timeout' | 'aborted';
  /** @param message as k6 logs it, with the script's own stack */
  constructor(message: string, kind: ScriptError['kind']) {
    super(message);
    this.name = 'ScriptError';
    this.kind = kind;
  }
}

/** What the script reads as `exec.instance`; see the call operation of that name in `guest/modules/execution`. */
export interface InstanceCounters {
  /** Milliseconds since the start of the load. */
  readonly currentTestRunDuration: number;
  readonly iterationsCompleted: number;
  readonly iterationsInterrupted: number;
  readonly vusActive: number;
  readonly vusInitialized: number;
}

/** What `createVuFactory` (`src/engine/vu`) makes a factory from: one script on one thread. */
export interface VuFactoryInput {
  readonly program: ScriptProgram;
  readonly strategy: 'auto' | 'fast' | 'exact';
  /** `__ENV`, before a scenario's own. */
  readonly env: Readonly<Record<string, string>>;
  /** Folders below which `open()` may read, besides the script's own; `/` allows everything. */
  readonly allowRead?: readonly string[];
  /**
   * Call operations that need the scheduler's state (`exec.instance`, `exec.options`, `exec.abort`, `exec.fail`), besides
   * those of `src/engine/ops`. After `exec.abort` the calling VU runs no more of the script and reports `interrupted`.
   */
  readonly callHandlers: { readonly [O in CallOp]?: CallOpHandler<O> };
  /** True while the script is being evaluated for its options only: no VU will run. */
  readonly inspectOnly: boolean;
  /** 8 zero bytes, the same for all threads of a run, by which they keep the option `rps` together. */
  readonly rateState?: SharedArrayBuffer | undefined;
  /** Exchanges of a VU on a thread of its own before it is lent connections; absent: when that pays. */
  readonly lendAfter?: number | undefined;
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, string>>): void;
}

/** The metrics of the thread a factory lives on. */
export interface ThreadMetricsPort extends SampleSink {
  readonly tagSpace: TagSpace;
  /** What the tag space was made with (see `ThreadTagSpace`), for VUs on threads of their own; absent: all keys. */
  readonly wantedTags?: readonly string[] | undefined;
  metric(name: string, type: MetricType, contains: ValueKind): Outcome<Metric>;
  check(group: string, name: string, passed: boolean): void;
  group(path: string): void;
}

/** Makes VUs of one loaded script on one thread. */
export interface VuFactory {
  /** Names of the functions the script exports. */
  readonly exports: ReadonlySet<string>;
  /** `export const options`, as JSON data; `undefined` when the script has none. */
  readonly options: unknown;
  /** The script's own metrics as its init context asked for them, in order; ids are those of the factory. */
  readonly metrics: readonly Metric[];
  /**
   * Hands over the consolidated options (run tags, client settings, system tags) and the thread's metrics; called once,
   * before any VU or stage is made. VUs and stages register their metrics (by name) with `metrics`.
   * @param counters the memory of the run's counters, for VUs that number iterations by themselves
   */
  configure(options: Options, metrics: ThreadMetricsPort, counters: SharedArrayBuffer): void;
  /**
   * JSON text of what setup returned, undefined for nothing: for every VU, also those made before, that has not yet begun
   * its first iteration.
   */
  setSetupData(data: string | undefined): void;
  create(idInInstance: number, idInTest: number): Promise<Vu>;
  stage(): Promise<StageRunner>;
  /** `fast` or `exact`, and why, for `inspect --explain` and the debug log. */
  readonly strategy: { readonly mode: 'fast' | 'exact'; readonly reasons: readonly string[] };
  /** Times a thread stood still for a blocking call nothing could suspend: a distortion, reported in the result. */
  distortions(): number;
  dispose(): Promise<void>;
}
