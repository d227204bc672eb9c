/** What a capacity search found, as Markdown and as a screen. */
import type { CapacityReport } from '../../analysis/capacity/report.ts';
import { formatBytes, formatMs, formatRate, formatShare } from '../format.ts';
import { renderRows } from '../terminal/rows.ts';

const head = ['req/s', 'p50', 'p95', 'p99', 'errors', 'verdict'];

export function renderCapacityMarkdown(report: CapacityReport): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const table = (rows: readonly (readonly string[])[]): string[] => [
    line(head),
    '|--:|--:|--:|--:|--:|---|',
    ...rows.map(line),
  ];
  const lines = [
    `## Capacity: ${report.statement}`,
    '',
    ...capacitySentences(report),
    '',
    ...table(report.rows.map(rowCells)),
    '',
    '### Steps',
    '',
    ...table(report.steps.map(stepCells)),
  ];
  return `${lines.join('\n')}\n`;
}

export function renderCapacityText(report: CapacityReport): string {
  const lines = [
    report.statement,
    ...capacitySentences(report),
    '',
    renderRows(head, report.rows.map(rowCells)).trimEnd(),
    '',
    ...bars(report),
  ];
  return `${lines.join('\n')}\n`;
}

/** As measure-step names them. */
const serverFigures: Readonly<Record<string, (value: number) => string>> = {
  eventLoopLagP99Ms: (ms) => `event-loop lag p99 ${formatMs(ms)}`,
  memoryMb: (megabytes) => `memory ${formatBytes(megabytes * 1e6)}`,
  cpu: (cores) => `CPU ${cores.toFixed(2)} cores`,
  inFlight: (requests) => `${requests.toFixed(1)} requests in flight`,
  queued: (requests) => `at most ${requests.toFixed(0)} queued`,
};

/** Headroom, the scalability law, and the server at the knee. */
export function capacitySentences({ expected, usl, steps, knee, atLeast }: CapacityReport): string[] {
  const atKnee = steps.find(({ rate }) => rate === knee);
  const server = Object.entries(atKnee?.server ?? {}).map(
    ([name, value]) => serverFigures[name]?.(value) ?? `${name} ${Number(value.toPrecision(3))}`,
  );
  const sign = (expected?.headroom ?? 0) < 0 ? '−' : '+';
  const enough = { true: 'enough', false: 'not enough', null: 'not known to be enough' };
  return [
    ...(expected === null
      ? []
      : [
          `Expected peak ${formatRate(expected.rate)} req/s: ${enough[`${expected.enough}`]}, headroom ` +
            `${atLeast ? 'at least ' : ''}${sign}${Math.abs(100 * expected.headroom).toFixed(0)} %.`,
        ]),
    ...(usl?.peakThroughput == null
      ? []
      : [
          `Universal Scalability Law: peak ${formatRate(usl.peakThroughput)} req/s ` +
            `(contention ${usl.sigma.toPrecision(2)}, coherency ${usl.kappa.toPrecision(2)}, R² ${usl.rSquared.toFixed(2)}).`,
        ]),
    ...(server.length === 0 ? [] : [`The server at the knee: ${server.join(', ')}.`]),
  ];
}

function rowCells({ rate, p50, p95, p99, errorRate, verdict, why }: CapacityReport['rows'][number]): string[] {
  const errors = errorRate === null ? '–' : formatShare(errorRate);
  return [
    formatRate(rate),
    formatMs(p50),
    formatMs(p95),
    formatMs(p99),
    errors,
    why === '' ? verdict : `${verdict}: ${why}`,
  ];
}

function stepCells({ rate, p50, p95, p99, errorRate, holds, why }: CapacityReport['steps'][number]): string[] {
  return [
    formatRate(rate),
    formatMs(p50),
    formatMs(p95),
    formatMs(p99),
    formatShare(errorRate),
    holds ? 'holds' : `fails: ${why ?? ''}`,
  ];
}

/** p95 by rate, a bar a step. */
function bars({ steps }: CapacityReport): string[] {
  const most = Math.max(1, ...steps.map(({ p95 }) => p95));
  return steps.map(({ rate, p95, holds }) => {
    const length = Math.max(1, Math.round((40 * p95) / most));
    return `${formatRate(rate).padStart(7)} req/s ${holds ? ' ' : '✗'} ${'▇'.repeat(length)} p95 ${formatMs(p95)}`;
  });
}
