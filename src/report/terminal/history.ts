/** A history of runs on a screen: a line for each metric, then the changes. */
import pc from 'picocolors';
import type { History, HistoryMetric } from '../../analysis/series/history.ts';
import type { HistoryRun } from '../../results/history.ts';
import { formatMs, formatRate, formatShare } from '../format.ts';
import { sparkline } from './live/sparkline.ts';

const metrics: Readonly<
  Record<HistoryMetric, { title: string; show: (value: number) => string; moreIsWorse: boolean }>
> = {
  p50: { title: 'p50', show: formatMs, moreIsWorse: true },
  p95: { title: 'p95', show: formatMs, moreIsWorse: true },
  rate: { title: 'throughput', show: (value) => `${formatRate(value)} req/s`, moreIsWorse: false },
  errors: { title: 'error rate', show: formatShare, moreIsWorse: true },
};
const width = 60;

export function renderHistory({ env, profile, points, changes, leftOut }: History): string {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined) return `There is no run of ${env}/${profile} yet.\n`;
  const day = ({ startedAt }: HistoryRun): string => startedAt.slice(0, 10);
  const left = Object.entries(leftOut).map(([reason, count]) => `${count} ${reason}`);
  const count = `${points.length} ${points.length === 1 ? 'run' : 'runs'} of ${env}/${profile}`;
  const when = day(first) === day(last) ? day(first) : `${day(first)} to ${day(last)}`;
  return [
    `${pc.bold(count)}, ${when}${left.length === 0 ? '' : pc.dim(` (left out: ${left.join(', ')})`)}`,
    '',
    ...(Object.keys(metrics) as HistoryMetric[]).map((name) => {
      const { title, show } = metrics[name];
      const values = points.map((point) => point[name]);
      const shown = Math.min(width, values.length);
      const now = values.at(-1);
      return `${title.padEnd(10)}  ${pc.cyan(sparkline(values, shown))}  ${now == null ? '–' : show(now)}`;
    }),
    ...(points.length > width ? [pc.dim(`            the last ${width} of them`)] : []),
    '',
    ...changeLines(points, changes),
    '',
  ].join('\n');
}

function changeLines(points: readonly HistoryRun[], changes: History['changes']): string[] {
  // Three runs on either side, and enough orders of them for the permutation test to tell.
  if (points.length < 8) return [pc.dim('Too few runs to find changes: it takes about eight.')];
  if (changes.length === 0) return ['No change of level found.'];
  return changes.map(({ metric, id, startedAt, before, after, pValue }) => {
    const { title, show, moreIsWorse } = metrics[metric];
    const colour = after > before === moreIsWorse ? pc.red : pc.green;
    const change = before === 0 ? '' : `${signed(after / before - 1)}, `;
    return colour(
      `${title}: ${change}${show(before)} → ${show(after)} from ${id} on (${startedAt.slice(0, 16).replace('T', ' ')}, p = ${pValue.toFixed(3)})`,
    );
  });
}

const signed = (share: number): string => `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(0)} %`;
