/** Thresholds on what the target said of itself: memory that grows, an event loop that lags. */
import type { SeriesLine, ThresholdResult } from '../../results/record.ts';
import { effectiveShare, theilSen, type TrendLine } from '../stats/trend.ts';
import { parseExpression, quantileOf } from './expression.ts';

export interface ServerThresholds {
  readonly thresholds: ThresholdResult[];
  /** Metrics that were asked for and never seen. */
  readonly missing: string[];
}

/**
 * Aggregations: avg, min, max, med, last, p(N), `growth` (share by which the trend line rises from start to end) and
 * `rate` (increase a second, for counters).
 * @param wanted metric → expressions
 */
export function serverThresholds(
  wanted: Readonly<Record<string, readonly string[]>>,
  series: readonly SeriesLine[],
): ServerThresholds {
  const missing: string[] = [];
  const thresholds = Object.entries(wanted).flatMap(([metric, expressions]) => {
    const points = serverPoints(series, metric);
    if (points.length === 0) {
      missing.push(metric);
      return [];
    }
    return expressions.flatMap((expression) => {
      const parsed = parseExpression(expression);
      const value = parsed === undefined ? undefined : aggregate(points, parsed.aggregation);
      if (parsed === undefined || value === undefined) return [];
      const { limit } = parsed;
      return [{ metric: `server ${metric}`, expression, ok: parsed.holds(value), value, limit, abortOnFail: false }];
    });
  });
  return { thresholds, missing };
}

export type Point = readonly [t: number, value: number];

export const serverPoints = (series: readonly SeriesLine[], metric: string): Point[] =>
  series.flatMap(({ t, server }) => (server?.[metric] === undefined ? [] : [[t, server[metric]] as const]));

export interface Growth {
  /** Share by which the line rises from the first to the last point, with its 95 % interval. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Undefined with fewer than five points, or a line that begins at zero. Many points are thinned out evenly. */
export function growth(points: readonly Point[], most = 240): Growth | undefined {
  const step = Math.max(1, Math.ceil(points.length / most));
  const used = points.filter((_, index) => index % step === 0);
  const [first, last] = [used[0], used.at(-1)];
  if (used.length < 5 || first === undefined || last === undefined) return undefined;
  const line: TrendLine | undefined = theilSen(used, 0.95, effectiveShare(detrended(used)));
  if (line === undefined) return undefined;
  const from = line.intercept + line.slope * first[0];
  const share = (slope: number): number => (slope * (last[0] - first[0])) / from;
  return from <= 0 ? undefined : { value: share(line.slope), low: share(line.low), high: share(line.high) };
}

/** What is left of the values beside their line: its autocorrelation is that of the noise. */
function detrended(points: readonly Point[]): number[] {
  const line = theilSen(points, 0.95);
  return points.map(([t, value]) => value - (line === undefined ? 0 : line.intercept + line.slope * t));
}

function aggregate(points: readonly Point[], aggregation: string): number | undefined {
  const sorted = points.map(([, value]) => value).sort((a, b) => a - b);
  const q = quantileOf(aggregation);
  if (q !== undefined) return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
  const [first, last] = [points[0], points.at(-1)];
  switch (aggregation) {
    case 'avg':
      return sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
    case 'min':
      return sorted[0];
    case 'max':
      return sorted.at(-1);
    case 'last':
    case 'value':
      return last?.[1];
    case 'rate':
      return first === undefined || last === undefined || last[0] === first[0]
        ? undefined
        : (last[1] - first[1]) / (last[0] - first[0]);
    case 'growth':
      return growth(points)?.value;
    default:
      return undefined;
  }
}
