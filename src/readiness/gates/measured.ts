/** What the performance gates read: stored runs, their comparison with the baseline, the newest search for the capacity. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { capacityReportSchema } from '../../analysis/capacity/report.ts';
import { baselineComparisonSchema, COMPARISON_SCHEMA_VERSION } from '../../analysis/compare/types.ts';
import { systemCode } from '../../errors.ts';
import { listRuns, loadRun, readIfThere, runFiles, type StoredRun } from '../../results/store.ts';
import type { GateContext, MeasuredCapacity } from './model.ts';

type Measured = Pick<GateContext, 'runs' | 'comparison' | 'capacity'>;

/** @throws LoadError results.damaged, results.newer */
export async function readMeasured(results: string, environment: GateContext['environment']): Promise<Measured> {
  const runs = await validRuns(results, environment);
  const dir = runs[0]?.dir;
  return {
    runs: runs.map(({ record }) => record),
    comparison:
      dir === undefined
        ? undefined
        : await readIfThere(path.join(dir, runFiles.comparison), COMPARISON_SCHEMA_VERSION, baselineComparisonSchema),
    // Production is not brought to its limit; staging speaks for it, and the gate says so.
    capacity:
      (await newestCapacity(results, environment)) ??
      (environment === 'production' ? await newestCapacity(results, 'staging') : undefined),
  };
}

/** Newest first. */
async function validRuns(results: string, env: string): Promise<StoredRun[]> {
  const listed = await listRuns(results, env);
  const newest = await Promise.all(listed.slice(0, 20).map(({ dir }) => loadRun(results, dir)));
  return newest.filter(
    ({ record: { verdict, interrupted, profile } }) =>
      verdict.state !== 'INVALID' && !interrupted && profile !== 'smoke',
  );
}

/** One that was ended from outside says nothing of the target. */
async function newestCapacity(results: string, environment: string): Promise<MeasuredCapacity | undefined> {
  const root = path.join(results, 'capacity', environment);
  for (const id of (await foldersOf(root)).sort().reverse()) {
    const at = timeOf(id);
    const report = await readIfThere(path.join(root, id, 'capacity.json'), 1, capacityReportSchema);
    if (at !== undefined && report !== undefined && report.stoppedBy !== 'interrupted') {
      return { id, environment, at, report };
    }
  }
  return undefined;
}

async function foldersOf(root: string): Promise<string[]> {
  try {
    return (await readdir(root, { withFileTypes: true })).filter((one) => one.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return [];
    throw error;
  }
}

/** Folders begin with their time, like 20261125T193023Z. */
function timeOf(id: string): Date | undefined {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-/.exec(id) ?? [];
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
