import { createHash } from 'node:crypto';
import type { Series } from '../metrics/aggregator.ts';
import type { CheckTree } from '../metrics/checks.ts';
import { GROUP_SEPARATOR } from '../metrics/checks.ts';
import type { Sink } from '../metrics/sinks.ts';
import { trendStat } from '../metrics/sinks.ts';
import type { ThresholdState } from '../metrics/thresholds/thresholds.ts';
import type { SummaryData, SummaryGroup, SummaryMetric, SummarySection, SummaryThreshold } from './text/types.ts';

export interface SummaryInput {
  readonly series: readonly Series[];
  readonly checks: CheckTree;
  readonly thresholds: readonly ThresholdState[];
  readonly trendStats: readonly string[];
  readonly timeUnit: string;
  readonly noColor: boolean;
  /** As Node tells it: undefined for what is no terminal. */
  readonly isStdOutTTY: boolean | undefined;
  readonly isStdErrTTY: boolean | undefined;
  readonly durationMs: number;
  /** What `setup` returned, as JSON data; `undefined` when it returned nothing. */
  readonly setupData?: unknown;
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

function values(sink: Sink, input: SummaryInput): Record<string, number> {
  const seconds = input.durationMs / 1000;
  switch (sink.type) {
    case 'counter':
      return { count: sink.count, rate: seconds > 0 ? sink.count / seconds : 0 };
    case 'gauge':
      return { value: sink.value, min: sink.min, max: sink.max };
    case 'rate':
      return { rate: sink.rate, passes: sink.passes, fails: sink.fails };
    case 'trend':
      return Object.fromEntries(input.trendStats.map((stat) => [stat, trendStat(sink, stat) ?? 0]));
  }
}

function metricOf(series: Series, input: SummaryInput): SummaryMetric {
  const own = series.section === undefined ? input.thresholds.filter((t) => t.series === series.name) : [];
  const thresholds = own.map((t): [string, SummaryThreshold] => [t.source, { ok: t.ok, observed: t.observed }]);
  return {
    type: series.type,
    contains: series.contains,
    values: values(series.sink, input),
    ...(thresholds.length > 0 ? { thresholds: Object.fromEntries(thresholds) } : {}),
  };
}

function groupOf(path: string, checks: CheckTree): SummaryGroup {
  const isChild = (other: string): boolean =>
    other !== path && other.startsWith(path + GROUP_SEPARATOR) && !other.includes(GROUP_SEPARATOR, path.length + 2);
  return {
    name: path.split(GROUP_SEPARATOR).at(-1) ?? '',
    path,
    id: md5(path),
    groups: checks
      .groups()
      .filter(isChild)
      .map((child) => groupOf(child, checks)),
    checks: checks.checks(path).map(({ name, passes, fails }) => {
      const checkPath = path + GROUP_SEPARATOR + name;
      return { name, path: checkPath, id: md5(checkPath), passes, fails };
    }),
  };
}

function shown({ sink, name }: Series, input: SummaryInput): boolean {
  return !sink.empty || input.thresholds.some((threshold) => threshold.series === name);
}

/** The data of the summary. `observed` of thresholds is for the text summary; {@link forScript} leaves it out. */
export function summaryData(input: SummaryInput): SummaryData {
  const total = input.series.filter((series) => series.section === undefined && shown(series, input));
  total.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    options: { summaryTrendStats: input.trendStats, summaryTimeUnit: input.timeUnit, noColor: input.noColor },
    state: {
      isStdOutTTY: input.isStdOutTTY ?? false,
      isStdErrTTY: input.isStdErrTTY ?? false,
      testRunDurationMs: input.durationMs,
    },
    metrics: Object.fromEntries(total.map((series) => [series.name, metricOf(series, input)])),
    root_group: groupOf('', input.checks),
    ...(input.setupData === undefined ? {} : { setup_data: input.setupData }),
  };
}

/** The data as `handleSummary` gets it. */
export function forScript(data: SummaryData): SummaryData {
  const strip = (metric: SummaryMetric): SummaryMetric => {
    if (metric.thresholds === undefined) return metric;
    const thresholds = Object.entries(metric.thresholds).map(([source, { ok }]) => [source, { ok }] as const);
    return { ...metric, thresholds: Object.fromEntries(thresholds) };
  };
  return {
    ...data,
    metrics: Object.fromEntries(Object.entries(data.metrics).map(([name, metric]) => [name, strip(metric)])),
  };
}

/** Scenarios and their groups, for the full text summary; in order of first appearance. */
export function summarySections(input: SummaryInput): SummarySection[] {
  const bySection = new Map<string, Series[]>();
  for (const series of input.series) {
    if (series.section === undefined || series.sink.empty) continue;
    const key = JSON.stringify([series.section.scenario, series.section.group]);
    const list = bySection.get(key);
    if (list === undefined) bySection.set(key, [series]);
    else list.push(series);
  }
  return [...bySection].map(([key, list]) => {
    const [scenario, group] = JSON.parse(key) as [string, string];
    const checks = list.flatMap(({ name, sink }) => {
      const check = /^checks\{check:(.*)\}$/s.exec(name)?.[1];
      return check === undefined || sink.type !== 'rate'
        ? []
        : [{ name: check, passes: sink.passes, fails: sink.fails }];
    });
    const metrics = list.filter(({ name }) => !name.includes('{')).sort((a, b) => (a.name < b.name ? -1 : 1));
    return {
      scenario,
      group,
      metrics: Object.fromEntries(metrics.map((series) => [series.name, metricOf(series, input)])),
      checks,
    };
  });
}
