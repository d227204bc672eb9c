/** junit.xml of a run: a case per threshold and per check, so that CI viewers show which promise was broken. */
import type { BaselineComparison } from '../analysis/compare/types.ts';
import { comparisonHeadline, comparisonRow } from './comparison.ts';
import type { RunRecord } from '../results/record.ts';
import { escapeXml } from '../suite/summary/index.ts';
import { formatThresholdValue } from './format.ts';

interface Case {
  readonly classname: string;
  readonly name: string;
  readonly failure?: string;
}

export function renderJUnit(record: RunRecord, comparison?: BaselineComparison): string {
  const suites = [
    { name: 'verdict', cases: [verdictCase(record)] },
    { name: 'thresholds', cases: thresholdCases(record) },
    { name: 'checks', cases: checkCases(record) },
    { name: 'baseline', cases: comparison === undefined ? [] : comparisonCases(comparison) },
  ].filter(({ cases }) => cases.length > 0);
  const all = suites.flatMap(({ cases }) => cases);
  const lines = suites.map(({ name, cases }) => {
    const head = `<testsuite name="${escapeXml(`${record.env}/${record.profile} ${name}`)}" ${counts(cases)} timestamp="${record.startedAt}" time="${record.durationSeconds.toFixed(3)}">`;
    return `  ${head}\n${cases.map(renderCase).join('\n')}\n  </testsuite>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="gravl-load" ${counts(all)}>\n${lines.join('\n')}\n</testsuites>\n`;
}

const counts = (cases: readonly Case[]): string =>
  `tests="${cases.length}" failures="${cases.filter(({ failure }) => failure !== undefined).length}" errors="0"`;

function renderCase({ classname, name, failure }: Case): string {
  const open = `    <testcase classname="${escapeXml(classname)}" name="${escapeXml(name)}" time="0"`;
  return failure === undefined ? `${open} />` : `${open}><failure message="${escapeXml(failure)}" /></testcase>`;
}

function verdictCase({ verdict, id }: RunRecord): Case {
  const name = `run ${id} is valid`;
  return verdict.state === 'INVALID'
    ? { classname: 'verdict', name, failure: verdict.reasons.join('; ') }
    : { classname: 'verdict', name };
}

function thresholdCases(record: RunRecord): Case[] {
  return record.thresholds.map(({ metric, expression, ok, value }) => ({
    classname: 'thresholds',
    name: `${metric}: ${expression}`,
    ...(ok ? {} : { failure: `observed ${formatThresholdValue(metric, expression, value)}` }),
  }));
}

/** One case for each row; without rows one that tells why, which is no failure. */
function comparisonCases(comparison: BaselineComparison): Case[] {
  const rows = comparison.report?.comparisons.map(comparisonRow) ?? [];
  if (rows.length === 0) return [{ classname: 'baseline', name: comparisonHeadline(comparison) }];
  return rows.map(({ endpoint, metric, baseline, candidate, effect, outcome }) => ({
    classname: 'baseline',
    name: `${endpoint} ${metric} is not worse than ${comparison.against}`,
    ...(outcome === 'worse' ? { failure: `${baseline} → ${candidate}, ${effect}` } : {}),
  }));
}

function checkCases(record: RunRecord): Case[] {
  return record.checks.map(({ path, passes, fails }) => ({
    classname: 'checks',
    name: path.replace(/^::/, '').replaceAll('::', ' › '),
    ...(fails === 0 ? {} : { failure: `${fails} of ${passes + fails} failed` }),
  }));
}
