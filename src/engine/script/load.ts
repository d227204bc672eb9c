/** From the user's script to a {@link ScriptProgram}. */
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
}

/** Loads a script; rejects with an {@link EngineError} (exit code 107) that says which file, where and why. */
export async function loadScript(request: EntryRequest, options: LoadOptions): Promise<ScriptProgram> {
  const entry = await readEntry(request, options.cwd);
  const { noRemote = false } = options;
  const cacheDir = options.cacheDir === false ? undefined : (options.cacheDir ?? defaultCacheDir());
  const key = cacheKey(entry, JSON.stringify({ noRemote }));
  const cached = cacheDir === undefined ? undefined : await readCache(cacheDir, key);
  if (cached) return cached.program;
  try {
    // Only now the heavy modules: esbuild, acorn.
    const [{ bundle }, { emitProgram }] = await Promise.all([import('./bundle.ts'), import('./emit.ts')]);
    const bundled = await bundle(entry, { cacheDir, noRemote });
    const program: ScriptProgram = {
      url: entry.url,
      dir: entry.dir,
      form: 'exact',
      ...emitProgram(bundled, entry.dir),
      exactReasons: [],
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
