/** The summary in the layout k6 had before 1.0, which the `textSummary` of the k6-summary library still has. */
import { byMetric, metricLines } from './columns.ts';
import type { Palette } from './format.ts';
import { palette } from './format.ts';
import type { SummaryCheck, SummaryData, SummaryGroup, SummaryMetric } from './types.ts';

export interface LegacyOptions {
  /** Put before each line. */
  readonly indent?: string;
  readonly enableColors?: boolean;
}

function checkLines({ name, passes, fails }: SummaryCheck, indent: string, paint: Palette): string[] {
  if (fails === 0) return [indent + paint.good(`✓ ${name}`)];
  const share = Math.floor((100 * passes) / (passes + fails));
  return [indent + paint.bad(`✗ ${name}`), `${indent} ${paint.bad(`↳  ${share}% — ✓ ${passes} / ✗ ${fails}`)}`];
}

function groupLines(group: SummaryGroup, indent: string, paint: Palette): string[] {
  const inner = group.name === '' ? indent : `${indent}  `;
  const lines = group.name === '' ? [] : [`${indent}█ ${group.name}`, ''];
  for (const check of group.checks) lines.push(...checkLines(check, inner, paint));
  if (group.checks.length > 0) lines.push('');
  for (const child of group.groups) lines.push(...groupLines(child, inner, paint));
  return lines;
}

function mark({ thresholds }: SummaryMetric, paint: Palette): string {
  const states = Object.values(thresholds ?? {});
  if (states.length === 0) return ' ';
  return states.every(({ ok }) => ok) ? paint.good('✓') : paint.bad('✗');
}

/** Checks by group, then all metrics, one a line. */
export function renderLegacySummary(
  data: SummaryData,
  { indent = ' ', enableColors = false }: LegacyOptions = {},
): string {
  const paint = palette(enableColors);
  const metrics = Object.entries(data.metrics).sort(([a], [b]) => byMetric(a, b));
  const lines = metricLines(metrics, {
    trendStats: data.options.summaryTrendStats,
    timeUnit: data.options.summaryTimeUnit,
    palette: paint,
    rates: 'marks',
  });
  return [
    ...groupLines(data.root_group, `${indent}    `, paint),
    ...metrics.map(([name, metric]) => `${indent}  ${mark(metric, paint)} ${lines.get(name) ?? ''}`),
  ].join('\n');
}
