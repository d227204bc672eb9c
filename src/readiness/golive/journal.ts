/** The record of a go-live: one entry a step, each holding the hash of the one before it. */
import { createHash } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { LoadError, systemCode } from '../../errors.ts';
import { guardWrite, readVersioned, writeWhole } from '../../results/store.ts';

const entrySchema = z.strictObject({
  seq: z.int().positive(),
  phase: z.string(),
  step: z.string(),
  owner: z.string(),
  state: z.enum(['pass', 'fail', 'not checked', 'accepted']),
  evidence: z.string(),
  findings: z.array(z.string()),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  /** Who ran the command. */
  by: z.string(),
  /** What the step was done with; when that changes, it is done again. */
  inputs: z.string(),
  previous: z.string(),
  hash: z.string(),
});

const journalSchema = z.strictObject({
  schemaVersion: z.literal(1),
  environment: z.string(),
  release: z.string(),
  entries: z.array(entrySchema),
});

export type Entry = z.infer<typeof entrySchema>;
export type NewEntry = Omit<Entry, 'seq' | 'by' | 'previous' | 'hash'>;
export const firstHash = '0'.repeat(64);

export interface Journal {
  readonly environment: string;
  readonly release: string;
  readonly dir: string;
  readonly entries: readonly Entry[];
}

export const goliveDir = (results: string, environment: string): string => path.join(results, 'golive', environment);

/** The newest release that was begun; undefined when there is none. */
export async function newestRelease(results: string, environment: string): Promise<string | undefined> {
  try {
    const entries = await readdir(goliveDir(results, environment), { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort()
      .at(-1);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** @throws LoadError results.damaged when it was changed after it was written */
export async function openJournal(results: string, environment: string, release: string): Promise<Journal> {
  const dir = path.join(goliveDir(results, environment), release);
  let entries: readonly Entry[] = [];
  try {
    ({ entries } = await readVersioned(path.join(dir, 'journal.json'), 1, journalSchema));
  } catch (error) {
    if (!(error instanceof LoadError) || error.code !== 'results.not-found') throw error;
  }
  const wrong = brokenAt(entries);
  if (wrong !== undefined) {
    throw new LoadError('results.damaged', `${path.join(dir, 'journal.json')}: entry ${wrong} was changed afterwards`);
  }
  return { environment, release, dir, entries };
}

/** Adds an entry and writes the journal. @throws LoadError results.unwritable, results.damaged */
export async function addEntry(results: string, journal: Journal, entry: NewEntry): Promise<Journal> {
  const { environment, release, dir } = journal;
  const now = await openJournal(results, environment, release);
  if (now.entries.length !== journal.entries.length) {
    throw new LoadError('results.damaged', `${dir}: another go-live command writes this journal at the same time`, {
      hint: 'Wait for it to end, then run this one again.',
    });
  }
  const open = {
    seq: journal.entries.length + 1,
    ...entry,
    by: os.userInfo().username,
    previous: journal.entries.at(-1)?.hash ?? firstHash,
  };
  const entries = [...journal.entries, { ...open, hash: hashOf(open) }];
  await guardWrite(dir, async () => {
    await mkdir(dir, { recursive: true });
    const document = { schemaVersion: 1, environment, release, entries };
    await writeWhole(path.join(dir, 'journal.json'), `${JSON.stringify(document, undefined, 2)}\n`);
  });
  return { ...journal, entries };
}

/** Number of the first entry that does not follow from the one before it. */
export function brokenAt(entries: readonly Entry[]): number | undefined {
  let previous = firstHash;
  for (const [index, { hash, ...open }] of entries.entries()) {
    if (open.seq !== index + 1 || open.previous !== previous || hashOf(open) !== hash) return index + 1;
    previous = hash;
  }
  return undefined;
}

/** The last word on every step. */
export const latest = (entries: readonly Entry[]): ReadonlyMap<string, Entry> =>
  new Map(entries.map((entry) => [entry.step, entry]));

/** Independent of the order in which a file has the keys. */
function hashOf(entry: Omit<Entry, 'hash'>): string {
  const sorted = Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}
