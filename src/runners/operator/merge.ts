/** The summaries of several pods as one, thresholds judged on the whole. */
import type { Tally } from '../../results/measure.ts';
import type { SummaryData, SummaryGroup, SummaryMetric } from '../../suite/summary/index.ts';

/** What was measured of all pods together; a percentile cannot be had from the percentiles of parts. */
export interface MergedMeasurement {
  readonly total: Tally;
  readonly endpoints: ReadonlyMap<string, Tally>;
}

/** Undefined when no pod had one. */
export function mergeSummaries(parts: readonly SummaryData[], measured: MergedMeasurement): SummaryData | undefined {
  const [first] = parts;
  if (first === undefined) return undefined;
  const names = new Set(parts.flatMap(({ metrics }) => Object.keys(metrics)));
  const metrics = [...names].map((name): [string, SummaryMetric] => {
    const found = parts.flatMap(({ metrics: all }) => (all[name] === undefined ? [] : [all[name]]));
    return [name, mergeMetric(name, found, measured)];
  });
  return {
    metrics: Object.fromEntries(metrics),
    root_group: mergeGroups(parts.map(({ root_group }) => root_group)),
    options: first.options,
    state: {
      ...first.state,
      testRunDurationMs: Math.max(...parts.map(({ state }) => state.testRunDurationMs)),
    },
  };
}

/** The exit code of the whole: an engine's own failure first, then thresholds. */
export function mergeExitCodes(
  codes: readonly (number | null)[],
  summary: SummaryData | undefined,
  abortOnFail: boolean,
): number | null {
  const failure = codes.find((code) => code !== 0 && code !== 99);
  if (failure !== undefined) return failure;
  // Pods judge their own share. Only when one of them ended the test by it does that stand for the whole.
  const crossed = codes.includes(99);
  if (summary === undefined) return crossed ? 99 : 0;
  const broken = Object.values(summary.metrics).some(({ thresholds = {} }) =>
    Object.values(thresholds).some(({ ok }) => !ok),
  );
  return broken || (crossed && abortOnFail) ? 99 : 0;
}

function mergeMetric(name: string, parts: readonly SummaryMetric[], measured: MergedMeasurement): SummaryMetric {
  const [first] = parts;
  if (first === undefined) throw new Error('unreachable: a metric without a part');
  const values = mergers[first.type](parts, name, measured);
  const expressions = new Set(parts.flatMap(({ thresholds = {} }) => Object.keys(thresholds)));
  if (expressions.size === 0) return { ...first, values };
  const thresholds = [...expressions].map((expression): [string, { ok: boolean }] => {
    const everyPod = parts.every((part) => part.thresholds?.[expression]?.ok ?? true);
    return [expression, { ok: holds(expression, values) ?? everyPod }];
  });
  return { ...first, values, thresholds: Object.fromEntries(thresholds) };
}

type Merge = (parts: readonly SummaryMetric[], name: string, measured: MergedMeasurement) => Record<string, number>;

const of = (parts: readonly SummaryMetric[], key: string): number[] =>
  parts.flatMap(({ values }) => (values[key] === undefined ? [] : [values[key]]));
const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

const mergers: Readonly<Record<SummaryMetric['type'], Merge>> = {
  counter: (parts) => ({ count: sum(of(parts, 'count')), rate: sum(of(parts, 'rate')) }),
  // Gauges of ours are users: those of the pods are different people.
  gauge: (parts) => ({ value: sum(of(parts, 'value')), min: sum(of(parts, 'min')), max: sum(of(parts, 'max')) }),
  rate: (parts) => {
    const passes = sum(of(parts, 'passes'));
    const fails = sum(of(parts, 'fails'));
    return { passes, fails, rate: passes + fails === 0 ? 0 : passes / (passes + fails) };
  },
  trend: (parts, name, measured) => {
    const count = sum(of(parts, 'count'));
    const known: Record<string, number> = {
      count,
      min: Math.min(...of(parts, 'min')),
      max: Math.max(...of(parts, 'max')),
      avg: count === 0 ? 0 : sum(parts.map(({ values }) => (values['avg'] ?? 0) * (values['count'] ?? 0))) / count,
    };
    const [, endpoint] = /^http_req_duration(?:\{name:(.+)\})?$/.exec(name) ?? [];
    const tally = name === 'http_req_duration' ? measured.total : measured.endpoints.get(endpoint ?? '');
    if (tally === undefined) return known;
    for (const key of new Set(parts.flatMap(({ values }) => Object.keys(values)))) {
      const q = key === 'med' ? 0.5 : Number(/^p\((.+)\)$/.exec(key)?.[1] ?? NaN) / 100;
      const value = Number.isNaN(q) ? null : tally.quantile(q);
      if (value !== null) known[key] = value;
    }
    return known;
  },
};

/** Undefined when the value it speaks of is not known of the whole. */
function holds(expression: string, values: Readonly<Record<string, number>>): boolean | undefined {
  const match = /^\s*([a-z]+(?:\([\d.]+\))?)\s*(<=?|>=?|={2,3}|!==?)\s*(-?[\d.]+)\s*$/.exec(expression);
  if (match === null) return undefined;
  const [, aggregation = '', operator = '', limit = ''] = match;
  const value = values[aggregation];
  return value === undefined ? undefined : operators[operator]?.(value, Number(limit));
}

const equal = (a: number, b: number): boolean => a === b;
const unequal = (a: number, b: number): boolean => a !== b;
const operators: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '==': equal,
  '===': equal,
  '!=': unequal,
  '!==': unequal,
};

function mergeGroups(parts: readonly SummaryGroup[]): SummaryGroup {
  const [first] = parts;
  return {
    name: first?.name ?? '',
    path: first?.path ?? '',
    groups: byPath(parts.flatMap(({ groups }) => groups)).map(mergeGroups),
    checks: byPath(parts.flatMap(({ checks }) => checks)).flatMap((same) => {
      const [check] = same;
      if (check === undefined) return [];
      return [{ ...check, passes: sum(same.map(({ passes }) => passes)), fails: sum(same.map(({ fails }) => fails)) }];
    }),
  };
}

function byPath<T extends { readonly path: string }>(items: readonly T[]): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(item.path, [...(groups.get(item.path) ?? []), item]);
  return [...groups.values()];
}
