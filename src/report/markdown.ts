/** summary.md of a run: for a pull request or a CI job's summary. */
import type { BaselineComparison } from '../analysis/compare/types.ts';
import { comparisonHeadline, comparisonRow, notableRows, outcomeCounts } from './comparison.ts';
import type { EndpointResult, RunRecord } from '../results/record.ts';
import { lateStarts } from './from-intended.ts';
import { formatCount, formatMs, formatRate, formatShare, formatThresholdValue } from './format.ts';

const icons = { PASS: '✅', FAIL: '❌', INVALID: '⚠️' } as const;

export function renderMarkdown(record: RunRecord, comparison?: BaselineComparison): string {
  const { verdict, total } = record;
  const late = lateStarts(record);
  const lines = [
    commentMarker(record),
    `## ${icons[verdict.state]} Load test ${verdict.state}: ${cell(record.env)} / ${cell(record.profile)}`,
    '',
    ...verdict.reasons.map((reason) => `- ${cell(reason)}`),
    ...(verdict.reasons.length > 0 ? [''] : []),
    `${formatCount(total.requests)} requests in ${record.durationSeconds.toFixed(1)} s ` +
      `(${formatRate(total.rate)}/s), ${formatShare(share(total))} failed, on ${cell(record.target.url)} ` +
      `by ${record.engine.name} ${record.engine.version ?? ''}`.trimEnd() +
      '.',
    '',
    '| endpoint | requests | rate | avg | p50 | p90 | p95 | p99 | max | errors |',
    '|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|',
    ...record.endpoints.map(endpointRow),
    endpointRow({ ...total, name: '**all**' }),
    '',
    ...(late === undefined ? [] : [`${late.charAt(0).toUpperCase()}${late.slice(1)}.`, '']),
    ...thresholdTable(record),
    ...(record.findings ?? []).map(({ kind, statement }) => `- **${kind}**: ${cell(statement)}`),
    ...(record.findings === undefined ? [] : ['']),
    ...(comparison === undefined ? [] : renderComparisonMarkdown(comparison)),
    `Run \`${record.id}\`${record.git.commit === null ? '' : `, commit \`${record.git.commit.slice(0, 8)}\`${record.git.dirty === true ? ' (dirty)' : ''}`}.`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Invisible; by it a pull request's comment of the same environment and profile is found and replaced. */
const commentMarker = ({ env, profile }: RunRecord): string =>
  `<!-- gravl-load ${`${env}/${profile}`.replace(/[^\w/.-]/g, '_').slice(0, 100)} -->`;

const outcomeIcons = { worse: '❌', better: '🟢', same: '✅', inconclusive: '❔' } as const;

/** @param all every row instead of those that matter */
export function renderComparisonMarkdown(comparison: BaselineComparison, all = false): string[] {
  const { report } = comparison;
  const headline = cell(comparisonHeadline(comparison));
  if (report === null) return [`**Baseline:** ${headline}`, ''];
  const rows = all ? report.comparisons.map(comparisonRow) : notableRows(comparison);
  return [
    `**Baseline:** ${outcomeIcons[report.outcome]} ${headline} (${outcomeCounts(comparison)})`,
    '',
    '| endpoint | metric | baseline | now | change (95 %) | outcome | |',
    '|---|---|--:|--:|--:|---|---|',
    ...rows.map(
      ({ endpoint, metric, baseline, candidate, effect, outcome, remark }) =>
        `| ${cell(endpoint)} | ${metric} | ${baseline} | ${candidate} | ${effect} | ${outcomeIcons[outcome]} ${outcome} | ${remark} |`,
    ),
    '',
    ...report.notes.flatMap((note) => [`- ${cell(note)}`]),
    ...(report.notes.length > 0 ? [''] : []),
  ];
}

const share = ({ failed, requests }: EndpointResult): number => (requests === 0 ? 0 : failed / requests);

function endpointRow(endpoint: EndpointResult): string {
  const { duration } = endpoint;
  const ms = (key: 'avg' | 'med' | 'p90' | 'p95' | 'p99' | 'max'): string => formatMs(duration?.[key] ?? null);
  const name = endpoint.name.startsWith('**') ? endpoint.name : cell(endpoint.name);
  return `| ${[
    name,
    formatCount(endpoint.requests),
    `${formatRate(endpoint.rate)}/s`,
    ms('avg'),
    ms('med'),
    ms('p90'),
    ms('p95'),
    ms('p99'),
    ms('max'),
    formatShare(share(endpoint)),
  ].join(' | ')} |`;
}

function thresholdTable({ thresholds }: RunRecord): string[] {
  if (thresholds.length === 0) return [];
  return [
    '| threshold | observed | |',
    '|---|--:|---|',
    ...thresholds.map(
      ({ metric, expression, ok, value }) =>
        `| ${cell(`${metric}: ${expression}`)} | ${formatThresholdValue(metric, expression, value)} | ${ok ? '✅' : '❌'} |`,
    ),
    '',
  ];
}

/** Text that cannot break out of its table cell or become markup. */
function cell(text: string): string {
  return text.replace(/[\\`*_{}[\]<>|#~]/g, (char) => `\\${char}`).replace(/[\r\n]+/g, ' ');
}
