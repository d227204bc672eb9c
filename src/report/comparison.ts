/** A comparison in words and cells; the same in the terminal, Markdown and JUnit. */
import { isOpen } from '../analysis/compare/compare.ts';
import type { BaselineComparison, Comparison } from '../analysis/compare/types.ts';
import { formatMs, formatRate, formatShare } from './format.ts';

export interface ComparisonRow {
  readonly endpoint: string;
  readonly metric: string;
  readonly baseline: string;
  readonly candidate: string;
  /** `+22 % (+18 … +27)`. */
  readonly effect: string;
  readonly outcome: Comparison['outcome'];
  /** What an open question would take; empty for settled ones. */
  readonly remark: string;
}

const metricTitles: Readonly<Record<Comparison['metric'], string>> = {
  p50: 'p50',
  p95: 'p95',
  p99: 'p99',
  mean: 'mean',
  throughput: 'throughput',
  errorRate: 'error rate',
  checkRate: 'check rate',
};

/** `WORSE than 5 runs of staging/baseline`, `not comparable with …: engine differs (embedded 0 vs k6 2)`. */
export function comparisonHeadline({ against, state, reasons, report }: BaselineComparison): string {
  if (report === null) {
    return state === 'no-baseline' ? `not compared: ${reasons.join('; ')}` : `not comparable: ${reasons.join('; ')}`;
  }
  const plural = (n: number): string => `${n} ${n === 1 ? 'run' : 'runs'}`;
  const texts = {
    worse: 'worse than',
    better: 'better than',
    same: 'the same as',
    inconclusive: 'inconclusive against',
  };
  const by = report.candidateRuns.length > 1 ? `, from ${plural(report.candidateRuns.length)}` : '';
  return `${texts[report.outcome]} ${plural(report.baselineRuns.length)} of ${against}${by}`;
}

/** What changed, and of an inconclusive comparison what stayed open; else the whole target's main figures. */
export function notableRows({ report }: BaselineComparison): ComparisonRow[] {
  if (report === null) return [];
  const changed = report.comparisons.filter(({ outcome }) => outcome === 'worse' || outcome === 'better');
  const main = report.comparisons.filter(
    ({ endpoint, metric }) => endpoint === '' && ['p95', 'throughput', 'errorRate'].includes(metric),
  );
  const open = main.filter(isOpen);
  const shown = [...changed, ...(report.outcome === 'inconclusive' ? open : [])];
  return [...new Set(shown.length === 0 ? main : shown)].sort(worstFirst).map(comparisonRow);
}

export function comparisonRow(row: Comparison): ComparisonRow {
  const { endpoint, metric, unit, baseline, candidate, outcome, effect, detectable, moreRuns } = row;
  const shown = (value: number): string =>
    unit === 'ms' ? formatMs(value) : unit === 'share' ? formatShare(value) : `${formatRate(value)}/s`;
  const percent = effect.kind === 'relative' ? '%' : 'pp';
  const remarks = [
    // Beyond a doubling the number says no more than that nothing can be said.
    ...(detectable === null
      ? []
      : detectable > 1
        ? ['too noisy to tell']
        : [`±${(100 * detectable).toFixed(0)} % could have been seen`]),
    ...(moreRuns === null ? [] : [`${moreRuns} more ${moreRuns === 1 ? 'run' : 'runs'} would likely settle it`]),
  ];
  return {
    endpoint: endpoint === '' ? 'all' : endpoint,
    metric: metricTitles[metric],
    baseline: shown(baseline),
    candidate: shown(candidate),
    effect: `${signed(effect.value)} ${percent} (${signed(effect.low)} … ${signed(effect.high)})`,
    outcome,
    remark: outcome === 'inconclusive' ? remarks.join('; ') : '',
  };
}

/** `24 same, 2 worse, 2 inconclusive`. */
export function outcomeCounts({ report }: BaselineComparison): string {
  const order = ['worse', 'better', 'same', 'inconclusive'] as const;
  return order
    .map((outcome) => [outcome, report?.comparisons.filter((row) => row.outcome === outcome).length ?? 0] as const)
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(', ');
}

const rank: Readonly<Record<Comparison['outcome'], number>> = { worse: 0, inconclusive: 1, better: 2, same: 3 };
const worstFirst = (a: Comparison, b: Comparison): number => rank[a.outcome] - rank[b.outcome];

/** A share as signed per cent: `+22`, `−0.4`. */
function signed(share: number): string {
  const percent = 100 * share;
  const text = Math.abs(percent).toFixed(Math.abs(percent) < 9.95 ? 1 : 0);
  return `${Number(text) === 0 ? '' : percent < 0 ? '−' : '+'}${text}`;
}
