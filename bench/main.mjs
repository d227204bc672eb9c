// `npm run bench`: see `help` below.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { readArguments } from '../scripts/lib/arguments.mjs';
import { buildBase, defaultBase } from './lib/base.mjs';
import { figuresFile, writeDocument } from './lib/document.mjs';
import { engines } from './lib/engine.mjs';
import { meets, number, range } from './lib/format.mjs';
import { peers } from './lib/peers.mjs';
import { rows } from './rows/index.mjs';

const help = `npm run bench -- [options]
  measures the embedded engine beside its peers and prints ratios with their spread; takes minutes
  --only a,b         rows by id: ${rows.map(({ id }) => id).join(', ')}
  --runs N           rounds a row (5)
  --seconds N        length of a round (10)
  --base REF         also measure that commit, built beside this one ("release": the last tag, else the commit before)
  --quick            throughput alone, for CI: against the base, and fails only when more than 30 % are lost
  --soak-requests N  length of the soaks (10,000,000)
  --json FILE        results for machines
  --doc              writes the figures into docs/performance.md, with the chart
  --render           writes docs/performance.md again from the figures of the last --doc`;
const { values } = readArguments(help, {
  only: { type: 'string' },
  runs: { type: 'string', default: '5', number: true },
  seconds: { type: 'string', default: '10', number: true },
  'soak-requests': { type: 'string', default: '10000000', number: true },
  base: { type: 'string' },
  quick: { type: 'boolean', default: false },
  json: { type: 'string' },
  doc: { type: 'boolean', default: false },
  render: { type: 'boolean', default: false },
});
const QUICK_ROWS = ['throughput'];
/** What --quick tolerates below the bar: a noisy CI machine must not cry wolf. */
const GROSS_LOSS = 0.3;

const wanted = values.only?.split(',') ?? (values.quick ? QUICK_ROWS : rows.map(({ id }) => id));
const unknown = wanted.filter((id) => !rows.some((row) => row.id === id));
if (unknown.length > 0) {
  console.error(`--only: unknown row ${unknown.join(', ')}; there are ${rows.map(({ id }) => id).join(', ')}`);
  process.exit(2);
}
if (values.render) {
  writeDocument(JSON.parse(readFileSync(figuresFile, 'utf8')));
  process.exit();
}

/** The base to measure beside this commit; --quick does without when there is none. */
function base() {
  const ref = values.base ?? (values.quick ? 'release' : undefined);
  if (ref === undefined) return undefined;
  try {
    return buildBase(ref === 'release' ? defaultBase() : ref);
  } catch (error) {
    if (values.base === undefined) return void console.log(`no base to compare with: ${error.message}`);
    console.error(error.message);
    return process.exit(2);
  }
}

const options = {
  runs: values.quick ? 3 : values.runs,
  seconds: values.quick ? 3 : values.seconds,
  arrivalSeconds: 30,
  soakRequests: values['soak-requests'],
  base: base(),
};
const conditions = {
  date: new Date().toISOString().slice(0, 10),
  machine: `${os.cpus()[0]?.model.trim()} × ${os.cpus().length}`,
  node: process.version,
  load: os.loadavg()[0],
  runs: options.runs,
  seconds: options.seconds,
  command: `npm run bench -- ${process.argv.slice(2).join(' ')}`.trim(),
};

console.log(`${conditions.machine}, node ${conditions.node}, load ${conditions.load.toFixed(1)}`);
const beside = [engines.k6 ? 'k6' : 'k6 assumed', ...peers, ...(options.base ? [`base ${options.base.name}`] : [])];
console.log(`peers: ${beside.join(', ')}; ${options.runs} rounds of ${options.seconds} s\n`);

const results = [];
for (const row of rows.filter(({ id }) => wanted.includes(id))) {
  console.log(row.title);
  const load = os.loadavg()[0];
  try {
    const { figures, checks } = await row.measure(options);
    for (const [name, value] of Object.entries(figures))
      console.log(`    ${name}: ${typeof value === 'string' ? value : range(value)}`);
    const judged = checks.map((check) => {
      const slack = values.quick ? (check.higher ? 1 - GROSS_LOSS : 1 + GROSS_LOSS) : 1;
      // With a base, --quick judges this commit against it and nothing else.
      const counts = !values.quick || check.gross === true || options.base === undefined;
      return { ...check, ok: !counts || meets(check, check.bar * slack), reached: meets(check, check.goal) };
    });
    for (const check of judged) {
      const state = check.reached ? 'goal' : check.ok ? 'ok  ' : 'MISS';
      console.log(`  ${state} ${check.name}: ${range(check)}   bar ${number(check.bar)}, goal ${number(check.goal)}`);
    }
    results.push({ id: row.id, title: row.title, load, figures, checks: judged });
  } catch (error) {
    console.log(`  FAILED ${error.message}`);
    results.push({ id: row.id, title: row.title, load, figures: {}, error: error.message, checks: [] });
  }
}
options.base?.remove();
const measured = { ...conditions, results };
if (values.json) writeFileSync(values.json, `${JSON.stringify(measured, null, 1)}\n`);
if (values.doc) {
  // Rows that were not asked for this time keep their figures.
  const before = existsSync(figuresFile) ? JSON.parse(readFileSync(figuresFile, 'utf8')).results : [];
  const find = (list, id) => list.filter((result) => result.id === id);
  const all = rows.flatMap(({ id }) => (wanted.includes(id) ? find(results, id) : find(before, id)));
  const kept = { ...measured, results: all };
  writeFileSync(figuresFile, `${JSON.stringify(kept, null, 1)}\n`);
  writeDocument(kept);
  console.log('\nwritten: docs/performance.md, docs/performance.svg, bench/figures.json');
}
const missed = results.filter(({ error, checks }) => error !== undefined || checks.some(({ ok }) => !ok));
console.log(`\n${results.length - missed.length} of ${results.length} rows hold their bars`);
process.exitCode = missed.length > 0 ? 1 : 0;
