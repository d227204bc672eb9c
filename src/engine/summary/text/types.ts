/**
 * The summary as plain data: what `handleSummary` is given, what the text renderers read. This folder is shipped to
 * scripts too (the `k6-summary` module), so it imports nothing outside itself.
 */

export interface SummaryThreshold {
  readonly ok: boolean;
  /** What was judged; scripts do not see it. */
  readonly observed?: number | undefined;
}

export interface SummaryMetric {
  readonly type: string;
  readonly contains: string;
  readonly values: Readonly<Record<string, number>>;
  readonly thresholds?: Readonly<Record<string, SummaryThreshold>> | undefined;
}

export interface SummaryCheck {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly passes: number;
  readonly fails: number;
}

export interface SummaryGroup {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly groups: readonly SummaryGroup[];
  readonly checks: readonly SummaryCheck[];
}

/** The argument of `handleSummary`. */
export interface SummaryData {
  readonly options: {
    readonly summaryTrendStats: readonly string[];
    readonly summaryTimeUnit: string;
    readonly noColor: boolean;
  };
  readonly state: {
    readonly isStdOutTTY: boolean;
    readonly isStdErrTTY: boolean;
    readonly testRunDurationMs: number;
  };
  /** By name, series with tags as `metric{tags}`. */
  readonly metrics: Readonly<Record<string, SummaryMetric>>;
  readonly root_group: SummaryGroup;
  readonly setup_data?: unknown;
}

/** One scenario, or one group of it, for the full text summary. */
export interface SummarySection {
  readonly scenario: string;
  /** Group path; empty for the whole scenario. */
  readonly group: string;
  readonly metrics: Readonly<Record<string, SummaryMetric>>;
  readonly checks: readonly { readonly name: string; readonly passes: number; readonly fails: number }[];
}
