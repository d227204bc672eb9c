/** The scenarios as one k6 script, by esbuild; what has not changed is not built again. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { build, version as esbuildVersion, type BuildFailure, type Message } from 'esbuild';
import { packageRoot, suiteVersion } from '../config/package.ts';
import { LoadError } from '../errors.ts';

export interface Bundle {
  /** Absolute path of the script. */
  readonly file: string;
  readonly cached: boolean;
  /** Absolute paths of the sources in it. */
  readonly inputs: readonly string[];
}

interface Manifest {
  readonly inputs: Readonly<Record<string, string>>;
}

/** Modules that scripts find wherever they lie: those of this version, never of another that happens to be installed. */
export const scriptModules = {
  'k6-summary': path.join(packageRoot, 'src', 'suite', 'summary', 'index.ts'),
  'gravl-load/suite': path.join(packageRoot, 'dist', 'suite.js'),
};

/**
 * Bundles `entry` into the cache of the project (of the system, where the project cannot be written).
 * @throws LoadError scenario.compile with file and line
 */
export async function compile(entry: string, projectDir: string): Promise<Bundle> {
  const dir = await cacheDir(projectDir, entry);
  const file = path.join(dir, 'script.js');
  const manifestFile = path.join(dir, 'inputs.json');
  const known = await readManifest(manifestFile);
  if (known !== undefined && existsSync(file) && (await isCurrent(known))) {
    return { file, cached: true, inputs: Object.keys(known.inputs) };
  }
  const { code, inputs } = await bundle(entry);
  await replaceFile(file, code);
  const hashes = await Promise.all(inputs.map(async (input) => [input, await hashFile(input)] as const));
  await replaceFile(manifestFile, JSON.stringify({ inputs: Object.fromEntries(hashes) } satisfies Manifest));
  return { file, cached: false, inputs };
}

async function bundle(entry: string): Promise<{ code: string; inputs: string[] }> {
  try {
    const { outputFiles, metafile } = await build({
      entryPoints: [entry],
      absWorkingDir: path.dirname(entry),
      bundle: true,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      target: 'es2022',
      external: ['k6', 'k6/*', 'https://*'],
      alias: scriptModules,
      sourcemap: 'inline',
      sourcesContent: true,
      metafile: true,
      write: false,
      logLevel: 'silent',
    });
    const inputs = Object.keys(metafile.inputs).map((input) => path.resolve(path.dirname(entry), input));
    return { code: outputFiles[0]?.text ?? '', inputs };
  } catch (error) {
    throw compileError(error, path.dirname(entry));
  }
}

function compileError(error: unknown, workingDir: string): unknown {
  if (!(error instanceof Error) || !('errors' in error)) return error;
  const messages = (error as BuildFailure).errors.map((message) => describe(message, workingDir));
  const [first = error.message] = messages;
  return new LoadError('scenario.compile', first, { problems: messages.slice(1), cause: error });
}

function describe({ text, location }: Message, workingDir: string): string {
  if (location === null) return text;
  const file = path.resolve(workingDir, location.file);
  return `${file}:${location.line}:${location.column + 1}: ${text}\n    ${location.lineText.trim()}`;
}

async function cacheDir(projectDir: string, entry: string): Promise<string> {
  const key = hash(`${suiteVersion} ${esbuildVersion} ${entry}`).slice(0, 16);
  const project = path.join(projectDir, '.cache', 'bundles', key);
  try {
    await mkdir(project, { recursive: true });
    return project;
  } catch {
    const temporary = path.join(os.tmpdir(), `gravl-load-${process.getuid?.() ?? 'user'}`, key);
    await mkdir(temporary, { recursive: true });
    return temporary;
  }
}

async function readManifest(file: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}

async function isCurrent({ inputs }: Manifest): Promise<boolean> {
  const checks = await Promise.all(
    Object.entries(inputs).map(async ([file, known]) => (await hashFile(file).catch(() => undefined)) === known),
  );
  return checks.length > 0 && checks.every(Boolean);
}

/** Two runs may build at once: each reader sees one of the two whole. */
async function replaceFile(file: string, content: string): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, content);
  await rename(temporary, file);
}

const hashFile = async (file: string): Promise<string> => hash(await readFile(file));
const hash = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
