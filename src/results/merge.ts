/** Endpoint results of several generators as one: counts add up, histograms merge, quantiles are read from the whole. */
import hdr from 'hdr-histogram-js';
import { newHistogram } from './measure.ts';
import type { EndpointResult } from './record.ts';

/**
 * @param parts of one endpoint
 * @param seconds measured time of the whole
 */
export function mergeEndpoint(name: string, parts: readonly EndpointResult[], seconds: number): EndpointResult {
  const histogram = newHistogram();
  const errors = new Map<string, number>();
  let requests = 0;
  let failed = 0;
  let sum = 0;
  let min = Infinity;
  let max = 0;
  for (const part of parts) {
    requests += part.requests;
    failed += part.failed;
    for (const [kind, count] of Object.entries(part.errors)) errors.set(kind, (errors.get(kind) ?? 0) + count);
    if (part.duration === null || part.histogram === null) continue;
    sum += part.duration.avg * part.requests;
    min = Math.min(min, part.duration.min);
    max = Math.max(max, part.duration.max);
    histogram.add(hdr.decodeFromCompressedBase64(part.histogram));
  }
  const at = (percentile: number): number => histogram.getValueAtPercentile(percentile) / 1000;
  const measured = histogram.totalCount > 0;
  return {
    name,
    requests,
    rate: seconds > 0 ? requests / seconds : 0,
    failed,
    errors: Object.fromEntries([...errors].sort(([a], [b]) => (a < b ? -1 : 1))),
    duration: measured
      ? { min, avg: sum / requests, med: at(50), p90: at(90), p95: at(95), p99: at(99), max }
      : null,
    histogram: measured ? hdr.encodeIntoCompressedBase64(histogram) : null,
  };
}

/** Every endpoint that any part has. */
export function mergeEndpoints(parts: readonly (readonly EndpointResult[])[], seconds: number): EndpointResult[] {
  const byName = new Map<string, EndpointResult[]>();
  for (const endpoint of parts.flat()) byName.set(endpoint.name, [...(byName.get(endpoint.name) ?? []), endpoint]);
  return [...byName].map(([name, same]) => mergeEndpoint(name, same, seconds));
}
