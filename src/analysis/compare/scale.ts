/** Comparison of a positive quantity (a time, a throughput) on the logarithmic scale: effects are relative. */
import type { CompareOptions, RawComparison } from './types.ts';
import { average } from './latency.ts';
import type { ScaleMetric, ScaleSeries } from './observe.ts';
import { settle } from './power.ts';
import { difference, interval, pAbove, pBelow } from './two-layer.ts';

/** Undefined when one side has no values. */
export function scaleRow(
  endpoint: string,
  metric: ScaleMetric,
  before: ScaleSeries,
  after: ScaleSeries,
  options: CompareOptions,
): RawComparison | undefined {
  if (before.logs.length === 0 || after.logs.length === 0) return undefined;
  const isTime = metric !== 'throughput';
  const within = [...before.within, ...after.within];
  const groups = { baseline: before.logs, candidate: after.logs, within: within.length === 0 ? 0 : average(within) };
  const d = difference(groups);
  const baseline = Math.exp(average(before.logs));
  const margin = isTime ? Math.max(options.minEffect, options.minEffectMs / baseline) : options.minEffect;
  const reach = Math.log1p(margin);
  const { low, high } = interval(d, options.confidence);
  // Significant is not enough: the interval must clear the smallest effect that matters.
  const [pUp, pDown] = [low > reach ? pAbove(d, 0) : 1, high < -reach ? pBelow(d, 0) : 1];
  return {
    row: {
      endpoint,
      metric,
      unit: isTime ? 'ms' : 'req/s',
      baseline,
      candidate: Math.exp(average(after.logs)),
      effect: { kind: 'relative', value: Math.expm1(d.value), low: Math.expm1(low), high: Math.expm1(high) },
      margin,
    },
    pWorse: isTime ? pUp : pDown,
    pBetter: isTime ? pDown : pUp,
    equivalent: pAbove(d, -reach) <= options.alphaSame && pBelow(d, reach) <= options.alphaSame,
    settle: (alpha) => settle(d, { baseline: before.logs.length, candidate: after.logs.length }, reach, alpha, options),
  };
}
