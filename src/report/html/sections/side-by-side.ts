/** Several runs in one page: a card each, and a table of endpoints with a column a run. */
import { formatMs, formatRate, formatShare } from '../../format.ts';
import { runLetter } from '../charts.ts';
import { foreign, markup, type Html } from '../markup.ts';
import type { RunView } from '../types.ts';
import { sortableTable, type Cell } from './tables.ts';
import { failedShare } from './verdict.ts';

export function sideBySideSections(runs: readonly RunView[]): { banners: Html; tables: Html } {
  const banners = markup`<div class="runs">
    ${runs.map(
      ({ record }, index) =>
        markup`<section class="verdict small ${record.verdict.state}" aria-label="Run ${runLetter(index)}">
          <div class="mark" aria-hidden="true">${runLetter(index)}</div>
          <div>
            <h2>${record.verdict.state} <span>${foreign(record.env)} · ${foreign(record.profile)}</span></h2>
            <p>
              ${formatRate(record.total.rate)} req/s · p95 ${formatMs(record.total.duration?.p95 ?? null)} ·
              ${formatShare(failedShare(record.total))} errors
            </p>
            ${record.verdict.reasons.slice(0, 3).map((reason) => markup`<p>${foreign(reason)}</p>`)}
            <p class="when">${foreign(record.id)}</p>
          </div>
        </section>`,
    )}
  </div>`;
  const names = [...new Set(runs.flatMap(({ record }) => record.endpoints.map(({ name }) => name)))];
  const row = (name: string | undefined): Cell[] => [
    { show: name === undefined ? 'all' : foreign(name) },
    ...(['p50', 'p95', 'rate', 'errors'] as const).flatMap((measure) => runs.map((run) => cell(run, name, measure))),
  ];
  const heads = ['p50', 'p95', 'req/s', 'errors'].flatMap((head) =>
    runs.map((_, index) => ({ head: `${head} ${runLetter(index)}`, numeric: true })),
  );
  const tables = sortableTable(
    'Endpoints, run by run',
    [{ head: 'endpoint', numeric: false }, ...heads],
    names.map(row),
    [row(undefined)],
  );
  return { banners, tables };
}

function cell({ record }: RunView, name: string | undefined, measure: 'p50' | 'p95' | 'rate' | 'errors'): Cell {
  const endpoint = name === undefined ? record.total : record.endpoints.find((each) => each.name === name);
  if (endpoint === undefined) return { show: '–', sort: -1 };
  if (measure === 'rate') return { show: formatRate(endpoint.rate), sort: endpoint.rate };
  if (measure === 'errors') {
    const share = failedShare(endpoint);
    return { show: formatShare(share), sort: share, bad: share > 0 };
  }
  const ms = endpoint.duration?.[measure === 'p50' ? 'med' : 'p95'] ?? null;
  return { show: formatMs(ms), sort: ms ?? -1 };
}
