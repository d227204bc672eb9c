/** What GitHub's runner understands: annotations at the line of a threshold. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { BaselineComparison } from '../analysis/compare/types.ts';
import type { RunRecord, ThresholdResult } from '../results/record.ts';
import { comparisonRow } from './comparison.ts';
import { formatThresholdValue } from './format.ts';

/** GitHub shows ten errors a step. */
const mostAnnotations = 10;

/**
 * Workflow commands, one a line: crossed thresholds, what is worse than the baseline, why a run is invalid.
 * @param projectDir folder with thresholds/, the root of the checkout
 */
export function renderAnnotations(
  record: RunRecord,
  comparison: BaselineComparison | undefined,
  projectDir: string,
): string {
  const run = `${record.env}/${record.profile}`;
  const crossed = record.thresholds
    .filter(({ ok }) => !ok)
    .map((threshold) => {
      const { metric, expression, value } = threshold;
      const observed = formatThresholdValue(metric, expression, value);
      return command(
        'error',
        'Threshold crossed',
        `${run}: ${metric} ${expression}, observed ${observed}`,
        placeOf(threshold, projectDir),
      );
    });
  const worse = (comparison?.report?.comparisons ?? [])
    .filter(({ outcome }) => outcome === 'worse')
    .map(comparisonRow)
    .map(({ endpoint, metric, baseline, candidate, effect }) =>
      command(
        'error',
        'Worse than the baseline',
        `${run}: ${endpoint} ${metric} ${baseline} → ${candidate}, ${effect}`,
      ),
    );
  const invalid =
    record.verdict.state === 'INVALID'
      ? record.verdict.reasons.map((reason) => command('warning', 'Load test invalid', `${run}: ${reason}`))
      : [];
  return [...crossed, ...worse, ...invalid]
    .slice(0, mostAnnotations)
    .map((line) => `${line}\n`)
    .join('');
}

interface Place {
  readonly file: string;
  readonly line: number;
}

/** The line of thresholds/ that states the limit: that of its metric when there is one, else of the expression. */
function placeOf({ metric, expression }: ThresholdResult, projectDir: string): Place | undefined {
  const dir = path.join(projectDir, 'thresholds');
  if (!existsSync(dir)) return undefined;
  const [name = metric] = metric.split('{');
  const found = readdirSync(dir)
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .flatMap((file) =>
      readFileSync(path.join(dir, file), 'utf8')
        .split('\n')
        .map((text, index) => ({ file: `thresholds/${file}`, line: index + 1, text })),
    )
    .filter(({ text }) => text.includes(expression));
  // A limit of one endpoint stands below the shared ones.
  const own = found.filter(({ text }) => text.includes(name));
  return (metric.includes('{') ? own.at(-1) : own[0]) ?? found[0];
}

/** https://docs.github.com/actions/reference/workflow-commands-for-github-actions */
function command(level: 'error' | 'warning', title: string, message: string, place?: Place): string {
  const where = place === undefined ? [] : [`file=${property(place.file)}`, `line=${place.line}`];
  return `::${level} ${[...where, `title=${property(title)}`].join(',')}::${data(message.slice(0, 1000))}`;
}

const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
