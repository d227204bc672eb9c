/** What an HTML report is made of. The view is a function of {@link ReportData}; nothing else reaches a page. */
import type { CapacityReport } from '../../analysis/capacity/report.ts';
import type { BaselineComparison } from '../../analysis/compare/types.ts';
import type { RunRecord } from '../../results/record.ts';

export interface ReportData {
  /** One run, or several side by side: the first is what the others are read against. */
  readonly runs: readonly [RunView, ...RunView[]];
  readonly comparison: BaselineComparison | null;
  readonly capacity: CapacityReport | null;
  /** Latencies of the stored baseline, to draw beside the run's. */
  readonly baseline: readonly BaselineLatencies[];
  /** Earlier runs of the same environment and profile, and this one; oldest first. */
  readonly history: readonly HistoryPoint[];
}

export interface BaselineLatencies {
  /** "" is all endpoints together. */
  readonly endpoint: string;
  /** [microseconds, count] pairs, ascending. */
  readonly counts: readonly (readonly [micros: number, count: number])[];
}

export interface RunView {
  readonly record: RunRecord;
  readonly series: SeriesPoints;
}

/** A run's course, folded so that its length does not depend on the run's. All arrays have one value a point. */
export interface SeriesPoints {
  /** Seconds a point stands for. */
  readonly step: number;
  /** Start of each point, seconds since the load began. */
  readonly t: readonly number[];
  /** The first one, named "", is all endpoints together. */
  readonly endpoints: readonly EndpointPoints[];
  readonly vus: Values;
  /** Dropped iterations a second. */
  readonly dropped: Values;
  /** Metrics of the server, by name. */
  readonly server: Readonly<Record<string, Values>>;
}

export type Values = readonly (number | null)[];

export interface EndpointPoints {
  readonly name: string;
  /** Requests a second. */
  readonly rate: Values;
  /** Share of requests that failed, 0 to 1. */
  readonly errors: Values;
  /** Milliseconds. */
  readonly p50: Values;
  readonly p95: Values;
  readonly p99: Values;
}

export interface HistoryPoint {
  readonly id: string;
  readonly startedAt: string;
  readonly state: RunRecord['verdict']['state'];
  readonly rate: number;
  /** Milliseconds; null without requests. */
  readonly p95: number | null;
  readonly errors: number;
}

/** A chart as the page's script draws it. */
export interface Chart {
  readonly id: string;
  readonly kind: 'time' | 'percentile';
  readonly unit: 'ms' | 'per-second' | 'share' | 'bytes' | 'count';
  /** Seconds, or −log10(1 − quantile). */
  readonly x: readonly number[];
  /** Chosen by the endpoint's name; a chart without the chosen one shows its first. */
  readonly views: readonly ChartView[];
}

export interface ChartView {
  readonly name: string;
  readonly lines: readonly ChartLine[];
  /** Horizontal lines: limits of thresholds. */
  readonly limits: readonly { readonly label: string; readonly value: number }[];
}

export interface ChartLine {
  readonly label: string;
  readonly tone: Tone;
  readonly dashed: boolean;
  readonly values: Values;
}

export type Tone = 'one' | 'two' | 'three' | 'four' | 'bad' | 'quiet';
