/** Endpoint results of several generators as one: counts add up, histograms merge, quantiles are read from the whole. */
import hdr from 'hdr-histogram-js';
import { newHistogram } from './measure.ts';
import type { EndpointResult, EndpointTotals, Quantiles } from './record.ts';

/**
 * @param parts of one endpoint
 * @param seconds measured time of the whole
 */
export function mergeEndpoint(name: string, parts: readonly EndpointTotals[], seconds: number): EndpointResult {
  const errors = new Map<string, number>();
  let requests = 0;
  let failed = 0;
  for (const part of parts) {
    requests += part.requests;
    failed += part.failed;
    for (const [kind, count] of Object.entries(part.errors)) errors.set(kind, (errors.get(kind) ?? 0) + count);
  }
  const durations = mergeTimes(parts.map(({ duration, histogram }) => ({ times: duration, histogram })));
  const intended = mergeTimes(
    parts.map(({ fromIntended, fromIntendedHistogram }) => ({ times: fromIntended, histogram: fromIntendedHistogram })),
  );
  return {
    name,
    requests,
    rate: seconds > 0 ? requests / seconds : 0,
    failed,
    errors: Object.fromEntries([...errors].sort(([a], [b]) => (a < b ? -1 : 1))),
    duration: durations?.times ?? null,
    fromIntended: intended?.times ?? null,
    histogram: durations?.histogram ?? null,
  };
}

interface Times {
  readonly times?: Quantiles | null | undefined;
  readonly histogram?: string | null | undefined;
}

/** Undefined when no part has any, or one cannot be merged: a part is not the whole. */
function mergeTimes(parts: readonly Times[]): { times: Quantiles; histogram: string } | undefined {
  const whole = newHistogram();
  let sum = 0;
  let min = Infinity;
  let max = 0;
  for (const { times, histogram } of parts) {
    if (!times) continue;
    if (!histogram) return undefined;
    const part = hdr.decodeFromCompressedBase64(histogram);
    sum += times.avg * part.totalCount;
    min = Math.min(min, times.min);
    max = Math.max(max, times.max);
    whole.add(part);
  }
  if (whole.totalCount === 0) return undefined;
  const at = (percentile: number): number => whole.getValueAtPercentile(percentile) / 1000;
  const times = { min, avg: sum / whole.totalCount, med: at(50), p90: at(90), p95: at(95), p99: at(99), max };
  return { times, histogram: hdr.encodeIntoCompressedBase64(whole) };
}

/** Every endpoint that any part has. */
export function mergeEndpoints(parts: readonly (readonly EndpointTotals[])[], seconds: number): EndpointResult[] {
  const byName = new Map<string, EndpointTotals[]>();
  for (const endpoint of parts.flat()) byName.set(endpoint.name, [...(byName.get(endpoint.name) ?? []), endpoint]);
  return [...byName].map(([name, same]) => mergeEndpoint(name, same, seconds));
}
