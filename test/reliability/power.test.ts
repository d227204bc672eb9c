/**
 * The process ends before every single step of writing a record and a baseline, and the order of these steps: a name
 * changes only when its content is on the disk, and is on the disk itself before anything is told to be stored.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readBaseline, saveBaseline } from '../../src/results/baselines.ts';
import { listOpenRuns, listRuns, loadRunFolder, openRun, publishRun } from '../../src/results/store.ts';
import { bundleProgram, temporaryFolder } from '../e2e/harness.ts';
import { runRecord } from '../fixtures/record.ts';

const idOf = (n: number): string => `2026010${n}T000000Z-baseline-00000${n}`;

const writer = `
import { saveBaseline } from './src/results/baselines.ts';
import { openRun, publishRun } from './src/results/store.ts';
import { runRecord } from './test/fixtures/record.ts';
const [, , results, id] = process.argv;
const record = runRecord({ id });
await publishRun(await openRun(results, 'local', id), record);
await saveBaseline(results, record, []);
`;

/** Notes what is done to files, and ends the process before step LAST. */
const recorder = `
const fs = require('node:fs');
const { LOG, LAST } = process.env;
let steps = 0;
const step = (...what) => {
  if (++steps === Number(LAST)) process.kill(process.pid, 'SIGKILL');
  fs.appendFileSync(LOG, JSON.stringify(what) + '\\n');
};
const { open, rename, writeFile, mkdir, rm } = fs.promises;
Object.assign(fs.promises, {
  async open(file, ...rest) {
    step('open', file);
    const handle = await open(file, ...rest);
    const { writeFile, sync } = handle;
    handle.writeFile = (text) => (step('write', file), writeFile.call(handle, text));
    handle.sync = () => (step('sync', file), sync.call(handle));
    return handle;
  },
  rename: (from, to) => (step('rename', from, to), rename(from, to)),
  writeFile: (file, ...rest) => (step('write', file), writeFile(file, ...rest)),
  mkdir: (...args) => (step('mkdir', args[0]), mkdir(...args)),
  rm: (...args) => (step('rm', args[0]), rm(...args)),
});
require('node:module').syncBuiltinESMExports();
`;

it('every step of a write may be the last one, and names change after contents', async () => {
  const dir = temporaryFolder();
  const at = (name: string): string => path.join(dir, name);
  await bundleProgram(writer, at('writer.mjs'));
  writeFileSync(at('recorder.cjs'), recorder);
  const before = at('before');
  const first = runRecord({ id: idOf(1) });
  await publishRun(await openRun(before, 'local', first.id), first);
  await saveBaseline(before, first, []);

  const results = at('results');
  const write = (last: number): { signal: string | null; steps: string[][] } => {
    for (const place of [results, at('log')]) rmSync(place, { recursive: true, force: true });
    cpSync(before, results, { recursive: true });
    const { signal } = spawnSync(
      process.execPath,
      ['--require', at('recorder.cjs'), at('writer.mjs'), results, idOf(2)],
      {
        env: { LOG: at('log'), LAST: String(last) },
        timeout: 120_000,
      },
    );
    const log = existsSync(at('log')) ? readFileSync(at('log'), 'utf8').trim().split('\n') : [];
    return { signal, steps: log.map((line) => JSON.parse(line) as string[]) };
  };

  const { signal, steps } = write(0);
  expect(signal).toBeNull();
  const renames = steps.flatMap(([what, from = '', to = ''], index) =>
    what === 'rename' ? [{ from, to, index }] : [],
  );
  expect(renames.map(({ to }) => path.basename(to))).toEqual(['run.json', idOf(2), 'baseline.json']);
  for (const { from, to, index } of renames) {
    const written = steps.findLastIndex(([what, file], i) => i < index && what === 'write' && file?.startsWith(from));
    // The folder of a run is renamed: of it each file was synced when it was written.
    const synced = steps.findLastIndex(([what, file], i) => i < index && what === 'sync' && file?.startsWith(from));
    expect(written).toBeGreaterThan(-1);
    expect(synced).toBeGreaterThan(written);
    const folder = steps.findIndex(([what, file], i) => i > index && what === 'sync' && file === path.dirname(to));
    expect(folder, `${path.dirname(to)} is synced after ${path.basename(to)} got its name`).toBeGreaterThan(index);
  }

  for (let last = 1; last <= steps.length; last++) {
    expect(write(last).signal, `step ${last}`).toBe('SIGKILL');
    const runs = await listRuns(results);
    const ids = (await Promise.all(runs.map(({ dir: folder }) => loadRunFolder(folder)))).map(
      ({ record }) => record.id,
    );
    const kept = (await readBaseline(results, 'local', 'baseline'))?.runs.map(({ digest }) => digest.id) ?? [];
    expect([[idOf(1)], [idOf(2), idOf(1)]]).toContainEqual(ids);
    expect([[idOf(1)], [idOf(1), idOf(2)]]).toContainEqual(kept);
    // A baseline never holds a run that is not stored; what was begun lies apart.
    expect(ids).toEqual(expect.arrayContaining(kept));
    expect((await listOpenRuns(results)).length).toBeLessThanOrEqual(1);
  }
});
