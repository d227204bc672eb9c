/** htmlReport of benc-uk's k6-reporter, by its public documentation, with a page of our own. Runs inside scripts. */
import { humanValue, percent } from '../../../summary/text/format.ts';
import type { SummaryData, SummaryGroup, SummaryMetric } from '../../../summary/text/index.ts';

export interface ReportOptions {
  /** Heading and title; default: date and time. */
  readonly title?: string;
  /** Accepted for compatibility: there is one theme, following the reader's light or dark setting. */
  readonly theme?: string;
  /** Print the summary data on the console. */
  readonly debug?: boolean;
}

const STYLE = `:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;margin:1rem 0 2rem}th,td{text-align:right;padding:.3rem .6rem;border-bottom:1px solid #8884}
th:first-child,td:first-child{text-align:left}.bad{color:#d33}.good{color:#2a8}.cards{display:flex;gap:1rem;flex-wrap:wrap}
.cards div{border:1px solid #8884;border-radius:.5rem;padding:.6rem 1rem;min-width:9rem}.cards b{display:block;font-size:1.5rem}`;

/** One self-contained page: totals, trends, other metrics with their thresholds, checks by group. */
export function htmlReport(data: SummaryData, options: ReportOptions = {}): string {
  if (options.debug === true) console.log(JSON.stringify(data, null, 2));
  const title = options.title ?? new Date().toISOString().slice(0, 16).replace('T', ' ');
  const metrics = Object.entries(data.metrics).sort(([a], [b]) => (a < b ? -1 : 1));
  const trends = metrics.filter(([, { type }]) => type === 'trend');
  const others = metrics.filter(([, { type }]) => type !== 'trend');
  const unit = data.options.summaryTimeUnit;
  const stats = [...new Set(trends.flatMap(([, { values }]) => Object.keys(values)))];
  const body = [
    `<h1>${escapeHtml(title)}</h1>`,
    cards(data),
    table(
      ['Trends and times', ...stats],
      trends.map(([name, metric]) => [
        metricName(name, metric),
        ...stats.map((stat) =>
          metric.values[stat] === undefined ? '–' : humanValue(metric.values[stat], metric.contains, unit),
        ),
      ]),
    ),
    table(
      ['Other metrics', 'values'],
      others.map(([name, metric]) => [metricName(name, metric), valuesOf(metric, unit)]),
    ),
    ...groups(data.root_group),
  ];
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>k6 report: ${escapeHtml(title)}</title><style>${STYLE}</style></head>\n<body>\n${body.join('\n')}\n</body></html>\n`;
}

function cards({ metrics, root_group: root }: SummaryData): string {
  const crossed = Object.values(metrics).flatMap(({ thresholds }) => Object.values(thresholds ?? {}));
  const failedThresholds = crossed.filter(({ ok }) => !ok).length;
  const checks = allChecks(root);
  const failedChecks = checks.reduce((sum, { fails }) => sum + fails, 0);
  const card = (label: string, value: string, bad: boolean): string =>
    `<div>${label}<b class="${bad ? 'bad' : 'good'}">${value}</b></div>`;
  const failedRequests = metrics['http_req_failed']?.values['passes'] ?? 0;
  return `<div class="cards">${[
    card('Requests', String(metrics['http_reqs']?.values['count'] ?? 0), false),
    card('Failed requests', String(failedRequests), failedRequests > 0),
    card('Breached thresholds', `${failedThresholds} of ${crossed.length}`, failedThresholds > 0),
    card('Failed checks', String(failedChecks), failedChecks > 0),
  ].join('')}</div>`;
}

function metricName(name: string, { thresholds }: SummaryMetric): string {
  const marks = Object.entries(thresholds ?? {}).map(
    ([source, { ok }]) => `<br><small class="${ok ? 'good' : 'bad'}">${ok ? '✓' : '✗'} ${escapeHtml(source)}</small>`,
  );
  return escapeHtml(name) + marks.join('');
}

function valuesOf({ type, contains, values }: SummaryMetric, unit: string): string {
  return Object.entries(values)
    .map(
      ([key, value]) =>
        `${key} ${type === 'rate' && key === 'rate' ? percent(value) : humanValue(value, contains, unit)}`,
    )
    .join(', ');
}

function groups(group: SummaryGroup): string[] {
  const rows = group.checks.map(({ name, passes, fails }) => [
    `<span class="${fails > 0 ? 'bad' : 'good'}">${fails > 0 ? '✗' : '✓'}</span> ${escapeHtml(name)}`,
    String(passes),
    String(fails),
    percent(passes + fails === 0 ? 0 : passes / (passes + fails)),
  ]);
  const title = group.path === '' ? 'Checks' : `Group: ${group.path.split('::').slice(1).join(' / ')}`;
  const own = rows.length === 0 ? [] : [table([escapeHtml(title), 'passed', 'failed', 'share'], rows)];
  return [...own, ...group.groups.flatMap(groups)];
}

const allChecks = (group: SummaryGroup): SummaryGroup['checks'] => [
  ...group.checks,
  ...group.groups.flatMap(allChecks),
];

/** @param rows cells as HTML */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, row: readonly string[]): string =>
    `<tr>${row.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return `<table><thead>${cells('th', head)}</thead><tbody>${rows.map((row) => cells('td', row)).join('\n')}</tbody></table>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
