/** `open()`: which file a call means, and reading it. */
import { readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Outcome } from '../contracts/host.ts';

export interface OpenPolicy {
  /** Scripts may read this folder and everything below it. */
  readonly root: string;
  /** Further folders the user allowed; `/` allows everything. */
  readonly allowed: readonly string[];
}

const failed = (message: string): { readonly ok: false; readonly name: string; readonly message: string } => ({
  ok: false,
  name: 'GoError',
  message,
});

/**
 * The absolute path that `open(name)` means when called by code of a file in `fromDir`: relative names, with or without
 * `./`, start at the folder of the file that makes the call; `file:` URLs and absolute paths are taken as they are.
 */
export function resolveOpenPath(name: string, fromDir: string): Outcome<string> {
  if (name === '') return failed("open() can't be used with an empty filename");
  if (name.startsWith('file:')) {
    try {
      return { ok: true, value: fileURLToPath(name) };
    } catch {
      return failed(`open() can't use "${name}": it is not a valid file URL`);
    }
  }
  if (/^https?:/.test(name)) return failed('open() only supports URLs with the file scheme');
  return { ok: true, value: path.resolve(fromDir, name) };
}

/** Reads a file for a script; files outside the policy are refused, also when a symbolic link leads there. */
export function readFileFor(file: string, policy: OpenPolicy): Outcome<Uint8Array> {
  try {
    const real = realpathSync(file);
    const within = [policy.root, ...policy.allowed].some((folder) => isWithin(real, safeRealpath(folder)));
    if (!within) {
      return failed(
        `open ${file}: not allowed: the file lies outside of the script's folder ${policy.root}; allow its folder with --allow-read`,
      );
    }
    return { ok: true, value: readFileSync(real) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return failed(`open ${file}: no such file or directory`);
    if (code === 'EISDIR') return failed(`open() can't be used with directories, path: "${file}"`);
    if (code === 'EACCES') return failed(`open ${file}: permission denied`);
    return failed(`open ${file}: ${code ?? String(error)}`);
  }
}

function isWithin(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative === '' || !(relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative));
}

function safeRealpath(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}
