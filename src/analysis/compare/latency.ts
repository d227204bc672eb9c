/** Latency statistics of a run and how far the run itself leaves them open. */
import type { EndpointDigest, SparseHistogram, WindowDigest } from '../../results/digest.ts';
import { randomIndex, type Random } from '../stats/random.ts';

export const latencyMetrics = ['p50', 'p95', 'p99', 'mean'] as const;
export type LatencyMetric = (typeof latencyMetrics)[number];

/** Milliseconds. */
export type LatencySummary = Readonly<Record<LatencyMetric, number>>;

/** Buckets of one endpoint on a common axis, so that windows add up as plain arrays. */
export interface BinnedWindows {
  /** Bucket values in milliseconds, ascending. */
  readonly axis: Float64Array;
  readonly windows: readonly Float64Array[];
}

export function binWindows(windows: readonly WindowDigest[]): BinnedWindows {
  const values = [...new Set(windows.flatMap(({ hist }) => hist.map(([micros]) => micros)))].sort((a, b) => a - b);
  const position = new Map(values.map((value, index) => [value, index]));
  const bin = (hist: SparseHistogram): Float64Array => {
    const counts = new Float64Array(values.length);
    for (const [micros, count] of hist) {
      const index = position.get(micros) ?? 0;
      counts[index] = (counts[index] ?? 0) + count;
    }
    return counts;
  };
  return { axis: Float64Array.from(values, (micros) => micros / 1000), windows: windows.map(({ hist }) => bin(hist)) };
}

/** Quantiles and mean of the sum of some windows; undefined without requests. */
export function summarise({ axis, windows }: BinnedWindows, chosen: readonly number[]): LatencySummary | undefined {
  const total = new Float64Array(axis.length);
  let requests = 0;
  let sum = 0;
  for (const index of chosen) {
    const counts = windows[index];
    if (counts === undefined) continue;
    for (let i = 0; i < counts.length; i++) {
      const count = counts[i] ?? 0;
      total[i] = (total[i] ?? 0) + count;
      requests += count;
      sum += count * (axis[i] ?? 0);
    }
  }
  if (requests === 0) return undefined;
  const quantile = (q: number): number => {
    const rank = q * requests;
    let below = 0;
    for (let i = 0; i < total.length; i++) {
      below += total[i] ?? 0;
      if (below >= rank) return axis[i] ?? 0;
    }
    return axis.at(-1) ?? 0;
  };
  return { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99), mean: sum / requests };
}

/** Of all windows together; undefined without requests. */
export function latencyOf(windows: readonly WindowDigest[]): LatencySummary | undefined {
  const binned = binWindows(windows);
  return summarise(binned, allOf(binned));
}

export const allOf = (windows: BinnedWindows): number[] => windows.windows.map((_, index) => index);

/**
 * Variance of the logarithm of each statistic within one run, by the moving-block bootstrap over windows (Künsch 1989;
 * block length n^(1/3)), which keeps the dependence between neighbouring windows.
 * @returns undefined with fewer than two windows: the run then says nothing about its own noise
 */
export function withinRunVariance(
  endpoint: EndpointDigest,
  resamples: number,
  random: Random,
): Readonly<Record<LatencyMetric, number>> | undefined {
  const binned = binWindows(endpoint.windows.filter(({ requests }) => requests > 0));
  const n = binned.windows.length;
  if (n < 2) return undefined;
  const block = Math.max(1, Math.round(n ** (1 / 3)));
  const logs: Record<LatencyMetric, number[]> = { p50: [], p95: [], p99: [], mean: [] };
  for (let i = 0; i < resamples; i++) {
    const chosen: number[] = [];
    while (chosen.length < n) {
      const start = randomIndex(random, n - block + 1);
      for (let j = 0; j < block && chosen.length < n; j++) chosen.push(start + j);
    }
    const summary = summarise(binned, chosen);
    if (summary !== undefined) for (const metric of latencyMetrics) logs[metric].push(Math.log(summary[metric]));
  }
  return { p50: variance(logs.p50), p95: variance(logs.p95), p99: variance(logs.p99), mean: variance(logs.mean) };
}

/** Unbiased sample variance, 0 for fewer than two values. */
export function variance(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const mean = average(values);
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}

export const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
