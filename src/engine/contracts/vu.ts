/** How the scheduler (`src/engine/execution`, `executors`) sees a VU (`src/engine/vu`). */
import type { Options } from '../options/types.ts';
import type { CallOp, CallOpHandler, LogLevel, Outcome } from './host.ts';
import type { Metric, MetricType, SampleSink, TagSpace, ValueKind } from './metrics.ts';
import type { ScriptProgram } from './script.ts';

import type { Options } from '../options/types.ts';
import type { LogLevel, OpHandlers, Outcome } from './host.ts';
import type { Metric, MetricType, SampleSink, TagSpace, ValueKind } from './metrics.ts';

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
  /** Zero-based numbers of the next iteration, taken when it starts; exact across threads and instances. */
  nextIteration(): { readonly inInstance: number; readonly inTest: number };
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
    /** Milliseconds by which an open model's iteration starts later than intended; 0 or absent for closed models. */
    startDelay?: number,
  ): void;
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
  readonly kind: 'threw' | 'timeout' | 'aborted' | 'init';
  /** @param message as k6 logs it, with the script's own stack */
  constructor(message: string, kind: ScriptError['kind']) {
    super(message);
    this.name = 'ScriptError';
    this.kind = kind;
  }
}

/** What the script reads as `exec.instance`. */
export interface InstanceCounters {
  /** Milliseconds since the start of the load. */
  readonly currentTestRunDuration: number;
  readonly iterationsCompleted: number;
  readonly iterationsInterrupted: number;
  readonly vusActive: number;
  readonly vusInitialized: number;
}

/** What loading a script needs: enough for the init context that tells options and exports. */
export interface LoadServices {
  /** The script's `__ENV`. */
  readonly env: Readonly<Record<string, string>>;
  /** Reads a file for `open()`; relative names start at `fromDir`. */
  open(name: string, fromDir: string): Outcome<Uint8Array>;
  /** @param fields `source: 'console'` for what the script prints; others as k6 logs them */
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, string>>): void;
}

/** What VUs need in addition, once the options are known. */
export interface RunServices {
  readonly options: Options;
  /** `exec.test.options`: the consolidated options as k6 shows them, as JSON text. */
  readonly optionsJson: string;
  readonly tagSpace: TagSpace;
  /** Tag keys some consumer reads, `undefined` for all: what `tagSpace` was made with, for VUs on other threads. */
  readonly wantedTags: readonly string[] | undefined;
  readonly samples: SampleSink;
  metric(name: string, type: MetricType, contains: ValueKind): Outcome<Metric>;
  /** Wall-clock milliseconds, from a monotonic clock. */
  now(): number;
  readonly handlers: OpHandlers;
  instance(): InstanceCounters;
  /** `exec.test.abort`: the run ends. The VU that called runs no more script; the others are the caller's business. */
  abortTest(message: string): void;
  /** `exec.test.fail`: the run goes on and ends as failed. */
  failTest(message: string): void;
}

/** Makes VUs of one loaded script on one thread. */
export interface VuFactory {
  /** Names the script exports, functions and others. */
  readonly exports: ReadonlySet<string>;
  /** `export const options`, as JSON data; `undefined` when the script has none. */
  readonly options: unknown;
  /** Must be called once, before `create` and `stage`. */
  start(services: RunServices): void;
  /** JSON text of what setup returned; each VU parses its own copy before its first iteration. */
  setSetupData(data: string | undefined): void;
  create(idInInstance: number, idInTest: number): Promise<Vu>;
  stage(): Promise<StageRunner>;
  /** `fast` or `exact`, and why, for `inspect --explain` and the debug log. */
  readonly strategy: { readonly mode: 'fast' | 'exact'; readonly reasons: readonly string[] };
  /** Times a thread stood still for a blocking call nothing could suspend: a distortion, reported in the result. */
  distortions(): number;
  dispose(): Promise<void>;
}
