/** The table of endpoints, as wide as the terminal allows. */
import Table from 'cli-table3';
import pc from 'picocolors';
import type { EndpointResult } from '../../results/record.ts';
import { endpoints } from '../../suite/endpoints.ts';
import { formatCount, formatMs, formatRate, formatShare } from '../format.ts';

const time =
  (key: 'avg' | 'med' | 'p90' | 'p95' | 'p99' | 'max') =>
  ({ duration }: EndpointResult): string =>
    formatMs(duration?.[key] ?? null);

const columnsOf = {
  requests: ({ requests }: EndpointResult) => formatCount(requests),
  'req/s': ({ rate }: EndpointResult) => formatRate(rate),
  avg: time('avg'),
  p50: time('med'),
  p90: time('p90'),
  p95: time('p95'),
  p99: time('p99'),
  max: time('max'),
  errors: ({ requests, failed }: EndpointResult) => formatShare(requests === 0 ? 0 : failed / requests),
} as const;
type Column = keyof typeof columnsOf;

/** What a narrow terminal can do without, the first one first; p95 and errors stay. */
const dispensable: readonly Column[] = ['avg', 'p90', 'max', 'p50', 'req/s', 'p99', 'requests'];
/** Columns go before a name becomes shorter than this; then the name does. */
const fairName = 24;
const shortestName = 12;
const gap = 2;

/** @param width of the terminal; undefined where nothing wraps */
export function endpointTable(results: readonly EndpointResult[], width = Infinity): string {
  const sizes = Object.fromEntries(
    Object.entries(columnsOf).map(([name, show]) => [name, longest([name, ...results.map(show)]) + gap]),
  ) as Record<Column, number>;
  const names = results.map(({ name }) => (name === 'all' ? 'all' : routeOf(name)));
  const widestName = longest(['endpoint', ...names]) + gap;
  let shown = Object.keys(columnsOf) as Column[];
  // A line that fills the terminal to its last column would wrap.
  const room = (): number => width - 1 - shown.reduce((sum, column) => sum + sizes[column], 0);
  for (const column of dispensable) {
    if (room() >= Math.min(widestName, fairName)) break;
    shown = shown.filter((name) => name !== column);
  }
  const nameWidth = Math.max(shortestName, Math.min(widestName, room())) - gap;
  const table = new Table({
    head: ['endpoint', ...shown].map((text) => pc.dim(text)),
    colAligns: ['left', ...shown.map(() => 'right' as const)],
    chars: plainChars,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': gap },
  });
  for (const [index, result] of results.entries()) {
    const cells = [
      cut(names[index] ?? '', nameWidth),
      ...shown.map((column) => {
        const text = columnsOf[column](result);
        if (column !== 'errors') return text;
        return result.failed === 0 ? pc.dim(text) : pc.red(text);
      }),
    ];
    table.push(result.name === 'all' ? cells.map((cell) => pc.bold(cell)) : cells);
  }
  return table.toString();
}

const longest = (texts: readonly string[]): number => Math.max(...texts.map((text) => text.length));
const cut = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, width - 1)}…`);

/** The endpoint as people know it; the name itself for endpoints of one's own scenarios. */
function routeOf(name: string): string {
  return Object.values(endpoints).find((endpoint) => endpoint.name === name)?.route ?? name;
}

const none = '';
const plainChars = {
  top: none,
  'top-mid': none,
  'top-left': none,
  'top-right': none,
  bottom: none,
  'bottom-mid': none,
  'bottom-left': none,
  'bottom-right': none,
  left: none,
  'left-mid': none,
  mid: none,
  'mid-mid': none,
  right: none,
  'right-mid': none,
  middle: none,
};
