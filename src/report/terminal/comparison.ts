/** The comparison with the baseline: a line that says it, and the rows that matter. */
import pc from 'picocolors';
import type { BaselineComparison, Outcome } from '../../analysis/compare/types.ts';
import { comparisonHeadline, comparisonRow, notableRows, outcomeCounts, type ComparisonRow } from '../comparison.ts';
import { renderRows } from './rows.ts';

const colours: Readonly<Record<Outcome, (text: string) => string>> = {
  worse: pc.red,
  better: pc.green,
  same: pc.green,
  inconclusive: pc.yellow,
};

/** @param all every row instead of those that matter */
export function renderComparison(comparison: BaselineComparison, all = false): string[] {
  const { report } = comparison;
  const headline = comparisonHeadline(comparison);
  if (report === null) return [pc.dim(headline)];
  const rows = all ? report.comparisons.map(comparisonRow) : notableRows(comparison);
  const counts = all || report.outcome === 'worse' || report.outcome === 'better';
  return [
    `${colours[report.outcome](headline)}${counts ? pc.dim(` (${outcomeCounts(comparison)})`) : ''}`,
    ...table(rows),
    ...report.notes.map((note) => `${pc.yellow('!')} ${note}`),
  ];
}

function table(rows: readonly ComparisonRow[]): string[] {
  const head = ['endpoint', 'metric', 'baseline', 'now', 'change', 'outcome', ''];
  const cells = rows.map(({ endpoint, metric, baseline, candidate, effect, outcome, remark }) => [
    endpoint,
    metric,
    baseline,
    candidate,
    effect,
    outcome,
    remark,
  ]);
  const [first = '', ...lines] = renderRows(head, cells).trimEnd().split('\n');
  return [pc.dim(first), ...lines.map((line, index) => colours[rows[index]?.outcome ?? 'same'](line))];
}
