/** How long the commands take, from start to end: 20 + 5 stored runs compared, the history of a thousand. */
import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { saveBaseline } from '../../src/results/baselines.ts';
import type { RunRecord } from '../../src/results/record.ts';
import { loadSeries } from '../../src/results/store.ts';
import { newResults, storeRun } from '../../test/fixtures/run-folder.ts';

export interface SpeedRow {
  readonly name: string;
  readonly limitMs: number;
  /** Minimum, median and maximum of five. */
  readonly ms: readonly [number, number, number];
}

export async function speedStudy(say: (row: SpeedRow) => void): Promise<SpeedRow[]> {
  const results = newResults();
  try {
    const ids = await makeRuns(results);
    const rows = [
      timed('`compare` of 20 + 5 runs, the whole command', 1000, ['compare', ...ids, '--results', results]),
      timed('`baseline history` of 1,000 runs, the whole command', 5000, ['baseline', 'history', '--results', results]),
      timed('of each, start and end of the command', 1000, ['baseline', 'list', '--results', results]),
    ];
    rows.forEach(say);
    return rows;
  } finally {
    await rm(results, { recursive: true, force: true });
  }
}

/** Twenty in the baseline, five candidates with their series, and a thousand in all. @returns the candidates */
async function makeRuns(results: string): Promise<string[]> {
  const at = (n: number): Pick<RunRecord, 'id' | 'startedAt'> => {
    const startedAt = new Date(Date.UTC(2026, 0, 1) + n * 60_000).toISOString();
    return { id: `${startedAt.slice(0, 19).replace(/[-:]/g, '')}Z-baseline-aaaaaa`, startedAt };
  };
  const slower = (n: number): number => 1 + (n < 600 ? 0 : 0.1) + (n % 7) / 100;
  const candidates: string[] = [];
  for (let n = 975; n < 1000; n++) {
    const { dir, record } = await storeRun({ seconds: 30, rate: 100, slower: slower(n), record: at(n) }, results);
    if (n < 995) await saveBaseline(results, record, await loadSeries(dir));
    else candidates.push(record.id);
  }
  const { dir, record } = await storeRun({ seconds: 30, rate: 100, record: at(0) }, results);
  const { duration } = record.total;
  for (let n = 1; n < 975; n++) {
    const p95 = (duration?.p95 ?? 0) * slower(n);
    const other: RunRecord = {
      ...record,
      ...at(n),
      total: { ...record.total, duration: duration === null ? null : { ...duration, p95 } },
    };
    const folder = path.join(path.dirname(dir), other.id);
    await mkdir(folder);
    await writeFile(path.join(folder, 'run.json'), JSON.stringify(other, undefined, 2));
  }
  return candidates;
}

function timed(name: string, limitMs: number, args: readonly string[]): SpeedRow {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    execFileSync(process.execPath, ['bin/gravl-load.js', ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
    return performance.now() - start;
  }).sort((a, b) => a - b);
  return { name, limitMs, ms: [times[0] ?? 0, times[2] ?? 0, times[4] ?? 0] };
}
