import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  baselineFile,
  listBaselines,
  pinInBaseline,
  readBaseline,
  removeFromBaseline,
  saveBaseline,
} from '../../src/results/baselines.ts';
import type { SeriesLine } from '../../src/results/record.ts';
import { runRecord } from '../fixtures/record.ts';

const root = path.resolve(import.meta.dirname, '../..');
let results: string;
beforeEach(async () => {
  results = await mkdtemp(path.join(os.tmpdir(), 'gravl-baselines-'));
});
afterEach(() => rm(results, { recursive: true, force: true }));

const id = (n: number): string => `202601${String(10 + n)}T000000Z-baseline-aaaaaa`;
const save = (n: number, series: SeriesLine[] = []) => saveBaseline(results, runRecord({ id: id(n) }), series);
const ids = async () => (await readBaseline(results, 'local', 'baseline'))?.runs.map(({ digest }) => digest.id);
const file = () => baselineFile(results, 'local', 'baseline');

describe('baselines', () => {
  it('keep the last 20 runs, oldest first, each once', async () => {
    for (const n of [3, 1, 2, 2, ...Array.from({ length: 20 }, (_, i) => i + 4)]) await save(n);
    expect(await ids()).toEqual(Array.from({ length: 20 }, (_, i) => id(i + 4)));
  });

  it('keep pinned runs however many come after them', async () => {
    await save(1);
    expect(await pinInBaseline(results, 'local', 'baseline', id(1), true)).toEqual([id(1)]);
    for (let n = 2; n <= 23; n++) await save(n);
    expect(await ids()).toEqual([id(1), ...Array.from({ length: 20 }, (_, i) => id(i + 4))]);
    await pinInBaseline(results, 'local', 'baseline', id(1), false);
    expect(await ids()).not.toContain(id(1));
  });

  it('keep the windows of a run: five seconds each, by endpoint, histograms merged', async () => {
    const line = (t: number, endpoint: string): SeriesLine => {
      const hist: [number, number][] = [
        [201, 1],
        [100, 1],
      ];
      return { t, endpoint, requests: 2, failed: 1, p50: 1, p95: 2, p99: 2, hist };
    };
    const series = [0, 1, 4, 5].flatMap((t) => [line(t, ''), line(t, 'health')]);
    const { runs } = await save(1, series);
    const [total, health, list] = runs[0]!.digest.endpoints;
    expect(total).toMatchObject({ name: '', requests: 600 });
    expect(total?.windows).toEqual([
      {
        t: 0,
        seconds: 5,
        requests: 6,
        failed: 3,
        hist: [
          [100, 3],
          [201, 3],
        ],
      },
      {
        t: 5,
        seconds: 5,
        requests: 2,
        failed: 1,
        hist: [
          [100, 1],
          [201, 1],
        ],
      },
    ]);
    expect(health?.windows).toHaveLength(2);
    expect(list?.windows).toEqual([]);
  });

  it('name what a comparison depends on', async () => {
    const { runs } = await save(1);
    expect(runs[0]?.key).toEqual({
      env: 'local',
      profile: 'baseline',
      scenarios: ['exercises', 'health'],
      planHash: 'abcdef012345',
      engine: 'embedded 0',
      machine: '2x CPU, 32GB, linux-x64',
    });
  });

  it('take only runs whose verdict is PASS, unless forced', async () => {
    const reasons = ['the generator was late: event-loop lag p99 80 ms'];
    const invalid = runRecord({ verdict: { state: 'INVALID', reasons } });
    await expect(saveBaseline(results, invalid, [])).rejects.toMatchObject({
      code: 'results.refused',
      exitCode: 2,
      message: expect.stringContaining('the generator was late') as string,
    });
    expect(await listBaselines(results)).toEqual([]);
    const { runs } = await saveBaseline(results, invalid, [], { force: true });
    expect(runs[0]?.verdict).toBe('INVALID');
  });

  it('are listed and taken apart again', async () => {
    await save(1);
    await save(2);
    expect(await listBaselines(results)).toEqual([{ env: 'local', profile: 'baseline' }]);
    expect(await removeFromBaseline(results, 'local', 'baseline', id(1))).toEqual([id(1)]);
    const missing = { code: 'results.not-found' };
    await expect(removeFromBaseline(results, 'local', 'baseline', 'nothing')).rejects.toMatchObject(missing);
    expect(await ids()).toEqual([id(2)]);
  });

  it('that are not there are told with those that are', async () => {
    await expect(pinInBaseline(results, 'local', 'smoke', 'x', true)).rejects.toMatchObject({
      code: 'results.not-found',
      hint: expect.stringContaining('baseline save') as string,
    });
    await save(1);
    await expect(pinInBaseline(results, 'local', 'smoke', 'x', true)).rejects.toMatchObject({
      hint: 'There is: --env local --profile baseline.',
    });
  });
  it('are left alone when they are damaged or newer', async () => {
    await save(1);
    const contents = [
      ['{', 'results.damaged'],
      ['{"schemaVersion":99}', 'results.newer'],
      ['{"schemaVersion":1,"runs":[{}]}', 'results.damaged'],
    ] as const;
    for (const [content, code] of contents) {
      await writeFile(file(), content);
      await expect(save(2)).rejects.toMatchObject({ code });
      expect(await readFile(file(), 'utf8')).toBe(content);
    }
  });

  it('of the first shape are read, and upgraded when written', async () => {
    await mkdir(path.dirname(file()), { recursive: true });
    await copyFile(path.join(root, 'test/fixtures/baselines/v1.json'), file());
    const before = (await readBaseline(results, 'local', 'baseline'))!;
    expect(before.runs).toHaveLength(2);
    expect(before.runs[0]?.digest.endpoints[0]).toMatchObject({ name: '', requests: expect.any(Number) as number });
    expect(before.runs[0]?.key.engine).toBe('embedded 0');
    await save(1);
    expect(await readFile(file(), 'utf8')).toContain('"schemaVersion":2');
    expect(await ids()).toHaveLength(3);
  });

  it('do not exist before the first save', async () => {
    expect(await readBaseline(results, 'local', 'baseline')).toBeUndefined();
  });
});

describe('baselines under git', () => {
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
      cwd: results,
      encoding: 'utf8',
    });
  const commit = (message: string): void => {
    git('add', '.');
    git('commit', '-qm', message);
  };

  beforeEach(async () => {
    git('init', '-q', '-b', 'main');
    // The pattern of .gitattributes is for results/baselines; here the repository is the results folder.
    const attributes = await readFile(path.join(root, '.gitattributes'), 'utf8');
    await writeFile(path.join(results, '.gitattributes'), attributes.replaceAll('results/', ''));
  });

  it('merge: two branches that each add a run keep both', async () => {
    for (let n = 1; n <= 20; n++) await save(n);
    commit('base');
    git('checkout', '-qb', 'other');
    await save(22);
    await save(23);
    commit('theirs');
    git('checkout', '-q', 'main');
    await save(21);
    await pinInBaseline(results, 'local', 'baseline', id(15), true);
    commit('ours');
    git('merge', '-q', 'other', '-m', 'merge');
    expect(git('status', '--porcelain')).toBe('');
    expect(await ids()).toEqual(expect.arrayContaining([id(21), id(22), id(23)]));
    const { runs } = (await readBaseline(results, 'local', 'baseline'))!;
    expect(runs.map(({ digest }) => digest.id)).toEqual([...new Set(runs.map(({ digest }) => digest.id))].sort());
    expect(runs.find(({ digest }) => digest.id === id(15))?.pinned).toBe(true);
  });

  it('merge: two branches that each begin the baseline keep both', async () => {
    await writeFile(path.join(results, 'README'), 'results');
    commit('base');
    git('checkout', '-qb', 'other');
    await save(2);
    commit('theirs');
    git('checkout', '-q', 'main');
    await save(1);
    commit('ours');
    git('merge', '-q', 'other', '-m', 'merge');
    expect(await ids()).toEqual([id(1), id(2)]);
  });
});
