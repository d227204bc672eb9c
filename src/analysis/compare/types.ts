/** The result of a comparison: what the terminal, the reports and `compare --json` show. */
import { z } from 'zod';

export const metricNames = ['p50', 'p95', 'p99', 'mean', 'throughput', 'errorRate', 'checkRate'] as const;
export type MetricName = (typeof metricNames)[number];

export const outcomes = ['better', 'same', 'worse', 'inconclusive'] as const;
export type Outcome = (typeof outcomes)[number];

export const comparisonSchema = z.strictObject({
  /** Empty for all endpoints together. */
  endpoint: z.string(),
  metric: z.enum(metricNames),
  /** ms, requests a second, or a share from 0 to 1. */
  unit: z.enum(['ms', 'req/s', 'share']),
  baseline: z.number(),
  candidate: z.number(),
  /**
   * Change from baseline to candidate: relative (0.2 is 20 % more) for times and throughput, a difference of shares
   * for rates. The interval has 95 % confidence.
   */
  effect: z.strictObject({
    kind: z.enum(['relative', 'difference']),
    value: z.number(),
    low: z.number(),
    high: z.number(),
  }),
  /** The smallest effect that matters, in the effect's unit, on the worse side; positive. */
  margin: z.number(),
  /**
   * One-sided p-values of "not worse" and "not better", Holm-adjusted over the whole comparison; 1 when the interval does
   * not clear the margin on that side.
   */
  pWorse: z.number(),
  pBetter: z.number(),
  outcome: z.enum(outcomes),
  /** The smallest effect this data would have shown, in the effect's unit; given when inconclusive. */
  detectable: z.number().nullable(),
  /** Further candidate runs that would likely settle it; given when inconclusive and within reach. */
  moreRuns: z.int().positive().nullable(),
});

export const comparisonReportSchema = z.strictObject({
  baselineRuns: z.array(z.string()),
  candidateRuns: z.array(z.string()),
  outcome: z.enum(outcomes),
  /** True with fewer than five baseline runs: the noise between runs is then mostly assumed. */
  weak: z.boolean(),
  notes: z.array(z.string()),
  comparisons: z.array(comparisonSchema),
});

export const COMPARISON_SCHEMA_VERSION = 1;

/** comparison.json of a run, and `compare --json`. */
export const baselineComparisonSchema = z.strictObject({
  schemaVersion: z.literal(COMPARISON_SCHEMA_VERSION),
  /** `environment/profile`, or what else the candidate was compared with. */
  against: z.string(),
  state: z.enum(['compared', 'no-baseline', 'not-comparable']),
  /** Why there is no report. */
  reasons: z.array(z.string()),
  report: comparisonReportSchema.nullable(),
});

export type BaselineComparison = z.infer<typeof baselineComparisonSchema>;
export type Comparison = z.infer<typeof comparisonSchema>;
export type ComparisonReport = z.infer<typeof comparisonReportSchema>;

export interface CompareOptions {
  /** Smallest relative change of a time or of throughput that matters. */
  readonly minEffect: number;
  /** Smallest change of a time that matters, in milliseconds: both must be exceeded. */
  readonly minEffectMs: number;
  /** Smallest difference of an error or check rate that matters. */
  readonly minRateDifference: number;
  /** Family-wise two-sided error probability. */
  readonly alpha: number;
  readonly confidence: number;
  /** Error probability of each of the two one-sided tests for "same" (Schuirmann 1987). */
  readonly alphaSame: number;
  /** Bootstrap samples a run and endpoint. */
  readonly resamples: number;
  readonly seed: number;
}

/** One comparison before it is adjusted for the number of comparisons. */
export interface RawComparison {
  readonly row: Pick<Comparison, 'endpoint' | 'metric' | 'unit' | 'baseline' | 'candidate' | 'effect' | 'margin'>;
  readonly pWorse: number;
  readonly pBetter: number;
  /** The effect is inside the margin on both sides, each by a test of its own. */
  readonly equivalent: boolean;
  /** What is known about the noise, to say what would settle it; undefined for rates. */
  readonly settle: ((alphaAdjusted: number) => Pick<Comparison, 'detectable' | 'moreRuns'>) | undefined;
}
