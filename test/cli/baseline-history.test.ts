import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { History } from '../../src/analysis/series/history.ts';
import { historySection } from '../../src/report/html/sections/plots.ts';
import type { RunRecord } from '../../src/results/record.ts';
import { gravlLoad, temporaryFolder } from '../e2e/harness.ts';
import { endpointResult, runRecord } from '../fixtures/record.ts';

const id = (n: number): string => `20260101T0000${String(n).padStart(2, '0')}Z-baseline-aaaaaa`;
const p95Of = (n: number): number => (n < 8 ? 10 : 14) + (n % 3) / 10;

async function store(results: string, n: number, changes: Partial<RunRecord> = {}): Promise<void> {
  const duration = { min: 1, avg: 5.5, med: 5, p90: 9, p95: p95Of(n), p99: 15, max: 20 };
  const record = runRecord({
    id: id(n),
    startedAt: `2026-01-01T00:00:${String(n).padStart(2, '0')}.000Z`,
    total: endpointResult({ name: '', requests: 600, duration }),
    ...changes,
  });
  const dir = path.join(results, 'runs', 'local', record.id);
  await mkdir(dir, { recursive: true });
  await writeFile(path.join(dir, 'run.json'), JSON.stringify(record));
}

describe('baseline history', () => {
  it('shows the trend of comparable runs, and from which run on it changed', async () => {
    const results = temporaryFolder();
    for (let n = 0; n < 16; n++) await store(results, n);
    await store(results, 20, { verdict: { state: 'INVALID', reasons: ['busy'] } });
    await store(results, 21, { profile: 'smoke' });
    await store(results, 3, {
      machine: { ...runRecord().machine, class: 'another' },
      id: '20260101T000003Z-baseline-b',
    });
    const damaged = path.join(results, 'runs', 'local', id(30));
    await mkdir(damaged);
    await writeFile(path.join(damaged, 'run.json'), '{');

    const json = await gravlLoad(['baseline', 'history', '--results', results, '--json']);
    const history = JSON.parse(json.stdout) as History;
    expect(history.points.map((point) => point.id)).toEqual(Array.from({ length: 16 }, (_, n) => id(n)));
    expect(history.leftOut).toEqual({ 'cannot be read': 1, INVALID: 1, 'of another plan, engine or machine': 1 });
    expect(history.changes).toEqual([
      {
        metric: 'p95',
        id: id(8),
        startedAt: '2026-01-01T00:00:08.000Z',
        before: 10.1,
        after: expect.closeTo(14.1) as number,
        pValue: expect.any(Number) as number,
      },
    ]);

    const { stdout, exitCode } = await gravlLoad(['baseline', 'history', '--results', results]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^16 runs of local\/baseline, 2026-01-01 \(left out: /);
    expect(stdout).toContain(`p95: +40 %, 10.1 ms → 14.1 ms from ${id(8)} on`);
  });

  it('says that there is no run, or that there are too few', async () => {
    const results = temporaryFolder();
    const none = await gravlLoad(['baseline', 'history', '--results', results]);
    expect(none).toMatchObject({ exitCode: 0, stdout: 'There is no run of local/baseline yet.\n' });
    await store(results, 1);
    expect((await gravlLoad(['baseline', 'history', '--results', results])).stdout).toContain('Too few runs');
  });

  it('is in the report of a run, too', () => {
    const points = Array.from({ length: 16 }, (_, n) => ({
      id: id(n),
      startedAt: '',
      state: 'PASS' as const,
      rate: 20,
      p95: p95Of(n),
      errors: 0,
    }));
    expect(historySection(points)?.text).toContain(`p95 10.1 ms → 14.1 ms from <bdi>${id(8)}</bdi> on`);
    expect(historySection(points.slice(0, 8))?.text).not.toContain('The level changed');
  });
});
