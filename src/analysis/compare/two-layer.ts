/**
 * The difference of two groups of runs, when runs differ among themselves (drift of machine, network, data) and each
 * run is itself only an estimate. A run is one observation; requests never are.
 *
 * The variance of an observation is estimated from the spread of the runs, moderated towards what the runs themselves
 * and an assumed drift predict: s̃² = (d₀ s₀² + d s²) / (d₀ + d), with d₀ + d degrees of freedom (Smyth 2004, the
 * moderated t). With few runs the prediction carries it, with many the data do.
 */
import { studentQuantile, studentTail } from '../stats/distributions.ts';
import { average } from './latency.ts';

/** Run-to-run drift assumed before any run is seen: 2 % standard deviation, weighing as much as three runs. */
const PRIOR_DRIFT = 0.02;
const PRIOR_WEIGHT = 3;

export interface Groups {
  /** One value a run, on the logarithmic scale. */
  readonly baseline: readonly number[];
  readonly candidate: readonly number[];
  /** Mean variance within a run, same scale. */
  readonly within: number;
}

export interface Difference {
  /** Candidate minus baseline, logarithmic. */
  readonly value: number;
  readonly standardError: number;
  readonly freedom: number;
  /** Standard deviation of one run. */
  readonly runDeviation: number;
}

export function difference({ baseline, candidate, within }: Groups): Difference {
  const squares = (values: readonly number[]): number => {
    const mean = average(values);
    return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  };
  const freedom = Math.max(0, baseline.length - 1) + Math.max(0, candidate.length - 1);
  const prior = within + PRIOR_DRIFT ** 2;
  const moderated = (PRIOR_WEIGHT * prior + squares(baseline) + squares(candidate)) / (PRIOR_WEIGHT + freedom);
  // Runs cannot agree better than each of them knows its own value; by luck a few may seem to.
  const perRun = Math.max(moderated, within);
  return {
    value: average(candidate) - average(baseline),
    standardError: Math.sqrt(perRun * (1 / baseline.length + 1 / candidate.length)),
    freedom: PRIOR_WEIGHT + freedom,
    runDeviation: Math.sqrt(perRun),
  };
}

/** Two-sided interval of the difference. */
export function interval(d: Difference, confidence: number): { readonly low: number; readonly high: number } {
  const reach = studentQuantile((1 + confidence) / 2, d.freedom) * d.standardError;
  return { low: d.value - reach, high: d.value + reach };
}

/** One-sided p-value of "the difference is at most `limit`". */
export const pAbove = (d: Difference, limit: number): number =>
  studentTail((d.value - limit) / d.standardError, d.freedom);

/** One-sided p-value of "the difference is at least `limit`". */
export const pBelow = (d: Difference, limit: number): number =>
  studentTail((limit - d.value) / d.standardError, d.freedom);
