/** Latency statistics of a run and how far the run itself leaves them open. */
import type { EndpointDigest, SparseHistogram, WindowDigest } from '../../results/digest.ts';
import { randomIndex, type Random } from '../stats/random.ts';

export const latencyMetrics = ['p50', 'p95', 'p99', 'mean'] as const;
export type LatencyMetric = (typeof latencyMetrics)[number];

/** Milliseconds. */
export type LatencySummary = Readonly<Record<LatencyMetric, number>>;

/** Windows of one endpoint on a common axis of buckets, each as the buckets it uses: adding them up is cheap. */
export interface BinnedWindows {
  /** Bucket values in milliseconds, ascending. */
  readonly axis: Float64Array;
  readonly windows: readonly BinnedWindow[];
}

interface BinnedWindow {
  /** Positions on the axis, and how many requests are there. */
  readonly positions: Int32Array;
  readonly counts: Float64Array;
  readonly requests: number;
  /** Sum of the times in milliseconds. */
  readonly sum: number;
}

export function binWindows(windows: readonly WindowDigest[]): BinnedWindows {
  const seen = new Set<number>();
  for (const { hist } of windows) for (const [micros] of hist) seen.add(micros);
  const values = Float64Array.from(seen).sort();
  const position = new Map<number, number>();
  values.forEach((value, index) => position.set(value, index));
  const bin = (hist: SparseHistogram): BinnedWindow => {
    const positions = new Int32Array(hist.length);
    const counts = new Float64Array(hist.length);
    let [requests, sum] = [0, 0];
    for (const [index, [micros, count]] of hist.entries()) {
      positions[index] = position.get(micros) ?? 0;
      counts[index] = count;
      requests += count;
      sum += (count * micros) / 1000;
    }
    return { positions, counts, requests, sum };
  };
  return { axis: values.map((micros) => micros / 1000), windows: windows.map(({ hist }) => bin(hist)) };
}

/**
 * Quantiles and mean of the sum of some windows; undefined without requests.
 * @param total scratch of the axis' length, so that a bootstrap need not make one each time
 */
export function summarise(
  { axis, windows }: BinnedWindows,
  chosen: readonly number[],
  total = new Float64Array(axis.length),
): LatencySummary | undefined {
  total.fill(0);
  let [requests, sum] = [0, 0];
  for (const index of chosen) {
    const window = windows[index];
    if (window === undefined) continue;
    const { positions, counts } = window;
    for (let i = 0; i < positions.length; i++) {
      const at = positions[i] ?? 0;
      total[at] = (total[at] ?? 0) + (counts[i] ?? 0);
    }
    requests += window.requests;
    sum += window.sum;
  }
  if (requests === 0) return undefined;
  // One walk for all three, in ascending order.
  const found: number[] = [];
  const ranks = [0.5, 0.95, 0.99].map((q) => q * requests);
  let below = 0;
  for (let i = 0; i < total.length && found.length < ranks.length; i++) {
    below += total[i] ?? 0;
    while (found.length < ranks.length && below >= (ranks[found.length] ?? 0)) found.push(axis[i] ?? 0);
  }
  const last = axis.at(-1) ?? 0;
  const [p50 = last, p95 = last, p99 = last] = found;
  return { p50, p95, p99, mean: sum / requests };
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
  const scratch = new Float64Array(binned.axis.length);
  const logs: Record<LatencyMetric, number[]> = { p50: [], p95: [], p99: [], mean: [] };
  for (let i = 0; i < resamples; i++) {
    const chosen: number[] = [];
    while (chosen.length < n) {
      const start = randomIndex(random, n - block + 1);
      for (let j = 0; j < block && chosen.length < n; j++) chosen.push(start + j);
    }
    const summary = summarise(binned, chosen, scratch);
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
