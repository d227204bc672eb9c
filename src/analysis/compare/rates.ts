/** Comparison of event rates (failed requests, failed checks) by exact tests on the pooled counts. */
import { differenceInterval, fisherGreater, type Proportion } from '../stats/proportions.ts';
import type { CompareOptions, RawComparison } from './types.ts';

/** Undefined when one side has no trials. `checkRate` is shown as the share that passed. */
export function rateRow(
  endpoint: string,
  metric: 'errorRate' | 'checkRate',
  before: Proportion | undefined,
  after: Proportion | undefined,
  { minRateDifference: margin, confidence, alphaSame }: CompareOptions,
): RawComparison | undefined {
  if (before === undefined || after === undefined || before.trials === 0 || after.trials === 0) return undefined;
  const rate = ({ events, trials }: Proportion): number => events / trials;
  const bad = { value: rate(after) - rate(before), ...differenceInterval(before, after, confidence) };
  // The interval that both one-sided tests for "same" amount to.
  const inner = differenceInterval(before, after, 1 - 2 * alphaSame);
  const passed = metric === 'checkRate';
  return {
    row: {
      endpoint,
      metric,
      unit: 'share',
      baseline: passed ? 1 - rate(before) : rate(before),
      candidate: passed ? 1 - rate(after) : rate(after),
      effect: passed
        ? { kind: 'difference', value: -bad.value, low: -bad.high, high: -bad.low }
        : { kind: 'difference', ...bad },
      margin,
    },
    // A significant difference matters only when the interval clears the margin too.
    pWorse: bad.low > margin ? fisherGreater(before, after) : 1,
    pBetter: bad.high < -margin ? fisherGreater(after, before) : 1,
    equivalent: inner.low > -margin && inner.high < margin,
    settle: undefined,
  };
}
