import type { Metric } from '../../contracts/metrics.ts';
import { trendStat } from '../../metrics/sinks.ts';
import type { TimeSeries } from '../series-table.ts';
import type { RemoteWriteConfig } from './config.ts';
import type { NativeHistogram } from './native-histogram.ts';
import { nativeHistogram } from './native-histogram.ts';

/** The value that marks a series as ended. */
export const STALE = Symbol('stale');

export interface PromSeries {
  /** Sorted by name, `__name__` among them. */
  readonly labels: Labels;
  readonly value: number | typeof STALE | NativeHistogram;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

type Labels = readonly (readonly [name: string, value: string])[];

const UNITS = { default: '', time: '_seconds', data: '_bytes' } as const;

/** Prometheus' base unit of time is the second, k6's values are milliseconds. */
function divisor({ contains }: Metric): number {
  return contains === 'time' ? 1000 : 1;
}

/** Letters, digits and underscores: what a label's name may have. */
function labelName(key: string): string {
  const name = key.replace(/[^A-Za-z0-9_]/g, '_');
  return /^[0-9]/.test(name) ? `_${name}` : name;
}

function labelsOf({ tags }: TimeSeries, fixed: Labels): Labels {
  const labels = new Map(fixed);
  for (const [key, value] of tags.entries()) if (value !== '') labels.set(labelName(key), value);
  return [...labels];
}

function named(name: string, labels: Labels): Labels {
  return [['__name__', name] as const, ...labels].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** `p(99.9)` → `p99_9`: a part of a metric's name. */
function statName(stat: string): string {
  return stat.replace(/^p\((.*)\)$/, 'p$1').replace('.', '_');
}

/**
 * The Prometheus series of one of ours: names as k6 gives them (`k6_http_reqs_total`, `k6_http_req_duration_p99` …).
 * @param timestamp milliseconds
 */
export function promSeries(series: TimeSeries, config: RemoteWriteConfig, timestamp: number): PromSeries[] {
  const { metric, sink } = series;
  const labels = labelsOf(series, config.labels);
  const name = `k6_${metric.name}`;
  const one = (suffix: string, value: PromSeries['value']): PromSeries => {
    return { labels: named(name + suffix, labels), value, timestamp };
  };
  switch (sink.type) {
    case 'counter':
      return [one('_total', sink.count / divisor(metric))];
    case 'gauge':
      return [one(UNITS[metric.contains], sink.value / divisor(metric))];
    case 'rate':
      return [one('_rate', sink.rate)];
    case 'trend': {
      if (config.nativeHistograms) return [one(UNITS[metric.contains], nativeHistogram(sink, divisor(metric)))];
      return config.trendStats.map((stat) => {
        const value = trendStat(sink, stat) ?? 0;
        return one(`_${statName(stat)}`, stat === 'count' ? value : value / divisor(metric));
      });
    }
  }
}
