import type { SummaryData, SummaryGroup, SummaryMetric } from './text/types.ts';

interface ExportedGroup {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly groups: Readonly<Record<string, ExportedGroup>>;
  readonly checks: Readonly<Record<string, unknown>>;
}

function exportGroup(group: SummaryGroup): ExportedGroup {
  return {
    name: group.name,
    path: group.path,
    id: group.id,
    groups: Object.fromEntries(group.groups.map((child) => [child.name, exportGroup(child)])),
    checks: Object.fromEntries(group.checks.map((check) => [check.name, check])),
  };
}

function exportMetric({ type, values, thresholds }: SummaryMetric): Record<string, unknown> {
  const { rate, ...rest } = values;
  const flat = type === 'rate' ? { ...rest, value: rate } : values;
  if (thresholds === undefined) return flat;
  return {
    ...flat,
    thresholds: Object.fromEntries(Object.entries(thresholds).map(([source, { ok }]) => [source, !ok])),
  };
}

/**
 * The file of `--summary-export`: values directly under each metric, groups and checks by name. A threshold is `true`
 * when it was **crossed**: the opposite of `ok` in the data of `handleSummary`.
 */
export function exportSummary(data: SummaryData): string {
  const metrics = Object.entries(data.metrics).map(([name, metric]) => [name, exportMetric(metric)] as const);
  const document = { root_group: exportGroup(data.root_group), metrics: Object.fromEntries(metrics) };
  return `${JSON.stringify(document, null, 4)}\n`;
}
