/** Baselines: the last accepted runs of an environment and profile, small enough to commit. */
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { LoadError, systemCode } from '../errors.ts';
import { endpointSchema, seriesLineSchema, runRecordSchema, type RunRecord, type SeriesLine } from './record.ts';
import { guardWrite, readVersioned, writeWhole } from './store.ts';

export const BASELINE_SCHEMA_VERSION = 1;

/** How many runs a series keeps; the oldest leave first. */
export const baselineLength = 20;
const windowSeconds = 5;

const windowSchema = seriesLineSchema.pick({ t: true, requests: true, failed: true, hist: true });

const digestSchema = runRecordSchema
  .pick({
    id: true,
    scenarios: true,
    planHash: true,
    engine: true,
    suiteVersion: true,
    git: true,
    machine: true,
    startedAt: true,
    durationSeconds: true,
    verdict: true,
    checks: true,
    iterations: true,
  })
  .extend({
    total: endpointSchema,
    endpoints: z.array(endpointSchema),
    /** 5-second windows per endpoint (`""` is the total): the noise within a run. */
    windows: z.record(z.string(), z.array(windowSchema)),
  });

const baselineSchema = z.strictObject({
  schemaVersion: z.literal(BASELINE_SCHEMA_VERSION),
  env: z.string(),
  profile: z.string(),
  /** Oldest first. */
  runs: z.array(digestSchema),
});

export type RunDigest = z.infer<typeof digestSchema>;
export type Baseline = z.infer<typeof baselineSchema>;

/** What of a run is kept in a baseline. */
export function digest(record: RunRecord, series: readonly SeriesLine[]): RunDigest {
  const { id, scenarios, planHash, engine, suiteVersion, git, machine, startedAt, durationSeconds } = record;
  const { verdict, checks, iterations, total, endpoints } = record;
  const windows: Record<string, z.infer<typeof windowSchema>[]> = {};
  for (const endpoint of ['', ...endpoints.map(({ name }) => name)]) {
    windows[endpoint] = toWindows(series.filter((line) => line.endpoint === endpoint));
  }
  return {
    id,
    scenarios,
    planHash,
    engine,
    suiteVersion,
    git,
    machine,
    startedAt,
    durationSeconds,
    verdict,
    checks,
    iterations,
    total,
    endpoints,
    windows,
  };
}

export const baselineFile = (resultsDir: string, env: string, profile: string): string =>
  path.join(resultsDir, 'baselines', env, `${profile}.json`);

/** @returns undefined when there is none */
export async function readBaseline(resultsDir: string, env: string, profile: string): Promise<Baseline | undefined> {
  try {
    return await readVersioned(baselineFile(resultsDir, env, profile), BASELINE_SCHEMA_VERSION, baselineSchema);
  } catch (error) {
    if (error instanceof LoadError && error.code === 'results.not-found') return undefined;
    throw error;
  }
}

/**
 * Adds an accepted run. A run that is there already is replaced.
 * @throws LoadError results.refused when the run's verdict is not PASS
 */
export async function saveBaseline(
  resultsDir: string,
  record: RunRecord,
  series: readonly SeriesLine[],
): Promise<Baseline> {
  if (record.verdict.state !== 'PASS') {
    const why = record.verdict.reasons.length === 0 ? '' : `: ${record.verdict.reasons.join('; ')}`;
    throw new LoadError('results.refused', `run ${record.id} is ${record.verdict.state}${why}`);
  }
  const { env, profile } = record;
  const stored = await readBaseline(resultsDir, env, profile);
  const others = stored?.runs.filter(({ id }) => id !== record.id) ?? [];
  const runs = [...others, digest(record, series)].sort((a, b) => (a.id < b.id ? -1 : 1)).slice(-baselineLength);
  return write(resultsDir, { schemaVersion: BASELINE_SCHEMA_VERSION, env, profile, runs });
}

/**
 * Takes runs out whose id begins or ends with `ref`.
 * @returns the ids taken out
 */
export async function removeFromBaseline(
  resultsDir: string,
  env: string,
  profile: string,
  ref: string,
): Promise<string[]> {
  const stored = await readBaseline(resultsDir, env, profile);
  const leaving = stored?.runs.filter(({ id }) => id.startsWith(ref) || id.endsWith(ref)).map(({ id }) => id) ?? [];
  if (stored === undefined || leaving.length === 0) {
    throw new LoadError('results.not-found', `there is no run "${ref}" in the baseline ${env}/${profile}`);
  }
  await write(resultsDir, { ...stored, runs: stored.runs.filter(({ id }) => !leaving.includes(id)) });
  return leaving;
}

/** Environments and profiles that have a baseline. */
export async function listBaselines(resultsDir: string): Promise<{ env: string; profile: string }[]> {
  const root = path.join(resultsDir, 'baselines');
  const envs = await entries(root);
  const found = await Promise.all(
    envs.map(async (env) =>
      (await entries(path.join(root, env)))
        .filter((file) => file.endsWith('.json'))
        .map((file) => ({ env, profile: file.slice(0, -'.json'.length) })),
    ),
  );
  return found.flat();
}

async function write(resultsDir: string, baseline: Baseline): Promise<Baseline> {
  const file = baselineFile(resultsDir, baseline.env, baseline.profile);
  await guardWrite(file, async () => {
    await mkdir(path.dirname(file), { recursive: true });
    await writeWhole(file, render(baseline));
  });
  return baseline;
}

/** A run is a line: the file stays small, and its diffs show which runs came and went. */
function render({ runs, ...head }: Baseline): string {
  const start = JSON.stringify(head).slice(0, -1);
  return `${start},"runs":[\n${runs.map((run) => JSON.stringify(run)).join(',\n')}\n]}\n`;
}

async function entries(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return [];
    throw error;
  }
}

function toWindows(lines: readonly SeriesLine[]): z.infer<typeof windowSchema>[] {
  const windows = new Map<number, { t: number; requests: number; failed: number; counts: Map<number, number> }>();
  for (const line of lines) {
    const t = Math.floor(line.t / windowSeconds) * windowSeconds;
    const window = windows.get(t) ?? { t, requests: 0, failed: 0, counts: new Map<number, number>() };
    windows.set(t, window);
    window.requests += line.requests;
    window.failed += line.failed;
    for (const [value, count] of line.hist ?? []) window.counts.set(value, (window.counts.get(value) ?? 0) + count);
  }
  return [...windows.values()].map(({ counts, ...window }) => ({
    ...window,
    hist: [...counts].sort(([a], [b]) => a - b),
  }));
}
