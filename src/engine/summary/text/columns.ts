/** Lines of metrics in aligned columns: `name......: values`. */
import type { Palette } from './format.ts';
import { bytes, duration, humanValue, percent, shortNumber } from './format.ts';
import type { SummaryMetric } from './types.ts';

export interface ColumnOptions {
  readonly trendStats: readonly string[];
  readonly timeUnit: string;
  readonly palette: Palette;
  /** How the parts of a rate are shown: `1 out of 2`, or `✓ 1` and `✗ 1`. */
  readonly rates: 'outOf' | 'marks';
}

function metricName(name: string): string {
  const brace = name.indexOf('{');
  return brace === -1 ? name : name.slice(0, brace);
}

/** Metrics by name, each followed by its series with tags. */
export function byMetric(a: string, b: string): number {
  const [baseA, baseB] = [metricName(a), metricName(b)];
  if (baseA !== baseB) return baseA < baseB ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `http_req_duration{name:list}` → `  { name:list }`. */
export function displayName(name: string): string {
  const brace = name.indexOf('{');
  return brace === -1 ? name : `  { ${name.slice(brace + 1, -1)} }`;
}

function trendValue(metric: SummaryMetric, stat: string, options: ColumnOptions): string {
  const value = metric.values[stat] ?? 0;
  return `${stat}=${stat === 'count' ? shortNumber(value) : humanValue(value, metric.contains, options.timeUnit)}`;
}

/** The parts of a counter's, gauge's or rate's line; empty for a trend. */
function plainParts(metric: SummaryMetric, options: ColumnOptions): string[] {
  const { values, contains, type } = metric;
  const human = (value: number | undefined): string => humanValue(value ?? 0, contains, options.timeUnit);
  switch (type) {
    case 'counter': {
      const rate = values['rate'] ?? 0;
      const perSecond = contains === 'data' ? bytes(rate) : contains === 'time' ? duration(rate) : shortNumber(rate);
      return [human(values['count']), `${perSecond}/s`];
    }
    case 'gauge':
      return [human(values['value']), `min=${human(values['min'])}`, `max=${human(values['max'])}`];
    case 'rate': {
      const passes = values['passes'] ?? 0;
      const fails = values['fails'] ?? 0;
      const share = percent(values['rate'] ?? 0);
      return options.rates === 'marks'
        ? [share, `✓ ${passes}`, `✗ ${fails}`]
        : [share, `${passes} out of ${passes + fails}`];
    }
    default:
      return [];
  }
}

interface Row {
  readonly name: string;
  readonly trend: boolean;
  readonly parts: readonly string[];
}

function widths(rows: readonly Row[]): number[] {
  const result: number[] = [];
  for (const { parts } of rows) {
    parts.forEach((part, i) => {
      result[i] = Math.max(result[i] ?? 0, part.length);
    });
  }
  return result;
}

/**
 * Lays out metrics that belong together; columns are aligned over all of them.
 * @returns the line of each metric by its name, without indentation
 */
export function metricLines(
  metrics: readonly (readonly [name: string, metric: SummaryMetric])[],
  options: ColumnOptions,
): Map<string, string> {
  const rows = metrics.map(([name, metric]): Row => {
    const trend = metric.type === 'trend';
    const parts = trend
      ? options.trendStats.map((stat) => trendValue(metric, stat, options))
      : plainParts(metric, options);
    return { name, trend, parts };
  });
  const trendWidths = widths(rows.filter(({ trend }) => trend));
  const plainWidths = widths(rows.filter(({ trend }) => !trend));
  const nameWidth = Math.max(0, ...rows.map(({ name }) => displayName(name).length)) + 3;
  return new Map(
    rows.map(({ name, trend, parts }) => {
      const columns = trend ? trendWidths : plainWidths;
      const cells = parts.map((part, i) => {
        const last = !trend && i === parts.length - 1;
        const text = options.palette.value(part);
        return last ? text : text + ' '.repeat((columns[i] ?? 0) - part.length);
      });
      const shown = displayName(name);
      return [name, `${shown}${options.palette.faint('.'.repeat(nameWidth - shown.length) + ':')} ${cells.join(' ')}`];
    }),
  );
}
