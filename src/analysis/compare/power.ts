/** What an open question would take: the effect that could have been seen, and the runs that would settle it. */
import { studentQuantile } from '../stats/distributions.ts';
import type { Difference } from './two-layer.ts';
import type { Comparison, CompareOptions } from './types.ts';

/** Chance with which the detectable effect is found. */
const POWER = 0.8;
const MOST_RUNS = 20;

/**
 * @param reach the margin on the logarithmic scale
 * @param alpha one-sided error probability after adjustment
 */
export function settle(
  d: Difference,
  runs: { readonly baseline: number; readonly candidate: number },
  reach: number,
  alpha: number,
  { confidence }: Pick<CompareOptions, 'confidence'>,
): Pick<Comparison, 'detectable' | 'moreRuns'> {
  const quantiles = studentQuantile(1 - alpha, d.freedom) + studentQuantile(POWER, d.freedom);
  const detectable = Math.expm1(reach + quantiles * d.standardError);
  // The observed effect is taken at its word: it settles as "matters" beyond the margin, as "same" inside.
  const distance = Math.abs(Math.abs(d.value) - reach);
  const matters = Math.abs(d.value) > reach;
  for (let more = 1; more <= MOST_RUNS; more++) {
    const error = d.runDeviation * Math.sqrt(1 / runs.baseline + 1 / (runs.candidate + more));
    const freedom = d.freedom + more;
    const needed = studentQuantile(matters ? 1 - alpha : (1 + confidence) / 2, freedom) * error;
    if (needed < distance) return { detectable, moreRuns: more };
  }
  return { detectable, moreRuns: null };
}
