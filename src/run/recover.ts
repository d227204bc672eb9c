/** Runs whose process was killed: what they measured becomes a record that says it was interrupted. */
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { LoadError, messageOf, systemCode } from '../errors.ts';
import { formatClock } from '../report/format.ts';
import { writeReports } from '../report/index.ts';
import { readJournal, rewriteSeries, salvageSeries, type Journal } from '../results/journal.ts';
import { isGone } from '../results/owner.ts';
import type { RunRecord } from '../results/record.ts';
import { listOpenRuns, loadRunFolder, publishRun, runFiles } from '../results/store.ts';
import { recoveredRecord } from './build-record.ts';

/** A run of another machine counts as given up when nothing was written for that long. */
const quietMs = 10 * 60_000;
/** A folder without an owner is that of a run which is about to begin, or of one killed at that moment. */
const beginningMs = 60_000;

export type Recovery = { readonly env: string; readonly id: string; readonly dir: string } & (
  | { readonly state: 'recovered'; readonly record: RunRecord }
  /** Killed before the first second was measured; its folder is gone. */
  | { readonly state: 'empty' }
  | { readonly state: 'running' }
  /** Left as it is. */
  | { readonly state: 'unreadable'; readonly reason: string }
);

/** Makes records of the open runs whose process is gone; those that go on are left alone. */
export async function recoverRuns(resultsDir: string): Promise<Recovery[]> {
  const found: Recovery[] = [];
  for (const open of await listOpenRuns(resultsDir)) {
    try {
      const recovery = await recover(open.dir);
      if (recovery !== undefined) found.push({ ...open, ...recovery });
    } catch (error) {
      found.push({ ...open, state: 'unreadable', reason: messageOf(error) });
    }
  }
  return found;
}

/** One line for people; undefined when there is nothing to say. */
export function sayRecovered(found: Recovery): string | undefined {
  const { env, id } = found;
  if (found.state === 'unreadable') return `The interrupted run ${env}/${id} cannot be recovered: ${found.reason}`;
  if (found.state !== 'recovered') return undefined;
  const { total, durationSeconds, interrupted } = found.record;
  const what = interrupted ? 'an interrupted run' : 'a run that was killed when all but its name was stored';
  return `Recovered ${what}: ${env}/${id}, ${total.requests} requests in ${formatClock(durationSeconds * 1000)}`;
}

type Outcome =
  | { readonly state: 'recovered'; readonly record: RunRecord; readonly dir: string }
  | { readonly state: 'empty' | 'running' };

async function recover(openDir: string): Promise<Outcome | undefined> {
  const journal = await readJournal(openDir);
  if (await goesOn(openDir, journal)) return { state: 'running' };
  try {
    return await finish(openDir, journal);
  } catch (error) {
    // Another process has recovered it in the meantime.
    if (await isMissing(openDir)) return undefined;
    throw error;
  }
}

async function finish(openDir: string, journal: Journal | undefined): Promise<Outcome> {
  // The record is a run's last file: where it is, everything is.
  const whole = await storedRecord(openDir);
  if (whole !== undefined) return publish(openDir, whole);
  const { lines, dropped } = await salvageSeries(openDir);
  if (journal?.run == null || lines.length === 0) {
    await rm(openDir, { recursive: true, force: true });
    return { state: 'empty' };
  }
  const { mtime } = await stat(path.join(openDir, runFiles.series));
  const record = recoveredRecord(journal.run, lines, dropped, mtime);
  if (dropped > 0) await rewriteSeries(openDir, lines);
  await writeReports(openDir, record, undefined);
  return publish(openDir, record);
}

async function publish(openDir: string, record: RunRecord): Promise<Outcome> {
  return { state: 'recovered', record, dir: await publishRun(openDir, record) };
}

async function goesOn(openDir: string, journal: Journal | undefined): Promise<boolean> {
  if (journal === undefined) return Date.now() - (await newest(openDir)) < beginningMs;
  return !(isGone(journal.owner) ?? Date.now() - (await newest(openDir)) > quietMs);
}

/** When something was written there last, in wall-clock milliseconds. */
async function newest(openDir: string): Promise<number> {
  const places = [openDir, path.join(openDir, runFiles.series), path.join(openDir, runFiles.log)];
  const times = await Promise.all(
    places.map(async (place) => {
      try {
        return (await stat(place)).mtimeMs;
      } catch {
        return 0;
      }
    }),
  );
  return Math.max(...times);
}

async function storedRecord(openDir: string): Promise<RunRecord | undefined> {
  try {
    return (await loadRunFolder(openDir)).record;
  } catch (error) {
    if (error instanceof LoadError && error.code === 'results.not-found') return undefined;
    throw error;
  }
}

async function isMissing(dir: string): Promise<boolean> {
  try {
    await stat(dir);
    return false;
  } catch (error) {
    return systemCode(error) === 'ENOENT';
  }
}
