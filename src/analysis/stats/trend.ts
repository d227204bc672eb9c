/** A robust straight line through a time series: drift of latency or memory in a soak. */
import { normalQuantile } from './distributions.ts';
import { median } from './change-points.ts';
import type { Interval } from './proportions.ts';

export interface TrendLine extends Interval {
  /** Change of y per unit of x: Theil (1950) and Sen (1968). */
  readonly slope: number;
  readonly intercept: number;
}

/**
 * Theil-Sen slope with Sen's rank-based interval; undefined with fewer than three distinct x.
 * Autocorrelation narrows such an interval falsely, so `effective` (0 to 1] scales the number of independent points.
 */
export function theilSen(
  points: readonly (readonly [x: number, y: number])[],
  confidence: number,
  effective = 1,
): TrendLine | undefined {
  const slopes: number[] = [];
  for (const [i, [x1, y1]] of points.entries()) {
    for (const [x2, y2] of points.slice(i + 1)) if (x1 !== x2) slopes.push((y2 - y1) / (x2 - x1));
  }
  if (slopes.length < 3) return undefined;
  slopes.sort((a, b) => a - b);
  const n = points.length;
  const variance = (n * (n - 1) * (2 * n + 5)) / 18 / effective;
  const reach = normalQuantile((1 + confidence) / 2) * Math.sqrt(variance);
  const at = (position: number): number =>
    slopes[Math.max(0, Math.min(slopes.length - 1, Math.round(position)))] ?? Number.NaN;
  const slope = median(slopes);
  return {
    slope,
    intercept: median(points.map(([x, y]) => y - slope * x)),
    low: at((slopes.length - reach) / 2 - 1),
    high: at((slopes.length + reach) / 2),
  };
}

/** First-lag autocorrelation, 0 for fewer than three values or no variation. */
export function autocorrelation(values: readonly number[]): number {
  const n = values.length;
  if (n < 3) return 0;
  const mean = values.reduce((sum, v) => sum + v, 0) / n;
  let above = 0;
  let below = 0;
  for (const [i, value] of values.entries()) {
    below += (value - mean) ** 2;
    const next = values[i + 1];
    if (next !== undefined) above += (value - mean) * (next - mean);
  }
  return below === 0 ? 0 : above / below;
}

/** Share of the points that count as independent for an AR(1) series, (1 − r) / (1 + r), at most 1. */
export function effectiveShare(values: readonly number[]): number {
  const r = Math.max(0, Math.min(0.99, autocorrelation(values)));
  return (1 - r) / (1 + r);
}
