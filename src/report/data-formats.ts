/** A run for other programs: all of it as JSON, its figures as CSV. */
import type { BaselineComparison } from '../analysis/compare/types.ts';
import type { EndpointResult, RunRecord } from '../results/record.ts';

export const renderJson = (record: RunRecord, comparison?: BaselineComparison): string =>
  `${JSON.stringify({ ...record, comparison: comparison ?? null }, undefined, 2)}\n`;

const times = ['min', 'avg', 'med', 'p90', 'p95', 'p99', 'max'] as const;

/** One line an endpoint, the last one all of them together; times in milliseconds (RFC 4180). */
export function renderCsv(record: RunRecord): string {
  const head = ['run', 'environment', 'profile', 'endpoint', 'requests', 'requests_per_second', 'failed', ...times];
  const line = (endpoint: EndpointResult, name: string): string[] => [
    record.id,
    record.env,
    record.profile,
    name,
    String(endpoint.requests),
    String(endpoint.rate),
    String(endpoint.failed),
    ...times.map((key) => (endpoint.duration === null ? '' : String(endpoint.duration[key]))),
  ];
  const rows = [head, ...record.endpoints.map((each) => line(each, each.name)), line(record.total, '(all)')];
  return rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

/** A cell that begins like a formula is given an apostrophe: a spreadsheet would run it. */
function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?[\d.e+-]+$/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
