/** Modules from the network: fetched once, kept with their SHA-256, and refused when they change or when the user says so. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { EngineError, ExitCode } from '../contracts/errors.ts';
import { sha256 } from './cache.ts';

/** Fetching one module may take this long. */
const TIMEOUT_MS = 60_000;
/** Larger "modules" are no scripts. */
const MAX_BYTES = 32 * 1024 * 1024;

export interface RemoteOptions {
  /** Folder for the files and their lock; undefined keeps nothing. */
  readonly cacheDir: string | undefined;
  readonly noRemote: boolean;
  /** Root of an unpacked archive, which brings its remote modules along. */
  readonly archive?: string | undefined;
}

export interface RemoteModule {
  readonly text: string;
  /** Where the text is kept; undefined without a cache. */
  readonly file: string | undefined;
}

/** `https:` anywhere; plain `http:` only on this machine. */
export function isRemote(specifier: string): boolean {
  return specifier.startsWith('https://') || /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?\//.test(specifier);
}

/** Where an archive keeps a remote module. */
export function archivedPath(url: string): string {
  const { protocol, host, pathname, search } = new URL(url);
  return `${protocol.slice(0, -1)}/${host.replace(':', '_')}${pathname}${search.replace(/[/?]/g, '_')}`;
}

export async function loadRemote(url: string, options: RemoteOptions): Promise<RemoteModule> {
  const { cacheDir, noRemote, archive } = options;
  const archived = archive === undefined ? undefined : path.join(archive, archivedPath(url));
  if (archived !== undefined && existsSync(archived)) return { text: await readFile(archived, 'utf8'), file: archived };
  if (noRemote) {
    throw failure(
      `The moduleSpecifier "${url}" is a remote module, and remote modules are refused (--no-remote). Save the file next to the script and import it from there.`,
    );
  }
  if (cacheDir === undefined) return { text: await download(url), file: undefined };
  const folder = path.join(cacheDir, 'remote');
  const file = path.join(folder, `${sha256(url)}.js`);
  const lock = path.join(folder, `${sha256(url)}.lock.json`);
  const expected = await readLock(lock, url);
  const kept = expected === undefined ? undefined : await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined && sha256(kept) === expected) return { text: kept, file };

  const text = await download(url);
  const hash = sha256(text);
  if (expected !== undefined && hash !== expected) {
    throw failure(
      `The moduleSpecifier "${url}" has changed since it was first loaded: its SHA-256 is ${hash}, expected ${expected}. ` +
        `If the change is wanted, delete ${lock} and run again.`,
    );
  }
  await mkdir(folder, { recursive: true });
  await writeAtomically(file, text);
  await writeAtomically(lock, `${JSON.stringify({ url, sha256: hash }, null, 2)}\n`);
  return { text, file };
}

async function readLock(lock: string, url: string): Promise<string | undefined> {
  try {
    const entry = JSON.parse(await readFile(lock, 'utf8')) as { url?: unknown; sha256?: unknown };
    return entry.url === url && typeof entry.sha256 === 'string' ? entry.sha256 : undefined;
  } catch {
    return undefined;
  }
}

async function writeAtomically(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, text);
  await rename(temporary, file);
}

async function download(url: string): Promise<string> {
  let reason: string;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'follow' });
    if (response.ok) {
      const bytes = await response.arrayBuffer();
      if (bytes.byteLength <= MAX_BYTES) return new TextDecoder().decode(bytes);
      reason = `it has ${bytes.byteLength} bytes, more than ${MAX_BYTES}`;
    } else reason = `wrong status code (${response.status}) for ${url}`;
  } catch (error) {
    // fetch hides the system's error in the cause.
    const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
    reason = cause?.message ?? message;
  }
  throw failure(
    `The moduleSpecifier "${url}" couldn't be retrieved from the resolved url "${url}". Error : "${reason}". ` +
      `Check the address and the network (a proxy is not used), or save the file next to the script and import it from there.`,
  );
}

const failure = (message: string): EngineError => new EngineError(message, ExitCode.scriptException);
