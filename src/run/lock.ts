/**
 * One load at a time on a target: two would measure each other. The lock is a file of this machine's temporary folder,
 * named by the target's host and port, so it holds between projects too. A lock whose process is gone is taken over.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { hostOf, isLoopback } from '../config/hosts.ts';
import { redactUrl } from '../config/redact.ts';
import { LoadError, messageOf, systemCode } from '../errors.ts';
import { isGone, ownerSchema, thisProcess } from '../results/owner.ts';

const lockSchema = z.strictObject({
  owner: ownerSchema,
  env: z.string(),
  run: z.string(),
  url: z.string(),
  since: z.iso.datetime(),
});

export type LoadLock = z.infer<typeof lockSchema>;

const attempts = 20;

/** The lock of a target. */
export function lockFile(url: string): string {
  const { port, protocol } = new URL(url);
  const host = hostOf(url);
  // All names of this machine are one target.
  const name = `${isLoopback(host) ? 'localhost' : host}_${port === '' ? (protocol === 'https:' ? '443' : '80') : port}`;
  const user = process.getuid?.() ?? 'user';
  return path.join(os.tmpdir(), `gravl-load-${user}`, 'locks', `${name.replace(/[^\w.-]/g, '-')}.lock`);
}

/** Whose the lock is now; undefined when it is free or its process is gone. */
export function lockHolder(url: string): LoadLock | undefined {
  const held = read(lockFile(url));
  return held === undefined || isGone(held.owner) === true ? undefined : held;
}

/**
 * Takes the lock of the target.
 * @returns lets it go
 * @throws LoadError target.busy when another load goes on there
 */
export function lockTarget(url: string, env: string, run: string): () => void {
  const file = lockFile(url);
  const lock: LoadLock = { owner: thisProcess(), env, run, url: redactUrl(url), since: new Date().toISOString() };
  const own = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(own, JSON.stringify(lock), { flag: 'wx' });
    try {
      acquire(file, own, url);
    } finally {
      rmSync(own, { force: true });
    }
  } catch (error) {
    if (error instanceof LoadError) throw error;
    throw new LoadError('results.unwritable', `the lock ${file} cannot be written: ${messageOf(error)}`, {
      hint: 'Set TMPDIR to a folder that can be written.',
      cause: error,
    });
  }
  return () => {
    if (isSame(read(file), lock)) rmSync(file, { force: true });
  };
}

function acquire(file: string, own: string, url: string): void {
  for (let attempt = 0; attempt < attempts; attempt++) {
    try {
      // A link appears with its content or not at all, and only where there is none.
      linkSync(own, file);
      return;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
    const held = read(file);
    if (held !== undefined && isGone(held.owner) !== true) throw busy(held, file);
    takeAway(file, held);
  }
  throw new LoadError('target.busy', `the lock of ${redactUrl(url)} could not be taken: ${file}`);
}

/** Removes a lock whose process is gone; one that somebody has taken in the meantime is put back. */
function takeAway(file: string, stale: LoadLock | undefined): void {
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  const moved = read(aside);
  if (moved !== undefined && !isSame(moved, stale)) {
    try {
      linkSync(aside, file);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
  }
  rmSync(aside, { force: true });
}

function busy({ owner, env, run, url, since }: LoadLock, file: string): LoadError {
  const message = `another load goes on there: run ${run} (${env}, ${url}), process ${owner.pid} on ${owner.host}, since ${since}`;
  return new LoadError('target.busy', message, {
    hint: `Wait for it, or end it: kill -INT ${owner.pid}. Its lock is ${file}.`,
  });
}

const isSame = (a: LoadLock | undefined, b: LoadLock | undefined): boolean =>
  a?.run === b?.run && a?.owner.pid === b?.owner.pid && a?.since === b?.since;

/** Undefined when there is none, or one that is not whole: locks appear whole, so that is no lock of ours. */
function read(file: string): LoadLock | undefined {
  try {
    return lockSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
