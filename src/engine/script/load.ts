/** From the user's script to a {@link ScriptProgram}. */
import { EngineError } from '../contracts/errors.ts';
import type { ScriptProgram } from '../contracts/script.ts';
import { readEntry, type EntryRequest } from './entry.ts';
import { couldNotLoad } from './script-errors.ts';

export interface LoadOptions {
  /** Folder that a relative entry is looked up in. */
  readonly cwd: string;
}

/** Loads a script; rejects with an {@link EngineError} (exit code 107) that says which file, where and why. */
export async function loadScript(request: EntryRequest, options: LoadOptions): Promise<ScriptProgram> {
  const entry = await readEntry(request, options.cwd);
  try {
    const [{ bundle }, { emitProgram }] = await Promise.all([import('./bundle.ts'), import('./emit.ts')]);
    const bundled = await bundle(entry);
    const emitted = emitProgram(bundled, entry.dir);
    return {
      url: entry.url,
      dir: entry.dir,
      form: 'exact',
      ...emitted,
      ownRealm: false,
      exactReasons: [],
    };
  } catch (error) {
    if (error instanceof EngineError) throw couldNotLoad(entry.label, entry.url, error);
    throw error;
  }
}
