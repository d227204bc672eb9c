import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { baselineFile, listBaselines, readBaseline, removeFromBaseline, saveBaseline } from '../../src/results/baselines.ts';
import type { SeriesLine } from '../../src/results/record.ts';
import { runRecord } from '../fixtures/record.ts';

let results: string;
beforeEach(async () => {
  results = await mkdtemp(path.join(os.tmpdir(), 'gravl-baselines-'));
});
afterEach(() => rm(results, { recursive: true, force: true }));

const id = (n: number): string => `2026010${Math.floor(n / 10)}T00000${n % 10}Z-baseline-aaaaaa`;
const save = (n: number, series: SeriesLine[] = []) => saveBaseline(results, runRecord({ id: id(n) }), series);

describe('baselines', () => {
  it('keep the last 20 runs, oldest first, each once', async () => {
    for (const n of [3, 1, 2, 2, ...Array.from({ length: 20 }, (_, i) => i + 4)]) await save(n);
    const runs = (await readBaseline(results, 'local', 'baseline'))!.runs.map((run) => run.id);
    expect(runs).toEqual(Array.from({ length: 20 }, (_, i) => id(i + 4)));
  });

  it('keep the windows of a run: five seconds each, by endpoint, histograms merged', async () => {
    const line = (t: number, endpoint: string): SeriesLine => ({
      t, endpoint, requests: 2, failed: 1, p50: 1, p95: 2, p99: 2, hist: [[2000, 1], [1000, 1]],
    });
    const series = [0, 1, 4, 5].flatMap((t) => [line(t, ''), line(t, 'health')]);
    const { runs } = await save(1, series);
    expect(runs[0]!.windows['']).toEqual([
      { t: 0, requests: 6, failed: 3, hist: [[1000, 3], [2000, 3]] },
      { t: 5, requests: 2, failed: 1, hist: [[1000, 1], [2000, 1]] },
    ]);
    expect(runs[0]!.windows['health']).toHaveLength(2);
    expect(runs[0]!.windows['exercises-list']).toEqual([]);
  });

  it('take only runs whose verdict is PASS', async () => {
    const failed = runRecord({ verdict: { state: 'FAIL', reasons: ['threshold crossed: checks: rate>0.99'] } });
    await expect(saveBaseline(results, failed, [])).rejects.toMatchObject({
      code: 'results.refused',
      exitCode: 2,
      message: expect.stringContaining('checks: rate>0.99') as string,
    });
    expect(await listBaselines(results)).toEqual([]);
  });

  it('are listed and taken apart again', async () => {
    await save(1);
    await save(2);
    expect(await listBaselines(results)).toEqual([{ env: 'local', profile: 'baseline' }]);
    expect(await removeFromBaseline(results, 'local', 'baseline', id(1))).toEqual([id(1)]);
    await expect(removeFromBaseline(results, 'local', 'baseline', 'nothing')).rejects.toMatchObject({ code: 'results.not-found' });
    expect((await readBaseline(results, 'local', 'baseline'))!.runs).toHaveLength(1);
  });

  it('are left alone when they are damaged or newer', async () => {
    await save(1);
    const file = baselineFile(results, 'local', 'baseline');
    for (const [content, code] of [['{', 'results.damaged'], ['{"schemaVersion":99}', 'results.newer']] as const) {
      await writeFile(file, content);
      await expect(save(2)).rejects.toMatchObject({ code });
      expect(await readFile(file, 'utf8')).toBe(content);
    }
  });

  it('do not exist before the first save', async () => {
    expect(await readBaseline(results, 'local', 'baseline')).toBeUndefined();
  });
});
