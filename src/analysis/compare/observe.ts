/** From run digests to the observations that a comparison works on: one value a run. */
import type { EndpointDigest, RunDigest } from '../../results/digest.ts';
import type { Proportion } from '../stats/proportions.ts';
import type { Random } from '../stats/random.ts';
import {
  allOf,
  average,
  binWindows,
  latencyMetrics,
  type LatencyMetric,
  summarise,
  variance,
  withinRunVariance,
} from './latency.ts';

export type ScaleMetric = LatencyMetric | 'throughput';

/** A positive quantity, one value a run. */
export interface ScaleSeries {
  /** Natural logarithms, one a run. */
  readonly logs: readonly number[];
  /** Variance of the logarithm within each run that can tell. */
  readonly within: readonly number[];
}

export interface Observation {
  readonly scales: Readonly<Record<ScaleMetric, ScaleSeries>>;
  readonly errors: Proportion;
  /** On the total only; no trials when the runs had no checks. */
  readonly failedChecks: Proportion | undefined;
}

/** By endpoint name, for endpoints with requests. */
export function observe(runs: readonly RunDigest[], resamples: number, random: Random): Map<string, Observation> {
  const names = new Set(
    runs.flatMap(({ endpoints }) => endpoints.filter(({ requests }) => requests > 0).map(({ name }) => name)),
  );
  return new Map([...names].map((name) => [name, observeEndpoint(name, runs, resamples, random)]));
}

function observeEndpoint(name: string, runs: readonly RunDigest[], resamples: number, random: Random): Observation {
  const series = (): { logs: number[]; within: number[] } => ({ logs: [], within: [] });
  const scales: Record<ScaleMetric, { logs: number[]; within: number[] }> = {
    p50: series(),
    p95: series(),
    p99: series(),
    mean: series(),
    throughput: series(),
  };
  let [failed, requests] = [0, 0];
  for (const run of runs) {
    const endpoint = run.endpoints.find((e) => e.name === name);
    if (endpoint === undefined || endpoint.requests === 0) continue;
    failed += endpoint.failed;
    requests += endpoint.requests;
    const binned = binWindows(endpoint.windows);
    const summary = summarise(binned, allOf(binned));
    const within = withinRunVariance(endpoint, resamples, random);
    for (const metric of latencyMetrics) {
      if (summary !== undefined && summary[metric] > 0) scales[metric].logs.push(Math.log(summary[metric]));
      if (within !== undefined) scales[metric].within.push(within[metric]);
    }
    if (run.durationSeconds > 0) scales.throughput.logs.push(Math.log(endpoint.requests / run.durationSeconds));
    scales.throughput.within.push(throughputVariance(endpoint));
  }
  return {
    scales,
    errors: { events: failed, trials: requests },
    failedChecks: name === '' ? checks(runs) : undefined,
  };
}

/** Variance of the logarithm of the mean rate, from the spread of the windows (the last, short one left out). */
function throughputVariance({ windows }: EndpointDigest): number {
  const rates = windows.slice(0, -1).map(({ requests, seconds }) => requests / seconds);
  const mean = rates.length === 0 ? 0 : average(rates);
  return mean === 0 ? 0 : variance(rates) / rates.length / mean ** 2;
}

function checks(runs: readonly RunDigest[]): Proportion {
  const events = runs.reduce((sum, run) => sum + run.checks.fails, 0);
  return { events, trials: runs.reduce((sum, run) => sum + run.checks.passes, events) };
}
