/** The one screen after a run: the verdict, endpoints, thresholds, where the results lie, what to do next. */
import pc from 'picocolors';
import type { EndpointResult, RunRecord, ThresholdResult } from '../../results/record.ts';
import type { BaselineComparison } from '../../analysis/compare/types.ts';
import { renderComparison } from './comparison.ts';
import { endpointTable } from './endpoint-table.ts';
import { lateStarts } from '../from-intended.ts';
import { formatCount, formatMs, formatRate, formatShare, formatThresholdValue } from '../format.ts';

export interface VerdictContext {
  /** The run's folder, as a person would type it. */
  readonly dir: string;
  /** `--results` as a person would type it; undefined for the usual folder. */
  readonly results?: string | undefined;
  /** Width of the terminal; undefined where there is none. */
  readonly columns?: number | undefined;
  /** The comparison with the baseline; undefined with --no-compare. */
  readonly comparison: BaselineComparison | undefined;
  readonly savedBaseline: boolean;
  /** What the engine said of its errors; shown when it failed. */
  readonly engineErrors: readonly string[];
}

const banner = {
  PASS: (text: string) => pc.bgGreen(pc.black(pc.bold(` ${text} `))),
  FAIL: (text: string) => pc.bgRed(pc.white(pc.bold(` ${text} `))),
  INVALID: (text: string) => pc.bgYellow(pc.black(pc.bold(` ${text} `))),
} as const;

export function renderVerdict(record: RunRecord, context: VerdictContext): string {
  const { verdict } = record;
  const reasons = verdict.reasons.filter((reason) => !reason.startsWith('threshold crossed'));
  return [
    `${banner[verdict.state](verdict.state)} ${headline(record)}`,
    ...reasons.map((reason) => `  ${pc.yellow('!')} ${reason}`),
    ...machineLines(record),
    ...lateLines(record),
    ...engineLines(record, context),
    '',
    ...endpointLines(record, context),
    ...thresholdLines(record.thresholds),
    ...checkLines(record),
    ...failureLines(record),
    ...findingLines(record),
    '',
    `${pc.bold('Results')}   ${context.dir}`,
    ...comparisonLines(context.comparison),
    `${pc.bold('Next')}      ${nextStep(record, context)}`,
  ].join('\n');
}

function comparisonLines(comparison: BaselineComparison | undefined): string[] {
  const lines = comparison === undefined ? [pc.dim('not compared: --no-compare')] : renderComparison(comparison);
  return lines.map((line, index) => `${index === 0 ? pc.bold('Baseline') : '        '}  ${line}`);
}

function headline({ total, durationSeconds, vusMax }: RunRecord): string {
  const users = vusMax === 0 ? '' : ` by ${vusMax} ${vusMax === 1 ? 'user' : 'users'}`;
  return (
    `${formatCount(total.requests)} requests in ${durationSeconds.toFixed(1)} s${users}: ` +
    `${formatRate(total.rate)} req/s, p95 ${formatMs(total.duration?.p95 ?? null)}, ${formatShare(share(total))} errors`
  );
}

const share = ({ failed, requests }: EndpointResult): number => (requests === 0 ? 0 : failed / requests);

/** From this share on the times say as much about the machine as about the target. */
const busyMachine = 0.5;

function machineLines({ generator: { othersCpu } }: RunRecord): string[] {
  if (othersCpu == null || othersCpu < busyMachine) return [];
  return [
    `  ${pc.yellow('!')} other programs used ${(100 * othersCpu).toFixed(0)} % of this machine: times are longer for it`,
  ];
}

function lateLines(record: RunRecord): string[] {
  const late = lateStarts(record);
  return late === undefined ? [] : [`  ${pc.yellow('!')} ${late}`];
}

/** Exit codes that the verdict explains by itself. */
const explained = [0, 99, 130, 143];

function engineLines({ exitCode }: RunRecord, { engineErrors }: VerdictContext): string[] {
  return explained.includes(exitCode)
    ? []
    : engineErrors.flatMap((text) => text.trim().split('\n')).map((line) => `    ${pc.dim(line)}`);
}

function endpointLines({ endpoints: results, total }: RunRecord, { columns }: VerdictContext): string[] {
  if (results.length === 0) return [];
  return [endpointTable([...results, ...(results.length > 1 ? [{ ...total, name: 'all' }] : [])], columns), ''];
}

/** Those crossed in full; of those held the ones of the whole run, and the rest as a number. */
function thresholdLines(thresholds: readonly ThresholdResult[]): string[] {
  const crossed = thresholds.filter(({ ok }) => !ok);
  const held = thresholds.filter(({ ok, metric }) => ok && !metric.includes('{'));
  const rest = thresholds.length - crossed.length - held.length;
  const width = Math.max(0, ...[...crossed, ...held].map(({ metric }) => metric.length));
  const line = (threshold: ThresholdResult): string => {
    const { metric, expression, ok, value } = threshold;
    const text = `${metric.padEnd(width)}  ${expression.padEnd(10)}  ${formatThresholdValue(metric, expression, value)}`;
    return ok ? `${pc.green('✓')} ${text}` : `${pc.red('✗')} ${pc.red(text)}`;
  };
  return [
    ...[...crossed, ...held].map(line),
    ...(rest > 0 ? [`${pc.green('✓')} ${pc.dim(`and ${rest} of single endpoints`)}`] : []),
  ];
}

function checkLines({ checks }: RunRecord): string[] {
  const failed = checks.filter(({ fails }) => fails > 0);
  return failed.slice(0, 8).map(({ path, passes, fails }) => {
    const name = path.replace(/^::/, '').replaceAll('::', ' › ');
    return `${pc.red('✗')} check ${name}: ${formatCount(fails)} of ${formatCount(passes + fails)} failed`;
  });
}

function failureLines({ total }: RunRecord): string[] {
  const kinds = Object.entries(total.errors).sort(([, a], [, b]) => b - a);
  if (kinds.length === 0) return [];
  const shown = kinds.slice(0, 4).map(([kind, count]) => `${kind} × ${formatCount(count)}`);
  return [`${pc.red('✗')} failed requests: ${shown.join(', ')}${kinds.length > 4 ? ', …' : ''}`];
}

function findingLines({ findings = [] }: RunRecord): string[] {
  const marks = { true: pc.green('✓'), false: pc.red('✗'), null: pc.dim('·') };
  return findings.map(({ kind, statement, ok }) => `${marks[`${ok}`]} ${kind}: ${statement}`);
}

function nextStep(record: RunRecord, { dir, results, savedBaseline, comparison }: VerdictContext): string {
  if (record.interrupted) return 'run it again, to its end';
  if (record.verdict.state === 'INVALID')
    return `nothing can be said of the target, neither good nor bad (a gate: --strict); the engine's log: ${dir}/engine.log`;
  if (record.verdict.state === 'FAIL') return `open ${dir}/report.html, then look at the endpoints above`;
  const outcome = comparison?.report?.outcome;
  const runs = comparison?.report?.candidateRuns.length ?? 0;
  if (outcome === 'worse' && runs > 1) return `it is worse in ${runs} runs together: open ${dir}/report.html`;
  if (outcome === 'worse' || outcome === 'inconclusive')
    return 'measure again, as one candidate: --repeat 3, or --confirm';
  if (savedBaseline) return 'the baseline has this run now: commit it with results/baselines';
  // The end of an id is enough to find a run.
  const command = `npx gravl-load baseline save ${record.id.slice(-6)}${results === undefined ? '' : ` --results ${results}`}`;
  return `accept this run as a baseline: ${command}`;
}
