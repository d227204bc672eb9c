// Puts the figures into docs/performance.md, between its two marks, and draws docs/performance.svg.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { number, range } from './format.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
export const figuresFile = path.join(root, 'bench', 'figures.json');
const page = path.join(root, 'docs', 'performance.md');
const picture = path.join(root, 'docs', 'performance.svg');
const MARKS = ['<!-- figures: written by npm run bench -- --doc -->', '<!-- end of the figures -->'];

export function writeDocument(measured) {
  const text = readFileSync(page, 'utf8');
  const [begin, end] = MARKS.map((mark) => text.indexOf(mark));
  if (begin < 0 || end < begin) throw new Error(`${page} lacks the marks of its figures: ${MARKS.join(' and ')}`);
  const figures = render(measured);
  writeFileSync(page, `${text.slice(0, begin)}${MARKS[0]}\n\n${figures}\n\n${text.slice(end)}`);
  writeFileSync(picture, chart(measured));
}

function render({ date, machine, node, runs, seconds, command, results }) {
  const state = ({ ok, reached }) => (reached ? 'goal' : ok ? 'bar' : '**missed**');
  const checks = results.flatMap(({ title, load, error, checks: list }) =>
    error === undefined
      ? list.map(
          (check) =>
            `| ${title} | ${check.name} | ${range(check)} | ${number(check.bar)} | ${number(check.goal)} | ${state(check)} | ${load.toFixed(1)} |`,
        )
      : [
          `| ${title} | not measured: ${error.split('\n')[0].replaceAll('|', '/')} | | | | **missed** | ${load.toFixed(1)} |`,
        ],
  );
  const figures = results.flatMap(({ title, figures: list }) =>
    Object.entries(list).map(
      ([name, value]) => `| ${title} | ${name} | ${typeof value === 'string' ? value : range(value)} |`,
    ),
  );
  return [
    `Measured ${date} on ${machine}, Node ${node.slice(1)}, last by \`${command}\`:`,
    `${runs} round(s) of ${seconds} s a row there, middle (least…most); rows it did not measure are from a command before.`,
    'The last column is the load average when the row began: above 1,',
    'other programs were at work, and rates, processor times and latencies are worse for it; memory is not.',
    '',
    '![Each check over its bar](performance.svg)',
    '',
    '| what | measure | found | bar | goal | holds | load |',
    '|---|---|--:|--:|--:|---|--:|',
    ...checks,
    '',
    'The plain figures behind them:',
    '',
    '| what | figure | found |',
    '|---|---|--:|',
    ...figures,
  ].join('\n');
}

/** A bar a check: how many times better than its bar it is, on a scale of doublings. */
function chart({ results }) {
  const rows = results.flatMap(({ id, checks }) =>
    checks
      .filter(({ bar, median }) => Number.isFinite(bar) && bar > 0 && median > 0)
      .map((check) => {
        const times = (value) => (check.higher ? value / check.bar : check.bar / value);
        return { name: `${id}: ${check.name}`, found: times(check.median), goal: times(check.goal) };
      }),
  );
  const [left, width, step, top] = [290, 330, 24, 34];
  const [low, high] = [-2, 4];
  const x = (times) => left + (width * (Math.min(high, Math.max(low, Math.log2(times))) - low)) / (high - low);
  const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const height = top + rows.length * step + 10;
  const grid = [0.25, 0.5, 1, 2, 4, 8, 16].map(
    (times) =>
      `<line x1="${x(times)}" x2="${x(times)}" y1="${top - 8}" y2="${height - 8}" stroke="${times === 1 ? '#444' : '#ddd'}"/>` +
      `<text x="${x(times)}" y="${top - 14}" text-anchor="middle">${times === 1 ? 'bar' : `× ${times}`}</text>`,
  );
  const bars = rows.map(({ name, found, goal }, index) => {
    const y = top + index * step;
    const [from, to] = [Math.min(x(1), x(found)), Math.max(x(1), x(found))];
    return [
      `<text x="${left - 8}" y="${y + 12}" text-anchor="end">${escape(name)}</text>`,
      `<rect x="${from.toFixed(1)}" y="${y}" width="${Math.max(1, to - from).toFixed(1)}" height="16" fill="${found >= 1 ? '#2b6cb0' : '#c05621'}"/>`,
      `<line x1="${x(goal).toFixed(1)}" x2="${x(goal).toFixed(1)}" y1="${y - 2}" y2="${y + 18}" stroke="#276749" stroke-width="2"/>`,
      `<text x="${left + width + 8}" y="${y + 12}">× ${found.toPrecision(2)}</text>`,
    ].join('');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + width + 70} ${height}" role="img" font-family="system-ui, sans-serif" font-size="12" fill="#444"><title>How many times better than its bar each check is; a green line marks the goal</title>
<rect width="100%" height="100%" fill="#fff"/>
${grid.join('\n')}
${bars.join('\n')}
</svg>
`;
}
