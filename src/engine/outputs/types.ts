import type { SampleBatch } from '../metrics/batch.ts';
import type { ThresholdState } from '../metrics/thresholds/thresholds.ts';
import type { CheckTotals } from '../metrics/checks.ts';
import type { FailureExample } from '../metrics/failures.ts';

export type OutputLog = (level: 'debug' | 'info' | 'warning' | 'error', message: string) => void;

/** What an output is made from. */
export interface OutputContext {
  /** Text after `=` in `--out type=argument`. */
  readonly argument: string | undefined;
  /** The process environment: outputs are configured by K6_* variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly systemTags: readonly string[];
  /** Threshold sources per metric, and the names of its series with tags. */
  readonly thresholds: Readonly<Record<string, readonly { readonly threshold: string }[]>>;
  /** Trends go out as native histograms where the receiver takes them (the feature native-histograms). */
  readonly nativeHistograms: boolean;
  readonly log: OutputLog;
  /** Wall-clock milliseconds, from a monotonic clock. */
  readonly now: () => number;
}

/** How the generator fares; the execution supplies it for the run record, once a second and at the end. */
export interface GeneratorReading {
  /** Event-loop lag since the last reading, milliseconds; null where it is not measured. */
  readonly lagP99: number | null;
  readonly lagMax: number | null;
  /** CPU use of the busiest engine thread since the last reading, 0 to 1. */
  readonly cpu: number | null;
  /** Iterations of arrival-rate executors that started late. */
  readonly lateIterations: number | null;
  /** Times a thread stood still for a blocking call nothing could suspend. */
  readonly distortions: number;
  /** Iterations per second the plan asks for now; null for closed models. */
  readonly plannedRate: number | null;
}

/** What is known when the run is over. */
export interface RunEnd {
  readonly exitCode: number;
  /** The user, a signal or a threshold ended it before its time. */
  readonly interrupted: boolean;
  readonly thresholds: readonly ThresholdState[];
  readonly checks: readonly CheckTotals[];
  /** Examples of what failed; empty when no output wants any. */
  readonly failures: readonly FailureExample[];
  /** Milliseconds from the start to the end of the load. */
  readonly durationMs: number;
}

/**
 * Takes the samples of a run somewhere. `start` may reject with an EngineError: the run then does not begin. After
 * that an output never throws: it logs its trouble once and lets the run go on.
 */
export interface Output {
  /** For the list of outputs before the run: `json (results.json)`. */
  readonly description: string;
  /** Metrics it needs; `undefined` for all. */
  readonly metrics: readonly string[] | undefined;
  /** Tag keys it reads; `undefined` for all. */
  readonly tags: readonly string[] | undefined;
  /** Whether it wants examples of failed requests at the end. */
  readonly wantsFailures?: boolean;
  start(): Promise<void>;
  /** The batch is valid during the call only. */
  addSamples(batch: SampleBatch): void;
  /** The load begins, after set-up. @param time wall-clock milliseconds */
  loadBegins?(time: number): void;
  addReading?(reading: GeneratorReading): void;
  /** Writes what is left. */
  stop(end: RunEnd): Promise<void>;
}

export type OutputFactory = (context: OutputContext) => Output;
