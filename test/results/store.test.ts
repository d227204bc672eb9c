import { mkdtemp, readFile, rm, writeFile, mkdir, readdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listRuns, loadRun, loadSeries, newRunId, openRun, publishRun } from '../../src/results/store.ts';
import { runRecord } from '../fixtures/record.ts';

let results: string;
beforeEach(async () => {
  results = await mkdtemp(path.join(os.tmpdir(), 'gravl-store-'));
});
afterEach(() => rm(results, { recursive: true, force: true }));

const store = async (id: string): Promise<string> => {
  const dir = await openRun(results, 'local', id);
  return publishRun(dir, runRecord({ id }));
};

describe('the store of runs', () => {
  it('shows a run only when it is whole', async () => {
    const open = await openRun(results, 'local', 'r1');
    expect(await listRuns(results)).toEqual([]);
    const dir = await publishRun(open, runRecord({ id: 'r1' }));
    expect(await listRuns(results)).toEqual([{ env: 'local', id: 'r1', dir }]);
    expect(await readdir(path.join(results, 'runs', 'local'))).toEqual(['r1']);
  });

  it('finds a run by id, beginning, end, folder, file, and the latest', async () => {
    await store('20260101T000000Z-smoke-aaaaaa');
    const dir = await store('20260102T000000Z-smoke-bbbbbb');
    for (const ref of ['20260102T000000Z-smoke-bbbbbb', '20260102', 'bbbbbb', 'latest', dir, path.join(dir, 'run.json')]) {
      expect((await loadRun(results, ref)).record.id).toBe('20260102T000000Z-smoke-bbbbbb');
    }
  });

  it('does not guess between several runs, and says when there is none', async () => {
    await expect(loadRun(results, 'latest')).rejects.toMatchObject({ code: 'results.not-found', exitCode: 2 });
    await store('20260101T000000Z-smoke-aaaaaa');
    await store('20260101T000001Z-smoke-bbbbbb');
    await expect(loadRun(results, '20260101')).rejects.toThrow('names 2 runs');
  });

  it.each([
    ['half a file', '{"schemaVersion":1,"id":', 'results.damaged'],
    ['a wrong field', JSON.stringify({ ...runRecord(), iterations: -1 }), 'results.damaged'],
    ['an unknown field', JSON.stringify({ ...runRecord(), surprise: 1 }), 'results.damaged'],
    ['a version that is none', JSON.stringify({ ...runRecord(), schemaVersion: -1e308 }), 'results.damaged'],
    ['a newer schema', JSON.stringify({ ...runRecord(), schemaVersion: 2 }), 'results.newer'],
  ])('refuses %s and leaves the file as it is', async (_, content, code) => {
    const dir = path.join(results, 'runs', 'local', 'r1');
    await mkdir(dir, { recursive: true });
    const file = path.join(dir, 'run.json');
    await writeFile(file, content);
    await expect(loadRun(results, 'r1')).rejects.toMatchObject({ code, exitCode: 2, message: expect.stringContaining(file) as string });
    expect(await readFile(file, 'utf8')).toBe(content);
  });

  it('names the damaged line of a series', async () => {
    const dir = await store('r1');
    const file = path.join(dir, 'series.ndjson');
    await writeFile(file, '{"t":0,"endpoint":"","requests":1,"failed":0,"p50":1,"p95":1,"p99":1}\n{"t":');
    await expect(loadSeries(dir)).rejects.toMatchObject({ code: 'results.damaged', message: `${file}:2 is damaged` });
  });

  it('says which folder cannot be written', async () => {
    const file = path.join(results, 'file');
    await writeFile(file, '');
    await expect(openRun(file, 'local', 'r1')).rejects.toMatchObject({ code: 'results.unwritable', exitCode: 2 });
  });
});

it('makes ids that sort by time and do not collide', () => {
  const now = new Date('2026-11-24T03:15:00.123Z');
  expect(newRunId('smoke', now)).toMatch(/^20261124T031500Z-smoke-[0-9a-f]{6}$/);
  expect(newRunId('smoke', now)).not.toBe(newRunId('smoke', now));
});
