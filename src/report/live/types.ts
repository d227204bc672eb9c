/** What the server of a live view tells its page: the whole contract between the two. */
import type { Chart } from '../html/types.ts';

/** Where things stand; sent every second. */
export interface LiveState {
  /** `judging`: the load has ended, the report is being made. */
  readonly phase: 'starting' | 'running' | 'judging';
  /** Counts from 1: `--repeat` and `--confirm` make several. */
  readonly run: number;
  readonly env: string;
  readonly profile: string;
  readonly target: string;
  readonly engine: string;
  readonly scenarios: readonly string[];
  readonly elapsedMs: number;
  readonly durationMs: number;
  readonly users: number;
  readonly requests: number;
  readonly iterations: number;
  readonly dropped: number;
  /** Requests a second, now. */
  readonly rate: number;
  /** Milliseconds, over the whole run so far. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  /** Share of failed requests, 0 to 1. */
  readonly errors: number;
  /** Undefined `ok`: nothing can be said yet. */
  readonly limits: readonly {
    readonly metric: string;
    readonly expression: string;
    readonly ok?: boolean | undefined;
    readonly observed: string;
  }[];
  /** Null: the engine does not tell of itself. */
  readonly generator: {
    readonly cpu: number | null;
    readonly lagP99: number | null;
    readonly strained: boolean;
  } | null;
  readonly endpoints: readonly {
    readonly name: string;
    readonly requests: number;
    readonly p95: number | null;
    readonly errors: number;
  }[];
}

/** Charts as the report has them, or their newest points. */
export interface LiveCharts {
  /** Points before this one stay as they are; 0: everything is new. */
  readonly from: number;
  readonly charts: readonly Chart[];
}

/** Event → what its data is. */
export interface LiveEvents {
  readonly state: LiveState;
  readonly charts: LiveCharts;
  /** The report is there, at this path. */
  readonly report: string;
  /** The run has ended without a report. */
  readonly ended: null;
}
