/** Small plots that need no script: capacity and history. */
import type { CapacityReport } from '../../../analysis/capacity/report.ts';
import { changePoints } from '../../../analysis/stats/change-points.ts';
import { capacitySentences } from '../../capacity/markdown.ts';
import { formatMs, formatRate, formatShare } from '../../format.ts';
import { foreign, markup, type Html } from '../markup.ts';
import type { HistoryPoint } from '../types.ts';
import { sortableTable } from './tables.ts';

const width = 640;
const height = 180;
const left = 56;
const bottom = 24;

/** Maps values onto an axis that begins at nought. */
const axis = (most: number, from: number, to: number) => (value: number) => from + (value / (most || 1)) * (to - from);

export function capacitySection(report: CapacityReport): Html {
  const mostRate = Math.max(1, ...report.steps.map(({ rate }) => rate)) * 1.05;
  const mostTime = Math.max(1, ...report.steps.map(({ p95 }) => p95)) * 1.1;
  const x = axis(mostRate, left, width - 8);
  const y = axis(mostTime, height - bottom, 8);
  const label = `p95 over the offered rate; the knee is at ${formatRate(report.knee)} requests a second`;
  const points = report.steps.map(({ rate, p95 }) => `${x(rate).toFixed(1)} ${y(p95).toFixed(1)}`).join('L');
  const plot =
    report.steps.length === 0
      ? null
      : markup`<svg class="plot" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
          <title>${label}</title>
          <path class="grid" d="M${left} ${height - bottom}H${width}M${left} 8V${height - bottom}" />
          <path class="curve" d="M${points}" />
          ${report.knee > 0 ? markup`<path class="knee" d="M${x(report.knee).toFixed(1)} 8V${height - bottom}" /><text x="${x(report.knee).toFixed(1)}" y="18" text-anchor="end" dx="-4">knee</text>` : null}
          ${report.steps.map(({ rate, p95, holds }) => markup`<circle class="${holds ? 'holds' : 'fails'}" cx="${x(rate).toFixed(1)}" cy="${y(p95).toFixed(1)}" r="4" />`)}
          <text x="${left - 6}" y="14" text-anchor="end">${formatMs(mostTime)}</text>
          <text x="${width}" y="${height - 6}" text-anchor="end">${formatRate(mostRate)} req/s</text>
          <text x="${left}" y="${height - 6}">0</text>
        </svg>`;
  return markup`<p class="statement">${foreign(report.statement)}</p>
    ${capacitySentences(report).map((sentence) => markup`<p>${foreign(sentence)}</p>`)}
    ${plot}
    ${sortableTable(
      'Capacity',
      [
        ...['req/s', 'p50', 'p95', 'p99', 'errors'].map((head) => ({ head, numeric: true })),
        { head: 'verdict', numeric: false },
        { head: 'why', numeric: false },
      ],
      report.rows.map((row) => [
        { show: formatRate(row.rate), sort: row.rate },
        ...([row.p50, row.p95, row.p99] as const).map((ms) => ({ show: formatMs(ms), sort: ms ?? -1 })),
        { show: row.errorRate === null ? '–' : formatShare(row.errorRate), sort: row.errorRate ?? -1 },
        { show: row.verdict, bad: row.verdict === 'fails' },
        { show: foreign(row.why) },
      ]),
    )}`;
}

export function historySection(history: readonly HistoryPoint[]): Html | null {
  if (history.length < 2) return null;
  const most = Math.max(1, ...history.map(({ p95 }) => p95 ?? 0)) * 1.1;
  const x = (index: number): number => left + 12 + (index / (history.length - 1)) * (width - left - 28);
  const y = axis(most, height - bottom, 8);
  const measured = history.flatMap(({ p95 }, index) => (p95 === null ? [] : [[x(index), y(p95)] as const]));
  const label = `p95 of the last ${history.length} runs`;
  return markup`<svg class="plot" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
      <title>${label}</title>
      <path class="grid" d="M${left} ${height - bottom}H${width}M${left} 8V${height - bottom}" />
      <path class="curve" d="M${measured.map(([px, py]) => `${px.toFixed(1)} ${py.toFixed(1)}`).join('L') || '0 0'}" />
      ${history.map(({ id, state, p95 }, index) => (p95 === null ? null : markup`<circle class="${state}" cx="${x(index).toFixed(1)}" cy="${y(p95).toFixed(1)}" r="4"><title>${id}: ${formatMs(p95)}, ${state}</title></circle>`))}
      <text x="${left - 6}" y="14" text-anchor="end">${formatMs(most)}</text>
      <text x="${left - 6}" y="${height - bottom}" text-anchor="end">0</text>
      <text x="${left}" y="${height - 6}">oldest</text>
      <text x="${width}" y="${height - 6}" text-anchor="end">this run</text>
    </svg>
    ${changesOf(history)}
    ${sortableTable(
      'Earlier runs',
      [
        { head: 'run', numeric: false },
        { head: 'verdict', numeric: false },
        { head: 'req/s', numeric: true },
        { head: 'p95', numeric: true },
        { head: 'errors', numeric: true },
      ],
      [...history]
        .reverse()
        .map((run) => [
          { show: foreign(run.id) },
          { show: markup`<span class="state ${run.state === 'PASS' ? 'pass' : 'fail'}">${run.state}</span>` },
          { show: formatRate(run.rate), sort: run.rate },
          { show: formatMs(run.p95), sort: run.p95 ?? -1 },
          { show: formatShare(run.errors), sort: run.errors, bad: run.errors > 0 },
        ]),
    )}`;
}

/** Where the level of p95 changed, among the runs that say something of the target. */
function changesOf(history: readonly HistoryPoint[]): Html | null {
  const told = history.flatMap(({ id, state, p95 }) => (p95 === null || state === 'INVALID' ? [] : [{ id, p95 }]));
  const changes = changePoints(told.map(({ p95 }) => p95));
  if (changes.length === 0) return null;
  const lines = changes.map(
    ({ index, before, after }) =>
      markup`<li>p95 ${formatMs(before)} → ${formatMs(after)} from ${foreign(told[index]?.id ?? '')} on</li>`,
  );
  return markup`<p>The level changed:</p>
    <ul>
      ${lines}
    </ul>`;
}
