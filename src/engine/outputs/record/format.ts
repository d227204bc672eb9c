/** The lines of `--out record=FILE`; docs/record-output.md explains them. One JSON document a line. */
import type { FailedRequest } from '../../contracts/metrics.ts';

export const RECORD_FORMAT_VERSION = 1;

/** [middle of the bucket in microseconds, count], ascending; pairs of equal value may be added up across lines. */
export type SparseHistogram = readonly (readonly [micros: number, count: number])[];

export interface StartLine {
  readonly type: 'start';
  readonly version: typeof RECORD_FORMAT_VERSION;
  readonly engine: { readonly name: 'embedded'; readonly version: string };
  /** When the load began. */
  readonly startedAt: string;
}

export interface GeneratorLine {
  readonly lagP99: number | null;
  readonly lagMax: number | null;
  readonly cpu: number | null;
  readonly lateIterations: number | null;
  readonly distortions: number;
  readonly plannedRate: number | null;
}

/** One second of one endpoint, or of everything (`endpoint` empty). Seconds without requests have a total line only. */
export interface SecondLine {
  readonly type: 'second';
  /** Whole seconds since the load began: this line is about [t, t + 1). */
  readonly t: number;
  readonly endpoint: string;
  readonly requests: number;
  readonly failed: number;
  readonly errors: Readonly<Record<string, number>>;
  /** Milliseconds; null without requests. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly hist: SparseHistogram;
  /** On total lines only, as are all below. */
  readonly vus?: number;
  readonly dropped?: number;
  readonly iterations?: number;
  readonly checksPassed?: number;
  readonly checksFailed?: number;
  readonly dataReceived?: number;
  readonly dataSent?: number;
  /** The generator's state, as last read before the line was written. */
  readonly generator?: GeneratorLine;
}

/** Milliseconds; exact minimum, average and maximum, quantiles within 0.1 %. */
export interface DurationStats {
  readonly min: number;
  readonly avg: number;
  readonly med: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export interface EndpointTotals {
  readonly name: string;
  readonly requests: number;
  readonly rate: number;
  readonly failed: number;
  readonly errors: Readonly<Record<string, number>>;
  /** http_req_duration. */
  readonly duration: DurationStats | null;
  /** The same from the intended start of the iteration; null where no arrival rate says when that was. */
  readonly fromIntended: DurationStats | null;
  /** As histogram, of fromIntended: the totals of several engines merge by it. */
  readonly fromIntendedHistogram: string | null;
  /** http_req_duration in microseconds: HdrHistogram V2, compressed, base64. */
  readonly histogram: string | null;
}

export interface EndLine {
  readonly type: 'end';
  readonly startedAt: string;
  readonly endedAt: string;
  readonly durationSeconds: number;
  readonly exitCode: number;
  readonly interrupted: boolean;
  readonly iterations: number;
  readonly droppedIterations: number;
  readonly vusMax: number;
  readonly dataReceived: number;
  readonly dataSent: number;
  readonly total: EndpointTotals;
  readonly endpoints: readonly EndpointTotals[];
  readonly checks: readonly {
    readonly name: string;
    readonly path: string;
    readonly passes: number;
    readonly fails: number;
  }[];
  readonly thresholds: readonly {
    readonly metric: string;
    readonly expression: string;
    readonly ok: boolean;
    readonly value: number | null;
    readonly limit: number | null;
    readonly abortOnFail: boolean;
  }[];
  readonly generator: {
    readonly eventLoopLagP99: number | null;
    readonly eventLoopLagMax: number | null;
    readonly cpu: number | null;
    readonly droppedIterations: number;
    readonly lateIterations: number | null;
    readonly distortions: number | null;
    readonly plannedRate: number | null;
    readonly achievedRate: number | null;
  };
  readonly samples: readonly (FailedRequest & { readonly count: number })[];
  /** Endpoints beyond the bound are counted together as `(other)`; this many names were. */
  readonly otherEndpoints: number;
}

export type RecordLine = StartLine | SecondLine | EndLine;
