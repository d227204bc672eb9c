import type { TrendSink } from '../../metrics/trend.ts';
import type { TimeSeries } from '../series-table.ts';
import type { Attributes, HistogramPoint, NumberPoint, OtlpMetric } from './encode.ts';

/** The default bounds of OpenTelemetry's explicit-bucket histograms. */
export const BOUNDS: readonly number[] = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];

const UNITS = { default: '', time: 'ms', data: 'By' } as const;

function histogramPoint(sink: TrendSink, attributes: Attributes): HistogramPoint {
  const bucketCounts = new Array<number>(BOUNDS.length + 1).fill(0);
  for (const [value, count] of sink.buckets()) {
    const found = BOUNDS.findIndex((bound) => value <= bound);
    const index = found === -1 ? BOUNDS.length : found;
    bucketCounts[index] = (bucketCounts[index] ?? 0) + count;
  }
  return { attributes, count: sink.count, sum: sink.sum, min: sink.min, max: sink.max, bucketCounts };
}

/** What one time series adds to the metrics of an export. */
function parts(series: TimeSeries, singleCounterForRate: boolean): OtlpMetric[] {
  const { metric, tags, sink } = series;
  const attributes = tags.entries();
  const unit = UNITS[metric.contains];
  const sum = (name: string, integer: boolean, ...points: NumberPoint[]): OtlpMetric => {
    return { name, unit, kind: 'sum', integer, points };
  };
  switch (sink.type) {
    case 'counter':
      return [sum(metric.name, false, { attributes, value: sink.count })];
    case 'gauge':
      return [{ name: metric.name, unit, kind: 'gauge', integer: false, points: [{ attributes, value: sink.value }] }];
    case 'rate': {
      if (!singleCounterForRate) {
        return [
          sum(`${metric.name}.occurred`, true, { attributes, value: sink.passes }),
          sum(`${metric.name}.total`, true, { attributes, value: sink.total }),
        ];
      }
      const condition = (name: string, value: number): NumberPoint[] =>
        value === 0 ? [] : [{ attributes: [...attributes, ['condition', name]], value }];
      return [sum(metric.name, true, ...condition('nonzero', sink.passes), ...condition('zero', sink.fails))];
    }
    case 'trend':
      return [
        { name: metric.name, unit, kind: 'histogram', bounds: BOUNDS, points: [histogramPoint(sink, attributes)] },
      ];
  }
}

/** The metrics of an export: one per name, with a point per tag set. */
export function otlpMetrics(all: readonly TimeSeries[], prefix: string, singleCounterForRate: boolean): OtlpMetric[] {
  const byName = new Map<string, OtlpMetric>();
  for (const part of all.flatMap((series) => parts(series, singleCounterForRate))) {
    const name = prefix + part.name;
    const known = byName.get(name);
    if (known === undefined) byName.set(name, { ...part, name });
    else if (known.kind === 'histogram' && part.kind === 'histogram') {
      byName.set(name, { ...known, points: [...known.points, ...part.points] });
    } else if (known.kind !== 'histogram' && part.kind !== 'histogram') {
      byName.set(name, { ...known, points: [...known.points, ...part.points] });
    }
  }
  return [...byName.values()];
}
