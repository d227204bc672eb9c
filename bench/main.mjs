// npm run bench: measures the embedded engine beside its peers and prints ratios with their spread.
//   --only a,b       rows by id        --runs N   rounds a row (5)    --seconds N  length of a round (10)
//   --quick          short, throughput and start-up only, for CI: fails on a gross loss alone
//   --soak-requests N  length of the soaks (10,000,000)               --json FILE  results for machines
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { engines } from './lib/engine.mjs';
import { hasAutocannon, hasWrk } from './lib/peers.mjs';
import { rows } from './rows/index.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    runs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '10' },
    'soak-requests': { type: 'string', default: '10000000' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const QUICK_ROWS = ['throughput', 'start-up'];
/** What --quick tolerates below the bar: a noisy CI machine must not cry wolf. */
const GROSS_LOSS = 0.3;
const wanted = values.only?.split(',') ?? (values.quick ? QUICK_ROWS : rows.map(({ id }) => id));
const unknown = wanted.filter((id) => !rows.some((row) => row.id === id));
if (unknown.length > 0) {
  console.error(`unknown row ${unknown.join(', ')}; there are ${rows.map(({ id }) => id).join(', ')}`);
  process.exit(2);
}
const options = {
  runs: values.quick ? 3 : Number(values.runs),
  seconds: values.quick ? 3 : Number(values.seconds),
  soakRequests: Number(values['soak-requests']),
};

console.log(`${os.cpus()[0]?.model} × ${os.cpus().length}, node ${process.version}`);
console.log(
  `peers: ${[engines.k6 ? 'k6' : 'k6 assumed', hasWrk && 'wrk', hasAutocannon && 'autocannon'].filter(Boolean).join(', ')}; ${options.runs} rounds of ${options.seconds} s\n`,
);

const number = (value) =>
  Number.isInteger(value) ? String(value) : value >= 1000 ? value.toFixed(0) : value.toPrecision(3);
const range = ({ median, min, max }) => `${number(median)} (${number(min)}…${number(max)})`;
const meets = ({ median, higher }, limit) => (higher ? median >= limit : median <= limit);

const results = [];
for (const row of rows.filter(({ id }) => wanted.includes(id))) {
  console.log(row.title);
  try {
    const { figures, checks } = await row.measure(options);
    for (const [name, value] of Object.entries(figures))
      console.log(`    ${name}: ${typeof value === 'string' ? value : range(value)}`);
    for (const check of checks) {
      const slack = values.quick ? (check.higher ? 1 - GROSS_LOSS : 1 + GROSS_LOSS) : 1;
      check.ok = meets(check, check.bar * slack);
      const state = meets(check, check.goal) ? 'goal' : check.ok ? 'ok  ' : 'MISS';
      console.log(`  ${state} ${check.name}: ${range(check)}   bar ${number(check.bar)}, goal ${number(check.goal)}`);
    }
    results.push({ id: row.id, title: row.title, figures, checks });
  } catch (error) {
    console.log(`  FAILED ${error.message}`);
    results.push({ id: row.id, title: row.title, error: error.message, checks: [{ ok: false }] });
  }
}
if (values.json)
  writeFileSync(
    values.json,
    `${JSON.stringify({ at: new Date().toISOString(), cpu: os.cpus()[0]?.model, options, results }, null, 1)}\n`,
  );
const missed = results.filter(({ checks }) => checks.some(({ ok }) => !ok));
console.log(`\n${results.length - missed.length} of ${results.length} rows hold their bars`);
process.exitCode = missed.length > 0 ? 1 : 0;
