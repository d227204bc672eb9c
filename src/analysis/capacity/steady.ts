/** Whether a step has settled: neither latency nor the number of requests in flight goes on rising. */
import { effectiveShare, theilSen } from '../stats/trend.ts';

export interface StepSecond {
  /** Seconds since the step began. */
  readonly t: number;
  readonly p50: number | null;
}

/**
 * Settled when the drift of the median over the last `span` seconds stays within `tolerance` of its level, or cannot be
 * told from none. A queue that fills shows as a steady rise that no waiting ends; the caller gives up after its limit.
 */
export function hasSettled(seconds: readonly StepSecond[], span: number, tolerance = 0.1): boolean {
  const last = seconds.filter((second) => second.p50 !== null).slice(-span);
  if (last.length < Math.min(3, span)) return false;
  const points = last.map(({ t, p50 }) => [t, p50 ?? 0] as const);
  const values = points.map(([, value]) => value);
  const line = theilSen(points, 0.9, effectiveShare(values));
  if (line === undefined) return true;
  const level = Math.max(0.5, [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0);
  return line.low <= 0 || (line.slope * last.length) / level <= tolerance;
}
