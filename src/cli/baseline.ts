/** `gravl-load baseline save | list | show | history | rm | pin` */
import path from 'node:path';
import { latencyOf } from '../analysis/compare/latency.ts';
import { baselineOptions } from './baseline-options.ts';
import { historyCommand } from './baseline-history.ts';
import { option } from '../config/options.ts';
import * as value from '../config/values.ts';
import { formatCount, formatMs, formatRate } from '../report/format.ts';
import { renderRows } from '../report/terminal/rows.ts';
import {
  baselineFile,
  listBaselines,
  noBaseline,
  pinInBaseline,
  readBaseline,
  removeFromBaseline,
  saveBaseline,
} from '../results/baselines.ts';
import { loadRun, loadSeries } from '../results/store.ts';
import { command } from './command.ts';

const { results, env, profile, json } = baselineOptions;

const save = command({
  usage: 'baseline save [run]',
  summary: 'add a stored run (the latest by default) to the baseline of its environment and profile',
  options: {
    results,
    force: option({
      flags: '--force',
      help: 'also a run whose verdict is FAIL or INVALID',
      schema: value.flag,
      fallback: false,
    }),
  },
  examples: [
    ['gravl-load baseline save', 'the latest run'],
    ['gravl-load baseline save 20261124T031500Z-baseline-1a2b3c', 'that run; its beginning or end will do'],
  ],
  async run(values, [ref = 'latest'], { cwd, stdout }) {
    const dir = path.resolve(cwd, values.results);
    const run = await loadRun(dir, ref);
    const {
      env: name,
      profile: load,
      runs,
    } = await saveBaseline(dir, run.record, await loadSeries(run.dir), { force: values.force });
    stdout.write(
      `${run.record.id} is in the baseline ${name}/${load} (${runs.length} ${runs.length === 1 ? 'run' : 'runs'}): ${baselineFile(dir, name, load)}\n`,
    );
    return 0;
  },
});

const list = command({
  usage: 'baseline list',
  summary: 'show the stored baselines',
  options: { results, json },
  examples: [['gravl-load baseline list', 'environment, profile, number of runs, newest']],
  async run(values, _, { cwd, stdout }) {
    const dir = path.resolve(cwd, values.results);
    const rows = await Promise.all(
      (await listBaselines(dir)).map(async (key) => {
        const runs = (await readBaseline(dir, key.env, key.profile))?.runs ?? [];
        return { ...key, runs: runs.length, newest: runs.at(-1)?.digest.id ?? null };
      }),
    );
    if (values.json) stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
    else if (rows.length === 0) stdout.write('No baselines yet: gravl-load baseline save keeps the latest run.\n');
    else {
      stdout.write(
        renderRows(
          ['environment', 'profile', 'runs', 'newest'],
          rows.map((row) => [row.env, row.profile, String(row.runs), row.newest ?? '']),
        ),
      );
    }
    return 0;
  },
});

const show = command({
  usage: 'baseline show',
  summary: 'show the runs of one baseline',
  options: { results, env, profile, json },
  examples: [['gravl-load baseline show --env staging', 'the runs that staging is compared with']],
  async run(values, _, { cwd, stdout }) {
    const dir = path.resolve(cwd, values.results);
    const baseline = await readBaseline(dir, values.env, values.profile);
    if (baseline === undefined) {
      throw await noBaseline(dir, values.env, values.profile);
    }
    if (values.json) stdout.write(`${JSON.stringify(baseline, undefined, 2)}\n`);
    else {
      const rows = baseline.runs.map(({ key, pinned, verdict, digest }) => {
        const total = digest.endpoints.find(({ name }) => name === '');
        const latency = total === undefined ? undefined : latencyOf(total.windows);
        return [
          digest.id,
          formatCount(total?.requests ?? 0),
          formatRate((total?.requests ?? 0) / Math.max(1, digest.durationSeconds)),
          formatMs(latency?.p50 ?? null),
          formatMs(latency?.p95 ?? null),
          key.engine,
          key.machine,
          [...(pinned ? ['pinned'] : []), ...(verdict === 'PASS' ? [] : [verdict])].join(' '),
        ];
      });
      stdout.write(renderRows(['run', 'requests', 'req/s', 'p50', 'p95', 'engine', 'machine', ''], rows));
    }
    return 0;
  },
});

const remove = command({
  usage: 'baseline rm <run>',
  summary: 'take a run out of a baseline',
  options: { results, env, profile },
  examples: [['gravl-load baseline rm 1a2b3c --env staging', 'a run by the end of its id']],
  async run(values, [ref = ''], { cwd, stdout }) {
    const gone = await removeFromBaseline(path.resolve(cwd, values.results), values.env, values.profile, ref);
    stdout.write(`Taken out: ${gone.join(', ')}\n`);
    return 0;
  },
});

const pin = command({
  usage: 'baseline pin <run>',
  summary: 'keep a run in its baseline however many come after it',
  options: {
    results,
    env,
    profile,
    off: option({ flags: '--off', help: 'let it go with the others again', schema: value.flag, fallback: false }),
  },
  examples: [['gravl-load baseline pin 1a2b3c --env staging', 'the run of a release that stays the reference']],
  async run(values, [ref = ''], { cwd, stdout }) {
    const dir = path.resolve(cwd, values.results);
    const ids = await pinInBaseline(dir, values.env, values.profile, ref, !values.off);
    stdout.write(`${values.off ? 'No longer pinned' : 'Pinned'}: ${ids.join(', ')}\n`);
    return 0;
  },
});

export const baselineCommands = [save, list, show, historyCommand, remove, pin];
