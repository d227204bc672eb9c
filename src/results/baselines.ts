/**
 * Baselines: the last accepted runs of an environment and profile, small enough to commit.
 *
 * A run is one line that ends in a comma, and the list ends in `null`: git's own `merge=union` (.gitattributes) may put
 * the lines of two branches together in any order, and the file is still JSON. Reading puts the lines in order again.
 */
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { LoadError, systemCode } from '../errors.ts';
import { fromFirst } from './baselines-v1.ts';
import { digestRun, runDigestSchema } from './digest.ts';
import { runRecordSchema, type RunRecord, type SeriesLine } from './record.ts';
import { keyOf, runKeySchema } from './run-key.ts';
import { guardWrite, readVersioned, writeWhole } from './store.ts';

export const BASELINE_SCHEMA_VERSION = 2;

/** How many runs that are not pinned a series keeps; the oldest leave first. */
export const baselineLength = 20;

const storedRunSchema = z.strictObject({
  key: runKeySchema,
  /** A pinned run stays, however many come after it. */
  pinned: z.boolean(),
  suiteVersion: z.string(),
  commit: z.string().nullable(),
  verdict: runRecordSchema.shape.verdict.shape.state,
  digest: runDigestSchema,
});

const baselineSchema = z.strictObject({
  schemaVersion: z.literal(BASELINE_SCHEMA_VERSION),
  env: z.string(),
  profile: z.string(),
  runs: z.array(storedRunSchema.nullable()).transform((runs) => inOrder(runs.filter((run) => run !== null))),
});

export type StoredDigest = z.infer<typeof storedRunSchema>;
export type Baseline = z.infer<typeof baselineSchema>;

export const baselineFile = (resultsDir: string, env: string, profile: string): string =>
  path.join(resultsDir, 'baselines', env, `${profile}.json`);

/** @throws LoadError results.not-found, results.damaged, results.newer */
export const readBaselineFile = (file: string): Promise<Baseline> =>
  readVersioned(file, BASELINE_SCHEMA_VERSION, baselineSchema, { 1: fromFirst });

/** @returns undefined when there is none */
export async function readBaseline(resultsDir: string, env: string, profile: string): Promise<Baseline | undefined> {
  try {
    return await readBaselineFile(baselineFile(resultsDir, env, profile));
  } catch (error) {
    if (error instanceof LoadError && error.code === 'results.not-found') return undefined;
    throw error;
  }
}

/** What of a run a baseline keeps. */
export function storedDigest(record: RunRecord, series: readonly SeriesLine[]): StoredDigest {
  const { suiteVersion, git, verdict } = record;
  return {
    key: keyOf(record),
    pinned: false,
    suiteVersion,
    commit: git.commit,
    verdict: verdict.state,
    digest: digestRun(record, series),
  };
}

/**
 * Adds an accepted run. A run that is there already is replaced and stays pinned.
 * @param force also a run whose verdict is not PASS
 * @throws LoadError results.refused
 */
export async function saveBaseline(
  resultsDir: string,
  record: RunRecord,
  series: readonly SeriesLine[],
  { force = false }: { force?: boolean } = {},
): Promise<Baseline> {
  if ((record.verdict.state !== 'PASS' && !force) || record.total.requests === 0) {
    const why = record.verdict.reasons.length === 0 ? '' : `: ${record.verdict.reasons.join('; ')}`;
    throw new LoadError('results.refused', `run ${record.id} is ${record.verdict.state}${why}`);
  }
  const { env, profile } = record;
  const stored = await readBaseline(resultsDir, env, profile);
  const runs = inOrder([...(stored?.runs ?? []), storedDigest(record, series)]);
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
  const { stored, matching } = await find(resultsDir, env, profile, ref);
  await write(resultsDir, { ...stored, runs: stored.runs.filter((run) => !matching.includes(run)) });
  return matching.map(({ digest }) => digest.id);
}

/** Keeps runs for good, or lets them go with the others again. */
export async function pinInBaseline(
  resultsDir: string,
  env: string,
  profile: string,
  ref: string,
  pinned: boolean,
): Promise<string[]> {
  const { stored, matching } = await find(resultsDir, env, profile, ref);
  const runs = stored.runs.map((run) => (matching.includes(run) ? { ...run, pinned } : run));
  await write(resultsDir, { ...stored, runs: keepLast(runs) });
  return matching.map(({ digest }) => digest.id);
}

async function find(
  resultsDir: string,
  env: string,
  profile: string,
  ref: string,
): Promise<{ stored: Baseline; matching: StoredDigest[] }> {
  const stored = await readBaseline(resultsDir, env, profile);
  const matching = stored?.runs.filter(({ digest: { id } }) => id.startsWith(ref) || id.endsWith(ref)) ?? [];
  if (stored !== undefined && matching.length > 0) return { stored, matching };
  if (stored === undefined) throw await noBaseline(resultsDir, env, profile);
  throw new LoadError('results.not-found', `there is no run "${ref}" in the baseline ${env}/${profile}`);
}

/** The error that says so, and which ones there are. */
export async function noBaseline(resultsDir: string, env: string, profile: string): Promise<LoadError> {
  const others = (await listBaselines(resultsDir)).map((key) => `--env ${key.env} --profile ${key.profile}`);
  return new LoadError('results.not-found', `there is no baseline of ${env}/${profile} in ${resultsDir}`, {
    hint:
      others.length === 0
        ? 'gravl-load baseline save begins one with the latest run.'
        : `There ${others.length === 1 ? 'is' : 'are'}: ${others.join(', ')}.`,
  });
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

/** By time, each run once (a merge may bring it twice), the last ones only. */
function inOrder(runs: readonly StoredDigest[]): StoredDigest[] {
  const byId = new Map<string, StoredDigest>();
  for (const run of runs) {
    const pinned = run.pinned || byId.get(run.digest.id)?.pinned === true;
    byId.set(run.digest.id, { ...run, pinned });
  }
  return keepLast([...byId.values()].sort((a, b) => (a.digest.id < b.digest.id ? -1 : 1)));
}

function keepLast(runs: readonly StoredDigest[]): StoredDigest[] {
  const leaving = new Set(runs.filter(({ pinned }) => !pinned).slice(0, -baselineLength));
  return runs.filter((run) => !leaving.has(run));
}

async function write(resultsDir: string, baseline: Baseline): Promise<Baseline> {
  const file = baselineFile(resultsDir, baseline.env, baseline.profile);
  await guardWrite(file, async () => {
    await mkdir(path.dirname(file), { recursive: true });
    await writeWhole(file, render(baseline));
  });
  return baseline;
}

function render({ runs, ...head }: Baseline): string {
  const start = JSON.stringify(head).slice(0, -1);
  return `${start},"runs":[\n${runs.map((run) => `${JSON.stringify(run)},\n`).join('')}null]}\n`;
}

async function entries(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return [];
    throw error;
  }
}
