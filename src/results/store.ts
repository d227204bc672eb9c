/** The folder of runs: `runs/<env>/<id>/`. A record appears whole or not at all. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ZodError, type z } from 'zod';
import { LoadError, messageOf, systemCode } from '../errors.ts';
import { guardWrite, syncFiles, syncFolder, writeWhole } from './files.ts';
import { RECORD_SCHEMA_VERSION, runRecordSchema, seriesLineSchema, type RunRecord, type SeriesLine } from './record.ts';

export { guardWrite, writeWhole } from './files.ts';

/** Names of the files in a run's folder. */
export const runFiles = {
  record: 'run.json',
  summary: 'summary.json',
  series: 'series.ndjson',
  html: 'report.html',
  junit: 'junit.xml',
  markdown: 'summary.md',
  comparison: 'comparison.json',
  log: 'engine.log',
} as const;

/** What the folder of a run has only while the run goes on. */
export const openRunFiles = {
  /** Whose run it is, and what is known of it before the load. */
  journal: 'start.json',
  /** Folder for the engine. */
  work: 'work',
} as const;

export interface StoredRun {
  readonly dir: string;
  readonly record: RunRecord;
}

/** `20261124T031500Z-baseline-1a2b3c`: sorts by time, unique without a lock. */
export function newRunId(profile: string, now: Date): string {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  return `${time}-${profile}-${randomBytes(3).toString('hex')}`;
}

/**
 * Makes the folder that a run is written into, beside its final place; {@link publishRun} moves it there.
 * @throws LoadError results.unwritable
 */
export async function openRun(resultsDir: string, env: string, id: string): Promise<string> {
  const dir = path.join(resultsDir, 'runs', env, `${openPrefix}${id}`);
  await guardWrite(dir, () => mkdir(dir, { recursive: true }));
  await guardWrite(dir, () => writeFile(path.join(dir, runFiles.series), ''));
  return dir;
}

/** Writes the record into the run's open folder as its last file, and moves the folder to its final place. */
export async function publishRun(openDir: string, record: RunRecord): Promise<string> {
  const dir = path.join(path.dirname(openDir), record.id);
  await guardWrite(dir, async () => {
    await rm(path.join(openDir, openRunFiles.work), { recursive: true, force: true });
    await syncFiles(openDir);
    await writeWhole(path.join(openDir, runFiles.record), `${JSON.stringify(record, undefined, 2)}\n`);
    await rename(openDir, dir);
    // Not before: until it has its name the folder must say whose it is.
    await rm(path.join(dir, openRunFiles.journal), { force: true });
    await syncFolder(path.dirname(dir));
  });
  return dir;
}

const openPrefix = '.partial-';

/** Folders of runs that are going on, or whose process was killed. */
export async function listOpenRuns(resultsDir: string): Promise<{ env: string; id: string; dir: string }[]> {
  const root = path.join(resultsDir, 'runs');
  const open: { env: string; id: string; dir: string }[] = [];
  for (const env of await folders(root)) {
    for (const name of await folders(path.join(root, env), (entry) => entry.startsWith(openPrefix))) {
      open.push({ env, id: name.slice(openPrefix.length), dir: path.join(root, env, name) });
    }
  }
  return open.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Ids of the stored runs, newest first. */
export async function listRuns(resultsDir: string, env?: string): Promise<{ env: string; id: string; dir: string }[]> {
  const root = path.join(resultsDir, 'runs');
  const envs = env === undefined ? await folders(root) : [env];
  const runs = await Promise.all(
    envs.map(async (name) =>
      (await folders(path.join(root, name))).map((id) => ({ env: name, id, dir: path.join(root, name, id) })),
    ),
  );
  return runs.flat().sort((a, b) => (a.id < b.id ? 1 : -1));
}

/**
 * Finds a run by its id, the end or beginning of it, its folder, or `latest`.
 * @throws LoadError results.not-found, results.damaged, results.newer
 */
export async function loadRun(resultsDir: string, ref: string, env?: string): Promise<StoredRun> {
  if (ref.includes(path.sep) || ref.endsWith('.json')) {
    return loadRunFolder(path.resolve(ref.endsWith('.json') ? path.dirname(ref) : ref));
  }
  const runs = await listRuns(resultsDir, env);
  const found = ref === 'latest' ? runs.slice(0, 1) : runs.filter(({ id }) => id.startsWith(ref) || id.endsWith(ref));
  const [run] = found;
  if (run === undefined || found.length > 1) {
    const none = ref === 'latest' ? 'there is no run yet' : `there is no run "${ref}"`;
    const what = found.length > 1 ? `"${ref}" names ${found.length} runs` : none;
    throw new LoadError('results.not-found', `${what} in ${path.join(resultsDir, 'runs')}`);
  }
  return loadRunFolder(run.dir);
}

export async function loadRunFolder(dir: string): Promise<StoredRun> {
  const file = path.join(dir, runFiles.record);
  return { dir, record: await readVersioned(file, RECORD_SCHEMA_VERSION, runRecordSchema) };
}

/**
 * Reads the series of a stored run.
 * @throws LoadError results.not-found, results.damaged
 */
export async function loadSeries(dir: string): Promise<SeriesLine[]> {
  const file = path.join(dir, runFiles.series);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new LoadError('results.not-found', `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line, index) => {
      try {
        return seriesLineSchema.parse(JSON.parse(line));
      } catch (error) {
        throw new LoadError('results.damaged', `${file}:${index + 1} is damaged`, { cause: error });
      }
    });
}

/** As {@link readVersioned}; undefined when the file does not exist. */
export async function readIfThere<T>(file: string, version: number, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    return await readVersioned(file, version, schema);
  } catch (error) {
    if (error instanceof LoadError && error.code === 'results.not-found') return undefined;
    throw error;
  }
}

/**
 * Reads a JSON file that carries a schemaVersion; never changes it.
 * @param upgrades version → what makes the next version of it; older files pass through them one by one
 * @throws LoadError results.not-found, results.damaged, results.newer
 */
export async function readVersioned<T>(
  file: string,
  version: number,
  schema: z.ZodType<T>,
  upgrades: Readonly<Record<number, (older: unknown) => unknown>> = {},
): Promise<T> {
  let raw: unknown;
  try {
    raw = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    // Below a file there is nothing, either.
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) {
      throw new LoadError('results.not-found', `${file} does not exist`);
    }
    throw new LoadError('results.damaged', `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const found = typeof raw === 'object' && raw !== null && 'schemaVersion' in raw ? raw.schemaVersion : undefined;
  if (typeof found === 'number' && found > version) {
    throw new LoadError('results.newer', `${file} has schema version ${found}; this gravl-load knows ${version}`);
  }
  let error: z.ZodError;
  try {
    let upgraded = raw;
    // A version that is none, -1e308 say, is left to the schema: counting from there would never end.
    const first = typeof found === 'number' && Number.isInteger(found) && found >= 1 ? found : version;
    for (let step = first; step < version; step++) {
      upgraded = upgrades[step]?.(upgraded) ?? upgraded;
    }
    const result = schema.safeParse(upgraded);
    if (result.success) return result.data;
    error = result.error;
  } catch (thrown) {
    if (!(thrown instanceof ZodError)) throw thrown;
    error = thrown;
  }
  const [issue] = error.issues;
  const where = issue?.path.map(String).join('.') ?? '';
  throw new LoadError('results.damaged', `${file} is damaged: ${where === '' ? '' : `${where}: `}${issue?.message ?? ''}`);
}

const isVisible = (name: string): boolean => !name.startsWith('.');

async function folders(dir: string, wanted: (name: string) => boolean = isVisible): Promise<string[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && wanted(entry.name)).map(({ name }) => name);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return [];
    throw new LoadError('results.unwritable', `${dir} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
