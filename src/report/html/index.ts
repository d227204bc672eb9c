/** report.html of a run: one file, no network, no script. */
import type { EndpointResult, RunRecord } from '../../results/record.ts';
import { formatCount, formatMs, formatRate, formatShare, formatThresholdValue } from '../format.ts';

const style = `
  :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
  body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
  .verdict { padding: .75rem 1rem; border-radius: .5rem; color: #fff; }
  .PASS { background: #17693a; } .FAIL { background: #a4161a; } .INVALID { background: #7a4b00; }
  .scroll { overflow-x: auto; }
  table { border-collapse: collapse; width: 100%; margin: 1rem 0; font-variant-numeric: tabular-nums; }
  th, td { padding: .3rem .6rem; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); text-align: right; }
  th:first-child, td:first-child { text-align: left; }
`;

export function renderHtml(record: RunRecord): string {
  const title = `${record.verdict.state}: ${record.env} / ${record.profile}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Load test</h1>
<section class="verdict ${record.verdict.state}"><h2>${escapeHtml(title)}</h2>${list(record.verdict.reasons)}</section>
<p>${escapeHtml(sentence(record))}</p>
<h2>Endpoints</h2>
${table(
  ['endpoint', 'requests', 'rate', 'avg', 'p50', 'p90', 'p95', 'p99', 'max', 'errors'],
  [...record.endpoints, { ...record.total, name: 'all' }].map(endpointCells),
)}
<h2>Thresholds</h2>
${table(
  ['threshold', 'observed', 'state'],
  record.thresholds.map(({ metric, expression, value, ok }) => [
    `${metric}: ${expression}`,
    formatThresholdValue(metric, expression, value),
    ok ? 'pass' : 'FAIL',
  ]),
)}
<h2>Checks</h2>
${table(
  ['check', 'passed', 'failed'],
  record.checks.map(({ path, passes, fails }) => [
    path.replace(/^::/, '').replaceAll('::', ' › '),
    formatCount(passes),
    formatCount(fails),
  ]),
)}
</main>
</body>
</html>
`;
}

function sentence(record: RunRecord): string {
  const { total, engine, target, machine } = record;
  return (
    `${formatCount(total.requests)} requests in ${record.durationSeconds.toFixed(1)} s to ${target.url} ` +
    `from ${record.startedAt}, by ${engine.name} ${engine.version ?? ''} on ${machine.class}.`
  );
}

function endpointCells(endpoint: EndpointResult): string[] {
  const { name, requests, rate, failed, duration } = endpoint;
  return [
    name,
    formatCount(requests),
    `${formatRate(rate)}/s`,
    ...(['avg', 'med', 'p90', 'p95', 'p99', 'max'] as const).map((key) => formatMs(duration?.[key] ?? null)),
    formatShare(requests === 0 ? 0 : failed / requests),
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, row: readonly string[]): string =>
    `<tr>${row.map((text) => `<${tag}>${escapeHtml(text)}</${tag}>`).join('')}</tr>`;
  const body = rows.map((row) => cells('td', row)).join('\n');
  return `<div class="scroll"><table><thead>${cells('th', head)}</thead><tbody>${body}</tbody></table></div>`;
}

const list = (items: readonly string[]): string =>
  items.length === 0 ? '' : `<ul>${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`;

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
