/** The difference to the baseline: a table whose last column is a forest plot of the intervals. */
import type { BaselineComparison, Comparison, MetricName } from '../../../analysis/compare/types.ts';
import { comparisonHeadline, comparisonRow } from '../../comparison.ts';
import { formatMs, formatRate, formatShare } from '../../format.ts';
import { foreign, markup, type Html } from '../markup.ts';
import { sortableTable } from './tables.ts';

const names: Record<MetricName, string> = {
  p50: 'p50',
  p95: 'p95',
  p99: 'p99',
  mean: 'mean',
  throughput: 'throughput',
  errorRate: 'errors',
  checkRate: 'checks held',
};
const order = { worse: 0, inconclusive: 1, better: 2, same: 3 } as const;

export function comparisonSection(comparison: BaselineComparison): Html {
  const { against, state, reasons, report } = comparison;
  if (report === null) {
    const why = reasons.length === 0 ? [state] : reasons;
    return markup`<p>Not compared with ${foreign(against)}:</p>
      <ul>
        ${why.map((reason) => markup`<li>${foreign(reason)}</li>`)}
      </ul>`;
  }
  const rows = [...report.comparisons].sort((a, b) => order[a.outcome] - order[b.outcome]);
  const scale = scaleOf(rows);
  const headline = comparisonHeadline(comparison).replace(/^the /, '');
  // Its first word says it.
  const word = headline.indexOf(' ');
  return markup`<p>
      <span class="outcome ${report.outcome}">${headline.slice(0, word)}</span>${foreign(headline.slice(word))}${report.weak ? ' (weak: fewer than five)' : ''}.
      Bars are 95 % intervals; the shaded band is what does not matter.
    </p>
    ${report.notes.map((note) => markup`<p class="dim">${foreign(note)}</p>`)}
    ${sortableTable(
      'Difference to the baseline',
      [
        { head: 'endpoint', numeric: false },
        { head: 'metric', numeric: false },
        { head: 'outcome', numeric: false },
        { head: 'change', numeric: true },
        { head: 'interval', numeric: false },
        { head: 'baseline', numeric: true },
        { head: 'this run', numeric: true },
        { head: 'to settle it', numeric: false },
      ],
      rows.map((row) => [
        { show: row.endpoint === '' ? 'all' : foreign(row.endpoint) },
        { show: names[row.metric] },
        { show: markup`<span class="outcome ${row.outcome}">${row.outcome}</span>`, sort: order[row.outcome] },
        { show: change(row.effect.value), sort: row.effect.value },
        { show: interval(row, scale), sort: row.effect.low },
        { show: amount(row, row.baseline), sort: row.baseline },
        { show: amount(row, row.candidate), sort: row.candidate },
        { show: markup`<span class="remark">${comparisonRow(row).remark}</span>`, sort: row.moreRuns ?? 0 },
      ]),
    )}`;
}

const amount = ({ unit }: Comparison, value: number): string =>
  unit === 'ms' ? formatMs(value) : unit === 'share' ? formatShare(value) : `${formatRate(value)}/s`;

const change = (value: number): string => `${value > 0 ? '+' : value < 0 ? '−' : ''}${formatShare(Math.abs(value))}`;

/** Half the width of the plot: wide enough for most intervals; one that is wider is cut and has an arrow. */
function scaleOf(rows: readonly Comparison[]): number {
  const ends = rows.flatMap(({ effect }) => [Math.abs(effect.low), Math.abs(effect.high)]).sort((a, b) => a - b);
  return Math.max(0.05, Math.min(1, ends[Math.floor(ends.length * 0.9)] ?? 0.05) * 1.1);
}

function interval({ effect, margin, outcome }: Comparison, scale: number): Html {
  const at = (value: number): number => 100 + Math.max(-1, Math.min(1, value / scale)) * 96;
  const [low, high, middle] = [at(effect.low), at(effect.high), at(effect.value)];
  const band = at(Math.min(margin, scale)) - 100;
  const label = `${change(effect.low)} to ${change(effect.high)}`;
  const arrow = (x: number, direction: number): Html => markup`<path d="M${x} 9 l${-6 * direction} -4 v8 z" />`;
  return markup`<svg
    class="forest ${outcome}"
    viewBox="0 0 200 18"
    width="200"
    height="18"
    role="img"
    aria-label="${label}"
  >
    <title>${label}</title>
    <rect class="band" x="${(100 - band).toFixed(1)}" width="${(2 * band).toFixed(1)}" height="18" />
    <path class="zero" d="M100 0V18" />
    <path class="bar" d="M${low.toFixed(1)} 9H${high.toFixed(1)}" />
    <circle cx="${middle.toFixed(1)}" cy="9" r="4" />
    ${effect.high > scale ? arrow(199, 1) : null}${effect.low < -scale ? arrow(1, -1) : null}
  </svg>`;
}
