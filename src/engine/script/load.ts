/** From the user's script to a {@link ScriptProgram}. */
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { EngineError } from '../contracts/errors.ts';
import type { ScriptProgram } from '../contracts/script.ts';
import { cacheKey, defaultCacheDir, readCache, sha256, writeCache } from './cache.ts';
import { readEntry, type EntryRequest } from './entry.ts';
import { couldNotLoad } from './script-errors.ts';

export interface LoadOptions {
  /** Folder that a relative entry is looked up in. */
  readonly cwd: string;
  /** Where loaded programs are kept; `false` keeps none. Default: {@link defaultCacheDir}. */
  readonly cacheDir?: string | false;
  /** Refuse modules from the network; those that ship with the engine stay available. */
  readonly noRemote?: boolean;
  /** What the entry is; by its content, or a name with .tar, when not given. */
  readonly type?: 'js' | 'archive' | undefined;
  /** Which form to make; `auto` (default): what the analysis finds better. */
  readonly strategy?: 'auto' | 'fast' | 'exact';
}

interface Context {
  readonly cwd: string;
  readonly strategy: 'auto' | 'fast' | 'exact';
  readonly root: string;
  readonly cacheDir: string | undefined;
  readonly noRemote: boolean;
  /** Root of the unpacked archive the entry lies in. */
  readonly archive?: string;
}

/**
 * Loads a script, or the script of an archive; rejects with an {@link EngineError} (exit code 107) that says which file,
 * where and why.
 */
export async function loadScript(request: EntryRequest, options: LoadOptions): Promise<ScriptProgram> {
  const { cwd, noRemote = false, strategy = 'auto' } = options;
  const cacheDir = options.cacheDir === false ? undefined : (options.cacheDir ?? defaultCacheDir());
  const named = typeof request === 'string' ? request : '';
  const archived = named.endsWith('.tar') || (named !== '' && (await isTar(path.resolve(cwd, named))));
  const type = options.type ?? (archived ? 'archive' : 'js');
  if (typeof request === 'string' && type === 'archive') {
    const { openArchive, temporaryParent } = await import('./archive.ts');
    const archive = await openArchive(path.resolve(cwd, request), cacheDir ?? (await temporaryParent()));
    const { root } = archive;
    const program = await load(archive.entry, { cwd, strategy, root, cacheDir, noRemote, archive: root });
    return { ...program, archive: { options: archive.metadata.options, env: archive.metadata.env } };
  }
  return load(request, { cwd, strategy, root: cwd, cacheDir, noRemote });
}

/** Where a tar file's header says what it is. */
const TAR_MAGIC = { at: 257, text: 'ustar' } as const;

/** Whether these are the first bytes of an archive. */
export function startsTar(bytes: Uint8Array): boolean {
  const { at, text } = TAR_MAGIC;
  return Buffer.from(bytes.subarray(at, at + text.length)).toString('latin1') === text;
}

async function isTar(file: string): Promise<boolean> {
  let handle: FileHandle;
  try {
    handle = await open(file);
  } catch {
    // Whoever reads it next says what is wrong.
    return false;
  }
  try {
    const start = new Uint8Array(512);
    await handle.read(start, 0, start.length, 0);
    return startsTar(start);
  } catch {
    return false;
  } finally {
    await handle.close();
  }
}

async function load(request: EntryRequest, context: Context): Promise<ScriptProgram> {
  const { cwd, cacheDir, noRemote, strategy, root } = context;
  const entry = await readEntry(request, cwd);
  const key = cacheKey(entry, JSON.stringify({ noRemote, strategy, root }));
  const cached = cacheDir === undefined ? undefined : await readCache(cacheDir, key);
  if (cached) return cached.program;
  try {
    // Only now the heavy modules: esbuild, acorn, and what transforms.
    const [{ bundle }, { emitProgram }, { chooseForm }] = await Promise.all([
      import('./bundle.ts'),
      import('./emit.ts'),
      import('./strategy.ts'),
    ]);
    const bundled = await bundle(entry, context);
    const emitted = emitProgram(bundled, entry.dir);
    const program: ScriptProgram = {
      url: entry.url,
      dir: entry.dir,
      root: scriptRoot(entry.dir, root),
      sources: bundled.sources,
      ...emitted,
      ...chooseForm(emitted, strategy),
    };
    if (cacheDir !== undefined) {
      const files = [...bundled.inputs].filter(([file]) => file !== entry.file);
      const inputs = Object.fromEntries(files.map(([file, text]) => [file, sha256(text)]));
      await writeCache(cacheDir, key, { program, inputs });
    }
    return program;
  } catch (error) {
    if (error instanceof EngineError) throw couldNotLoad(entry.label, entry.url, error);
    throw error;
  }
}

/** The wanted folder when the script lies in it; never the root of the file system. */
function scriptRoot(dir: string, wanted: string): string {
  const inside = dir === wanted || dir.startsWith(wanted.endsWith(path.sep) ? wanted : wanted + path.sep);
  return inside && path.parse(wanted).root !== wanted ? wanted : dir;
}
