/** Tables of a run: endpoints, thresholds, checks, failing requests. */
import type { EndpointResult, RunRecord, ThresholdResult } from '../../../results/record.ts';
import { lateEndpoints, lateStarts } from '../../from-intended.ts';
import { formatCount, formatMs, formatRate, formatShare, formatThresholdValue } from '../../format.ts';
import { foreign, markup, type Html } from '../markup.ts';
import { failedShare } from './verdict.ts';

export interface Cell {
  readonly show: Html | string;
  /** What a column is sorted by; without it the column's text. */
  readonly sort?: number;
  readonly bad?: boolean;
}

export interface Column {
  readonly head: string;
  readonly numeric: boolean;
}

/** A table that the reader can sort, and that scrolls by itself on a narrow screen. */
export function sortableTable(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  foot: readonly (readonly Cell[])[] = [],
): Html {
  const cell = ({ show, sort, bad }: Cell, index: number): Html => {
    const kind = [columns[index]?.numeric === true ? 'num' : '', bad === true ? 'bad' : ''].filter(Boolean).join(' ');
    const value = sort === undefined ? null : markup` data-sort="${sort}"`;
    const tag = index === 0 ? markup`th scope="row"` : markup`td`;
    return markup`<${tag}${kind === '' ? null : markup` class="${kind}"`}${value}>${show}</${index === 0 ? markup`th` : markup`td`}>`;
  };
  const line = (row: readonly Cell[]): Html =>
    markup`<tr>
      ${row.map(cell)}
    </tr> `;
  return markup`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table class="sortable">
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(({ head, numeric }) => markup`<th scope="col" ${numeric ? markup` class="num"` : null}>${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(line)}
      </tbody>
      ${
        foot.length === 0
          ? null
          : markup`<tfoot>
              ${foot.map(line)}
            </tfoot>`
      }
    </table>
  </div>`;
}

const times = ['avg', 'med', 'p90', 'p95', 'p99', 'max'] as const;

export function endpointsTable(record: RunRecord): Html {
  if (record.endpoints.length === 0) return markup`<p class="empty">No request was made.</p>`;
  const failures = record.endpoints.some(({ failed }) => failed > 0);
  const row = (endpoint: EndpointResult, name: Html | string): Cell[] => [
    { show: name },
    { show: formatCount(endpoint.requests), sort: endpoint.requests },
    { show: formatRate(endpoint.rate), sort: endpoint.rate },
    ...times.map((key) => ({ show: formatMs(endpoint.duration?.[key] ?? null), sort: endpoint.duration?.[key] ?? -1 })),
    {
      show: formatShare(failedShare(endpoint)),
      sort: failedShare(endpoint),
      bad: endpoint.failed > 0,
    },
    ...(failures
      ? [
          {
            show: foreign(
              Object.entries(endpoint.errors)
                .map(([kind, n]) => `${kind} × ${formatCount(n)}`)
                .join(', '),
            ),
          },
        ]
      : []),
  ];
  const late = lateStarts(record);
  const table = sortableTable(
    'Endpoints',
    [
      { head: 'endpoint', numeric: false },
      ...['requests', 'req/s', 'avg', 'p50', 'p90', 'p95', 'p99', 'max', 'errors'].map((head) => ({
        head,
        numeric: true,
      })),
      ...(failures ? [{ head: 'what failed', numeric: false }] : []),
    ],
    record.endpoints.map((endpoint) => row(endpoint, foreign(endpoint.name))),
    record.endpoints.length > 1 ? [row(record.total, 'all')] : [],
  );
  return late === undefined ? table : markup`<p>${late}</p>${table}`;
}

/** What waiting for a free user hides from the times; null when nobody waited. */
export function waitsTable(record: RunRecord): Html | null {
  const waits = lateEndpoints(record);
  if (waits.length === 0) return null;
  const keys = ['med', 'p95', 'p99', 'max'] as const;
  const table = sortableTable(
    'From the intended start',
    [
      { head: 'endpoint', numeric: false },
      ...['p50', 'p95', 'p99', 'max'].map((head) => ({ head, numeric: true })),
      { head: 'p95 without the wait', numeric: true },
      { head: 'p99 without the wait', numeric: true },
    ],
    waits.map(({ name, duration, fromIntended }) => [
      { show: foreign(name) },
      ...keys.map((key) => ({ show: formatMs(fromIntended[key]), sort: fromIntended[key] })),
      ...(['p95', 'p99'] as const).map((key) => ({ show: formatMs(duration[key]), sort: duration[key] })),
    ]),
  );
  return markup`${table}
    <p class="dim">
      Iterations started late because no user was free. The times of the first table leave that wait out; these have it.
    </p>`;
}

/** From this number on, limits of single endpoints that held are folded away. */
const foldedFrom = 4;

/** Those crossed first. Limits of single endpoints that held are there, but not in the way. */
export function thresholdsTable({ thresholds }: RunRecord): Html {
  if (thresholds.length === 0) return markup`<p class="empty">This run had no thresholds.</p>`;
  const single = thresholds.filter(({ ok, metric }) => ok && metric.includes('{'));
  if (single.length < foldedFrom || single.length === thresholds.length) return limitsTable('Thresholds', thresholds);
  const shown = thresholds.filter((threshold) => !single.includes(threshold));
  return markup`${limitsTable('Thresholds', shown)}
    <details class="more">
      <summary>${single.length} limits of single endpoints held</summary>
      ${limitsTable('Thresholds of single endpoints', single)}
    </details>`;
}

function limitsTable(caption: string, thresholds: readonly ThresholdResult[]): Html {
  const sorted = [...thresholds].sort((a, b) => Number(a.ok) - Number(b.ok));
  return sortableTable(
    caption,
    [
      { head: 'metric', numeric: false },
      { head: 'limit', numeric: false },
      { head: 'state', numeric: false },
      { head: 'observed', numeric: true },
      { head: 'room', numeric: true },
    ],
    sorted.map((threshold) => {
      const { metric, expression, ok, value } = threshold;
      const room = roomOf(threshold);
      return [
        { show: foreign(metric) },
        { show: foreign(expression) },
        {
          show: markup`<span class="state ${ok ? 'pass' : 'fail'}">${ok ? '✓ held' : '✕ crossed'}</span>`,
          sort: ok ? 1 : 0,
        },
        { show: formatThresholdValue(metric, expression, value), sort: value ?? -1 },
        {
          show: room === null ? '–' : markup`${meter(room, ok)} <span class="room">${signed(room)}</span>`,
          sort: room ?? -Infinity,
        },
      ];
    }),
  );
}

/** Distance to the limit as a share of it, positive while it holds; null when it cannot be said. */
export function roomOf({ expression, value, limit }: ThresholdResult): number | null {
  if (value === null || limit === null) return null;
  const below = /^[^<>=!]*</.test(expression);
  const above = /^[^<>=!]*>/.test(expression);
  if (!below && !above) return null;
  // A share that must stay above 99 % is a share of faults that must stay below 1 %.
  if (above && expression.trimStart().startsWith('rate') && limit < 1) return 1 - (1 - value) / (1 - limit);
  if (limit === 0) return null;
  return below ? 1 - value / limit : value / limit - 1;
}

const signed = (room: number): string => {
  const percent = Math.round(room * 100);
  return Math.abs(percent) > 999
    ? `${percent < 0 ? '−' : ''}> 999 %`
    : `${percent < 0 ? '−' : ''}${Math.abs(percent)} %`;
};

/** How much of the limit is used up; the tick is the limit. */
function meter(room: number, ok: boolean): Html {
  const used = Math.max(0, Math.min(1.25, 1 - room));
  return markup`<svg class="meter" viewBox="0 0 125 10" width="75" height="8" aria-hidden="true">
    <rect class="track" width="125" height="10" rx="3" />
    <rect class="${ok ? 'good' : 'over'}" width="${Math.max(2, used * 100).toFixed(1)}" height="10" rx="3" />
    <rect class="tick" x="99" width="2" height="10" />
  </svg>`;
}

export function checksTable({ checks }: RunRecord): Html | null {
  if (checks.length === 0) return null;
  const sorted = [...checks].sort((a, b) => b.fails - a.fails);
  return sortableTable(
    'Checks',
    [
      { head: 'check', numeric: false },
      { head: 'passed', numeric: true },
      { head: 'failed', numeric: true },
      { head: 'held', numeric: true },
    ],
    sorted.map(({ path, passes, fails }) => [
      { show: foreign(path.replace(/^::/, '').replaceAll('::', ' › ')) },
      { show: formatCount(passes), sort: passes },
      { show: formatCount(fails), sort: fails, bad: fails > 0 },
      { show: formatShare(passes / Math.max(1, passes + fails)), sort: passes / Math.max(1, passes + fails) },
    ]),
  );
}

const longestBody = 1000;

export function failureSamples({ samples }: RunRecord): Html | null {
  if (samples.length === 0) return null;
  return markup`<div class="samples">
    ${samples.slice(0, 50).map(
      ({ endpoint, method, url, status, error, body, count }) =>
        markup`<details>
          <summary>
            <b>${status === 0 ? 'no answer' : status}</b> <code>${foreign(method)}</code> ${foreign(url)}
            <span class="dim">${foreign(endpoint)} · × ${formatCount(count)}</span>
          </summary>
          ${error === '' ? null : markup`<p>${foreign(error)}</p>`}${body === '' ? markup`<p class="dim">The answer had no body.</p>` : markup`<pre tabindex="0" dir="auto">${body.slice(0, longestBody)}</pre>`}
        </details>`,
    )}
  </div>`;
}
