/** Files that are whole, also after a crash: the old one or the new one, never half of it. */
import { randomBytes } from 'node:crypto';
import { open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { LoadError, messageOf } from '../errors.ts';

/**
 * Writes a file so that readers see the old one or the new one, also when the process is killed or the power fails in
 * between: the text is on the disk before the name is changed, and the change of name before this returns.
 * @param mode of the file; 0o600 for what only its owner may read
 */
export async function writeWhole(file: string, text: string, mode = 0o666): Promise<void> {
  const temporary = `${file}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(path.dirname(file));
}

/** Brings the files of a folder to the disk before the folder gets its final name. */
export async function syncFiles(dir: string): Promise<void> {
  const entries = await readdir(dir, { withFileTypes: true });
  for (const entry of entries.filter((found) => found.isFile())) await sync(path.join(dir, entry.name));
  await syncFolder(dir);
}

/** Makes changes of names in a folder last; systems that cannot sync folders need none. */
export async function syncFolder(dir: string): Promise<void> {
  await sync(dir).catch(() => undefined);
}

async function sync(place: string): Promise<void> {
  const handle = await open(place, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Turns a file system error into results.unwritable. */
export async function guardWrite<T>(place: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw new LoadError('results.unwritable', `${place} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}
