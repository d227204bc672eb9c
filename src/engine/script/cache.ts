/**
 * Loaded programs on disk, found by what they were made from: the entry's text, and the hash of every file it pulled in.
 * A warm start reads two files and loads neither esbuild nor acorn.
 */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ScriptProgram } from '../contracts/script.ts';

export interface CachedProgram {
  readonly program: ScriptProgram;
  /** SHA-256 of every bundled file, by absolute path or address. */
  readonly inputs: Readonly<Record<string, string>>;
}

export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** `$XDG_CACHE_HOME/gravl-load`, or `~/.cache/gravl-load`. */
export function defaultCacheDir(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const base = env['XDG_CACHE_HOME'];
  return path.join(base && path.isAbsolute(base) ? base : path.join(os.homedir(), '.cache'), 'gravl-load');
}

/** Names a cache entry by everything known before bundling. Another build of the engine never sees this one's entries. */
export function cacheKey(entry: { readonly file: string; readonly source: string }, variant: string): string {
  return sha256(JSON.stringify([buildStamp(), process.versions.v8, variant, entry.file, sha256(entry.source)]));
}

/** @returns undefined for no entry, a damaged one, or one whose files have changed since */
export async function readCache(dir: string, key: string): Promise<CachedProgram | undefined> {
  try {
    const text = await readFile(fileOf(dir, key), 'utf8');
    const end = text.indexOf('\n');
    const body = text.slice(end + 1);
    if (text.slice(0, end) !== sha256(body)) return undefined;
    const cached = JSON.parse(body) as CachedProgram;
    const unchanged = await Promise.all(
      Object.entries(cached.inputs).map(async ([file, hash]) => sha256(await readFile(file)) === hash),
    );
    return unchanged.every(Boolean) ? cached : undefined;
  } catch {
    // No entry, or a file it was made from is gone: load the script anew.
    return undefined;
  }
}

/** Writes beside and renames, so that a reader never sees half an entry; a cache that cannot be written is no error. */
export async function writeCache(dir: string, key: string, cached: CachedProgram): Promise<void> {
  const body = JSON.stringify(cached);
  const target = fileOf(dir, key);
  const temporary = `${target}.${process.pid}.${sha256(`${Math.random()}`).slice(0, 8)}`;
  try {
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(temporary, `${sha256(body)}\n${body}`);
    await rename(temporary, target);
  } catch {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

const fileOf = (dir: string, key: string): string => path.join(dir, 'scripts', `${key}.json`);

/** Changes whenever the engine's code is built anew. */
function buildStamp(): string {
  const { size, mtimeMs } = statSync(fileURLToPath(import.meta.url));
  return `${size} ${mtimeMs}`;
}
