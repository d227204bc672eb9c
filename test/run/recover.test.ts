import { spawnSync } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { writeJournal } from '../../src/results/journal.ts';
import { isGone, thisProcess } from '../../src/results/owner.ts';
import { listRuns, loadRunFolder, loadSeries, openRun, publishRun } from '../../src/results/store.ts';
import { recoverRuns } from '../../src/run/recover.ts';
import { runRecord } from '../fixtures/record.ts';

let results: string;
beforeEach(async () => {
  results = await mkdtemp(path.join(os.tmpdir(), 'gravl-recover-'));
  onTestFinished(() => rm(results, { recursive: true, force: true }));
});

/** A pid that was somebody's a moment ago. */
const deadPid = (): number => spawnSync(process.execPath, ['--version']).pid;

const line = (t: number, endpoint: string, requests: number): string =>
  `${JSON.stringify({ t, endpoint, requests, failed: 1, errors: { 'status 500': 1 }, p50: 1, p95: 1, p99: 1, hist: [[1000, requests]] })}\n`;

const second = (t: number): string => line(t, '', 2) + line(t, 'health', 2);

/** An open run as a process leaves it that is killed in its load. */
async function openFolder(changes: Record<string, unknown> = {}, series = second(0) + second(1)): Promise<string> {
  const { id, env, profile, scenarios, plan, planHash, engine, suiteVersion, git, machine, target, tags, startedAt } =
    runRecord();
  const dir = await openRun(results, env, id);
  const run = {
    id,
    env,
    profile,
    scenarios,
    plan,
    planHash,
    engine,
    suiteVersion,
    git,
    machine,
    target,
    tags,
    startedAt,
  };
  await writeJournal(dir, { ...run, plannedRate: null });
  const file = path.join(dir, 'start.json');
  const journal = JSON.parse(await readFile(file, 'utf8')) as { owner: object };
  await writeFile(
    file,
    JSON.stringify({ ...journal, owner: { ...journal.owner, pid: deadPid(), started: null, ...changes } }),
  );
  await appendFile(path.join(dir, 'series.ndjson'), series);
  return dir;
}

describe('recovering runs', () => {
  it('makes a record of what was measured, marked as interrupted', async () => {
    await openFolder();
    const [found] = await recoverRuns(results);
    expect(found).toMatchObject({
      state: 'recovered',
      record: {
        interrupted: true,
        exitCode: 137,
        durationSeconds: 2,
        total: { requests: 4, failed: 2, errors: { 'status 500': 2 } },
        endpoints: [{ name: 'health', requests: 4 }],
        verdict: { state: 'INVALID', reasons: ['the run was interrupted'] },
        checks: [],
        thresholds: [],
        missing: { thresholds: 'the process of the run was killed before its end' },
      },
    });
    const [stored] = await listRuns(results);
    expect((await loadRunFolder(stored?.dir ?? '')).record).toEqual(found?.state === 'recovered' && found.record);
    expect(await recoverRuns(results)).toEqual([]);
  });

  it.each([
    ['half a line', second(2).slice(0, -20)],
    ['a total without its endpoints', line(2, '', 2)],
    ['bytes that are none of ours', '\0\0\0\0\n'],
  ])('leaves out %s at the end and says so', async (_, torn) => {
    await openFolder({}, second(0) + second(1) + torn);
    const [found] = await recoverRuns(results);
    expect(found).toMatchObject({
      record: { total: { requests: 4 }, missing: { series: expect.stringContaining('torn') as string } },
    });
    expect(await loadSeries(found?.dir ?? '')).toHaveLength(4);
  });

  it('leaves a run alone whose process goes on', async () => {
    const dir = await openFolder(thisProcess());
    expect(await recoverRuns(results)).toMatchObject([{ state: 'running' }]);
    await stat(path.join(dir, 'series.ndjson'));
  });

  it('is not deceived by another process that has got the same pid', async () => {
    await openFolder({ ...thisProcess(), started: 'another-boot:1' });
    expect(await recoverRuns(results)).toMatchObject([{ state: 'recovered' }]);
  });

  it('gives a run of another machine up when nothing is written for a while', async () => {
    const dir = await openFolder({ host: 'elsewhere', pid: 1 });
    expect(await recoverRuns(results)).toMatchObject([{ state: 'running' }]);
    const before = new Date(Date.now() - 3_600_000);
    for (const place of ['series.ndjson', '.']) await utimes(path.join(dir, place), before, before);
    expect(await recoverRuns(results)).toMatchObject([{ state: 'recovered' }]);
  });

  it('removes what was killed before anything was measured', async () => {
    await openFolder({}, '');
    expect(await recoverRuns(results)).toMatchObject([{ state: 'empty' }]);
    expect(await recoverRuns(results)).toEqual([]);
  });

  it('publishes a run that had stored everything but its name as it is', async () => {
    const dir = await openFolder();
    const record = runRecord();
    await writeFile(path.join(dir, 'run.json'), JSON.stringify(record));
    expect(await recoverRuns(results)).toMatchObject([{ state: 'recovered', record: { interrupted: false } }]);
  });

  it('leaves what it cannot read, and says why', async () => {
    const dir = await openFolder();
    await writeFile(path.join(dir, 'start.json'), '{"schemaVersion":1');
    expect(await recoverRuns(results)).toMatchObject([
      { state: 'unreadable', reason: expect.stringContaining('start.json') as string },
    ]);
    await stat(path.join(dir, 'series.ndjson'));
  });

  it('does not disturb a run that another process recovers at the same time', async () => {
    await openFolder();
    const all = (await Promise.all([recoverRuns(results), recoverRuns(results), recoverRuns(results)])).flat();
    expect(all.filter(({ state }) => state !== 'recovered')).toEqual([]);
    expect(await listRuns(results)).toHaveLength(1);
  });

  it('never touches a stored run', async () => {
    const dir = await publishRun(await openRun(results, 'local', runRecord().id), runRecord());
    expect(await recoverRuns(results)).toEqual([]);
    await loadRunFolder(dir);
  });
});

it('knows a process that is gone from one that is there', () => {
  expect(isGone(thisProcess())).toBe(false);
  expect(isGone({ ...thisProcess(), pid: deadPid(), started: null })).toBe(true);
  expect(isGone({ ...thisProcess(), host: 'elsewhere' })).toBeUndefined();
});
