/** A text summary in k6's manner: checks by group, metrics in columns, thresholds marked. */
import type { SummaryData, SummaryGroup, SummaryMetric } from './data.ts';

export interface TextOptions {
  /** Put before every line. */
  readonly indent?: string;
  readonly enableColors?: boolean;
}

type Paint = (color: 'red' | 'green' | 'cyan' | 'dim', text: string) => string;
const codes = { red: 31, green: 32, cyan: 36, dim: 2 };

export function textSummary(data: SummaryData, options: TextOptions = {}): string {
  const paint: Paint =
    options.enableColors === true && data.options.noColor !== true
      ? (color, text) => `\u001b[${codes[color]}m${text}\u001b[0m`
      : (_, text) => text;
  const lines = [...checkLines(data.root_group, paint, ''), '', ...metricLines(data, paint)];
  return lines.map((line) => `${options.indent ?? ''}${line}`.trimEnd()).join('\n') + '\n';
}

function checkLines(group: SummaryGroup, paint: Paint, indent: string): string[] {
  const lines = group.checks.flatMap(({ name, passes, fails }) => {
    if (fails === 0) return [`${indent}${paint('green', '✓')} ${name}`];
    const share = Math.floor((100 * passes) / (passes + fails));
    return [
      `${indent}${paint('red', `✗ ${name}`)}`,
      `${indent} ${paint('red', `↳  ${share}% — ✓ ${passes} / ✗ ${fails}`)}`,
    ];
  });
  for (const child of group.groups) {
    lines.push('', `${indent}█ ${child.name}`, ...checkLines(child, paint, `${indent}  `));
  }
  return lines;
}

function metricLines(data: SummaryData, paint: Paint): string[] {
  const names = Object.keys(data.metrics).sort((a, b) => a.localeCompare(b));
  const label = (name: string): string => (name.includes('{') ? `  ${name.slice(name.indexOf('{'))}` : name);
  const width = names.reduce((widest, name) => Math.max(widest, label(name).length), 0) + 3;
  const stats = data.options.summaryTrendStats ?? ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)'];
  return names.flatMap((name) => {
    const metric = data.metrics[name];
    if (metric === undefined) return [];
    const thresholds = Object.values(metric.thresholds ?? {});
    const mark =
      thresholds.length === 0 ? ' ' : thresholds.every(({ ok }) => ok) ? paint('green', '✓') : paint('red', '✗');
    const dots = paint('dim', '.'.repeat(width - label(name).length) + ':');
    return [`${mark} ${label(name)}${dots} ${paint('cyan', describe(metric, stats, data))}`];
  });
}

function describe(metric: SummaryMetric, stats: readonly string[], data: SummaryData): string {
  const { values } = metric;
  const show = (value: number | undefined): string =>
    humanize(value ?? 0, metric.contains, data.options.summaryTimeUnit);
  switch (metric.type) {
    case 'counter':
      return `${show(values['count'])} ${show(values['rate'])}/s`;
    case 'gauge':
      return `${show(values['value'])} min=${show(values['min'])} max=${show(values['max'])}`;
    case 'rate':
      return `${((values['rate'] ?? 0) * 100).toFixed(2)}% — ✓ ${values['passes'] ?? 0} / ✗ ${values['fails'] ?? 0}`;
    case 'trend':
      return stats.map((stat) => `${stat}=${stat === 'count' ? (values[stat] ?? 0) : show(values[stat])}`).join(' ');
  }
}

function humanize(value: number, contains: SummaryMetric['contains'], unit: string | undefined): string {
  if (contains === 'data') return bytes(value);
  if (contains === 'default') return String(Number(value.toFixed(6)));
  if (unit === 's') return `${(value / 1000).toFixed(2)}s`;
  if (unit === 'us') return `${(value * 1000).toFixed(2)}µs`;
  if (unit === 'ms' || (value >= 1 && value < 1000)) return `${Number(value.toFixed(2))}ms`;
  if (value === 0) return '0s';
  if (value < 1) return `${Number((value * 1000).toFixed(2))}µs`;
  if (value < 60_000) return `${Number((value / 1000).toFixed(2))}s`;
  return `${Math.floor(value / 60_000)}m${Math.round((value % 60_000) / 1000)}s`;
}

function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let scaled = value;
  let unit = 0;
  while (scaled >= 1000 && unit < units.length - 1) {
    scaled /= 1000;
    unit++;
  }
  return `${unit === 0 ? Math.round(scaled) : scaled.toFixed(1)} ${units[unit] ?? ''}`;
}
