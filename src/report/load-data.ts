/** Reads what an HTML report shows from a run's folder and its neighbours. */
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { capacityReportSchema } from '../analysis/capacity/report.ts';
import type { BaselineComparison } from '../analysis/compare/types.ts';
import { LoadError, messageOf, systemCode } from '../errors.ts';
import { readBaseline } from '../results/baselines.ts';
import type { RunRecord, SeriesLine } from '../results/record.ts';
import { listRuns, loadRunFolder, readVersioned, runFiles } from '../results/store.ts';
import { SeriesFolder } from './html/series.ts';
import type { BaselineLatencies, HistoryPoint, ReportData, SeriesPoints } from './html/types.ts';

const capacityFile = 'capacity.json';
const longestHistory = 20;

/**
 * @param dir the run's folder, final or still open, in `runs/<env>/`
 * @throws LoadError results.damaged
 */
export async function loadReportData(
  record: RunRecord,
  dir: string,
  comparison: BaselineComparison | undefined,
): Promise<ReportData> {
  const resultsDir = path.resolve(dir, '..', '..', '..');
  const [series, capacity, baseline, history] = await Promise.all([
    readSeries(path.join(dir, runFiles.series), record),
    ifThere(readVersioned(path.join(dir, capacityFile), 1, capacityReportSchema)),
    comparison?.report == null ? [] : baselineLatencies(resultsDir, record, comparison.report.baselineRuns),
    readHistory(resultsDir, path.basename(path.dirname(dir)), record),
  ]);
  return { runs: [{ record, series }], comparison: comparison ?? null, capacity: capacity ?? null, baseline, history };
}

/** Several stored runs side by side. */
export async function loadSideBySide(
  runs: readonly [{ record: RunRecord; dir: string }, ...{ record: RunRecord; dir: string }[]],
): Promise<ReportData> {
  const view = async ({ record, dir }: { record: RunRecord; dir: string }): Promise<ReportData['runs'][0]> => ({
    record,
    series: await readSeries(path.join(dir, runFiles.series), record),
  });
  const [first, ...others] = runs;
  return {
    runs: [await view(first), ...(await Promise.all(others.map(view)))],
    comparison: null,
    capacity: null,
    baseline: [],
    history: [],
  };
}

/** Line by line: an hour's file is far larger than what is kept of it. A run without a series has no charts. */
async function readSeries(file: string, { durationSeconds, thresholds }: RunRecord): Promise<SeriesPoints> {
  const folder = new SeriesFolder(durationSeconds, serverMetricsOf(thresholds));
  let number = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      number++;
      if (line !== '') folder.add(JSON.parse(line) as SeriesLine);
    }
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') {
      throw new LoadError('results.damaged', `${file}:${number} is damaged: ${messageOf(error)}`, { cause: error });
    }
  }
  return folder.finish();
}

/** As judge-series names them. */
const serverMetricsOf = (thresholds: RunRecord['thresholds']): string[] =>
  thresholds.flatMap(({ metric }) => (metric.startsWith('server ') ? [metric.slice('server '.length)] : []));

async function baselineLatencies(
  resultsDir: string,
  { env, profile }: RunRecord,
  ids: readonly string[],
): Promise<BaselineLatencies[]> {
  const stored = await readBaseline(resultsDir, env, profile);
  const byEndpoint = new Map<string, Map<number, number>>();
  for (const { digest } of stored?.runs ?? []) {
    if (!ids.includes(digest.id)) continue;
    for (const { name, windows } of digest.endpoints) {
      const counts = byEndpoint.get(name) ?? new Map<number, number>();
      byEndpoint.set(name, counts);
      for (const [micros, count] of windows.flatMap(({ hist }) => hist)) {
        counts.set(micros, (counts.get(micros) ?? 0) + count);
      }
    }
  }
  return [...byEndpoint].map(([endpoint, counts]) => ({
    endpoint,
    counts: [...counts].sort(([a], [b]) => a - b),
  }));
}

/** @param env the folder's name: what a record says is not a path */
async function readHistory(resultsDir: string, env: string, record: RunRecord): Promise<HistoryPoint[]> {
  const before = (await listRuns(resultsDir, env))
    .filter(({ id }) => id < record.id && id.includes(`-${record.profile}-`))
    .slice(0, longestHistory - 1)
    .reverse();
  // A neighbour that cannot be read is not this run's concern.
  const runs = await Promise.all(before.map(({ dir }) => loadRunFolder(dir).catch(() => undefined)));
  const records = [...runs.flatMap((run) => (run?.record.profile === record.profile ? [run.record] : [])), record];
  return records.map(({ id, startedAt, verdict, total }) => ({
    id,
    startedAt,
    state: verdict.state,
    rate: total.rate,
    p95: total.duration?.p95 ?? null,
    errors: total.requests === 0 ? 0 : total.failed / total.requests,
  }));
}

async function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof LoadError && error.code === 'results.not-found') return undefined;
    throw error;
  }
}
