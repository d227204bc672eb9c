/** The charts of a report, as data for the page's script. */
import hdr from 'hdr-histogram-js';
import type { ThresholdResult } from '../../results/record.ts';
import { serverMetrics } from './server-metrics.ts';
import type {
  BaselineLatencies,
  Chart,
  ChartLine,
  ChartView,
  EndpointPoints,
  ReportData,
  RunView,
  SeriesPoints,
  Tone,
} from './types.ts';

/** Quantiles of the distribution chart, evenly spread over its axis of nines. */
const nines = Array.from({ length: 81 }, (_, index) => index / 20);
const tones: readonly Tone[] = ['one', 'two', 'three', 'four', 'bad', 'quiet'];

export function charts(data: ReportData): Chart[] {
  const [first, ...others] = data.runs;
  const all = others.length === 0 ? timeCharts(first.series, first.record.thresholds) : sideBySide(data.runs);
  return [...all, distribution(data)].filter(({ x, views }) => x.length > 1 && views.length > 0);
}

/** What a chart of times has to know of a threshold. */
export type Limit = Pick<ThresholdResult, 'metric' | 'expression' | 'limit'>;

/** The charts of one run over its time; the live view draws them too. */
export function timeCharts(series: SeriesPoints, thresholds: readonly Limit[]): Chart[] {
  const x = series.t;
  const time = (id: string, unit: Chart['unit'], views: readonly ChartView[]): Chart => ({
    id,
    kind: 'time',
    unit,
    x,
    views,
  });
  const perEndpoint = (view: (points: EndpointPoints) => Omit<ChartView, 'name'>): ChartView[] =>
    series.endpoints.map((points) => ({ name: points.name, ...view(points) }));
  const dropped = series.dropped.some((value) => (value ?? 0) > 0) ? series.dropped : undefined;
  return [
    time(
      'latency',
      'ms',
      perEndpoint(({ name, p50, p95, p99 }) => ({
        lines: [line('p50', 'one', p50), line('p95', 'two', p95), line('p99', 'three', p99)],
        limits: latencyLimits(thresholds, name),
      })),
    ),
    time(
      'rate',
      'per-second',
      perEndpoint(({ name, rate }) => ({
        lines: [
          line('requests', 'one', rate),
          ...(name === '' && dropped !== undefined ? [line('dropped iterations', 'bad', dropped)] : []),
        ],
        limits: [],
      })),
    ),
    time(
      'errors',
      'share',
      perEndpoint(({ errors }) => ({ lines: [line('failed requests', 'bad', errors)], limits: [] })),
    ),
    time('vus', 'count', [{ name: '', lines: [line('virtual users', 'four', series.vus)], limits: [] }]),
    ...serverMetrics(series.server, series.step).map(({ name, title, unit, values }, index) =>
      time(`server-${index}`, unit, [
        { name: '', lines: [line(title, 'quiet', values)], limits: serverLimits(thresholds, name) },
      ]),
    ),
  ];
}

/** The same measure of each run in one chart: p95 and rate. */
function sideBySide(runs: readonly RunView[]): Chart[] {
  const longest = runs.reduce((a, b) =>
    b.series.t.length * b.series.step > a.series.t.length * a.series.step ? b : a,
  );
  const x = longest.series.t;
  const views = (measure: 'p95' | 'rate'): ChartView[] =>
    endpointNames(runs).map((name) => ({
      name,
      lines: runs.map(({ series }, index) => {
        const points = series.endpoints.find((endpoint) => endpoint.name === name);
        const at = (second: number): number | null => points?.[measure][Math.floor(second / series.step)] ?? null;
        return line(runLetter(index), tones[index % tones.length] ?? 'one', x.map(at));
      }),
      limits: [],
    }));
  return [
    { id: 'latency', kind: 'time', unit: 'ms', x, views: views('p95') },
    { id: 'rate', kind: 'time', unit: 'per-second', x, views: views('rate') },
  ];
}

/** A, B, C …: what a run is called beside others. */
export const runLetter = (index: number): string => String.fromCharCode(65 + (index % 26));

/** Names of all charted endpoints, "" (all together) first. */
export const endpointNames = (runs: readonly RunView[]): string[] => [
  ...new Set(runs.flatMap(({ series }) => series.endpoints.map(({ name }) => name))),
];

/** Latency by percentile, the run against its baseline, or the runs against each other. */
function distribution({ runs, baseline }: ReportData): Chart {
  const names = ['', ...new Set(runs.flatMap(({ record }) => record.endpoints.map(({ name }) => name)))];
  const views = names.slice(0, 31).map((name) => {
    const lines = runs.flatMap(({ record }, index) => {
      const { histogram } =
        name === '' ? record.total : (record.endpoints.find((e) => e.name === name) ?? record.total);
      if (histogram === null) return [];
      const label = runs.length === 1 ? 'this run' : runLetter(index);
      return [line(label, tones[index % tones.length] ?? 'one', curve(histogram))];
    });
    const before = baseline.find(({ endpoint }) => endpoint === name);
    return {
      name,
      lines: before === undefined ? lines : [...lines, { ...line('baseline', 'quiet', curveOf(before)), dashed: true }],
      limits: [],
    };
  });
  return {
    id: 'distribution',
    kind: 'percentile',
    unit: 'ms',
    x: nines,
    views: views.filter(({ lines }) => lines.length > 0),
  };
}

function curve(histogram: string): (number | null)[] {
  const decoded = hdr.decodeFromCompressedBase64(histogram, 64, false);
  const count = decoded.totalCount;
  return nines.map((nine) =>
    enough(count, nine) ? round(decoded.getValueAtPercentile((1 - 10 ** -nine) * 100) / 1000) : null,
  );
}

function curveOf({ counts }: BaselineLatencies): (number | null)[] {
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  let index = 0;
  let below = 0;
  return nines.map((nine) => {
    if (!enough(total, nine)) return null;
    const rank = Math.max(1, Math.ceil(total * (1 - 10 ** -nine)));
    while (index < counts.length && below + (counts[index]?.[1] ?? 0) < rank) below += counts[index++]?.[1] ?? 0;
    const micros = counts[index]?.[0];
    return micros === undefined ? null : round(micros / 1000);
  });
}

/** A 99.9th percentile of fifty requests would be an invention. */
const enough = (count: number, nine: number): boolean => count > 0 && count * 10 ** -nine >= 1;

function latencyLimits(thresholds: readonly Limit[], endpoint: string): ChartView['limits'] {
  const metric = endpoint === '' ? 'http_req_duration' : `http_req_duration{name:${endpoint}}`;
  const percentile = ({ expression }: Limit): string | undefined =>
    /^\s*(?:p\((50|95|99)\)|(med))\s*</.exec(expression)?.slice(1).find(Boolean);
  return thresholds
    .filter((threshold) => threshold.metric === metric)
    .flatMap((threshold) => {
      const which = percentile(threshold);
      return which === undefined || threshold.limit === null
        ? []
        : [{ label: `limit of ${which === 'med' ? 'p50' : `p${which}`}`, value: threshold.limit }];
    });
}

/** Limits in the unit of the metric as it is drawn; those of its growth or rate are in the table. */
const serverLimits = (thresholds: readonly Limit[], name: string): ChartView['limits'] =>
  thresholds.flatMap(({ metric, expression, limit }) =>
    metric === `server ${name}` &&
    limit !== null &&
    /_bytes$|^gravl_/.test(name) &&
    /^\s*(max|last)\s*</.test(expression)
      ? [{ label: `limit: ${expression.trim()}`, value: limit }]
      : [],
  );

const line = (label: string, tone: Tone, values: ChartLine['values']): ChartLine => ({
  label,
  tone,
  dashed: false,
  values,
});
const round = (value: number): number => Number(value.toPrecision(4));
