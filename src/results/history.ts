/** The stored runs of an environment and profile, those of the baseline and those of results/runs, read in brief. */
import path from 'node:path';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { readBaseline, type StoredDigest } from './baselines.ts';
import { p95Of, quantileOf } from './digest.ts';
import { RECORD_SCHEMA_VERSION, runRecordSchema } from './record.ts';
import { keyDifferences, keyOf, type RunKey } from './run-key.ts';
import { listRuns, runFiles } from './store.ts';

export interface HistoryRun {
  readonly id: string;
  readonly startedAt: string;
  /** Milliseconds; null without requests. */
  readonly p50: number | null;
  readonly p95: number | null;
  /** Requests a second. */
  readonly rate: number;
  /** Share of failed requests, 0 to 1. */
  readonly errors: number;
}

export interface RunHistory {
  /** Comparable with the newest one, oldest first. */
  readonly runs: readonly HistoryRun[];
  /** How many others there are, by the reason. */
  readonly leftOut: Readonly<Record<string, number>>;
}

/** What is read of a record: a thousand of them must not take long. */
const briefSchema = runRecordSchema
  .pick({
    id: true,
    env: true,
    profile: true,
    scenarios: true,
    planHash: true,
    engine: true,
    machine: true,
    startedAt: true,
    verdict: true,
  })
  .extend({
    schemaVersion: z.literal(RECORD_SCHEMA_VERSION),
    total: runRecordSchema.shape.total.pick({ requests: true, failed: true, rate: true, duration: true }).strip(),
  })
  .strip();

type Found = { readonly key: RunKey; readonly valid: boolean; readonly run: HistoryRun } | 'damaged' | 'other profile';

/** @throws LoadError results.damaged, results.newer for the baseline; single runs that cannot be read are left out */
export async function readRunHistory(resultsDir: string, env: string, profile: string): Promise<RunHistory> {
  const found = new Map<string, Found>();
  for (const stored of (await readBaseline(resultsDir, env, profile))?.runs ?? []) {
    found.set(stored.digest.id, fromBaseline(stored));
  }
  for (const { id, dir } of await listRuns(resultsDir, env)) {
    if (!found.has(id)) found.set(id, await fromRecord(path.join(dir, runFiles.record), profile));
  }
  const leftOut: Record<string, number> = {};
  const leave = (reason: string): void => void (leftOut[reason] = (leftOut[reason] ?? 0) + 1);
  const usable = [...found.values()].flatMap((one) => {
    if (one === 'other profile') return [];
    if (one === 'damaged') leave('cannot be read');
    else if (one.valid) return [one];
    else leave('INVALID');
    return [];
  });
  usable.sort((a, b) => (a.run.startedAt < b.run.startedAt ? -1 : 1));
  const newest = usable.at(-1);
  const runs = usable.filter(({ key }) => {
    const same = newest !== undefined && keyDifferences(key, newest.key).length === 0;
    if (!same) leave('of another plan, engine or machine');
    return same;
  });
  return { runs: runs.map(({ run }) => run), leftOut };
}

function fromBaseline({ key, verdict, digest }: StoredDigest): Found {
  const total = digest.endpoints.find(({ name }) => name === '');
  const hists = total?.windows.map(({ hist }) => hist) ?? [];
  const { requests = 0, failed = 0 } = total ?? {};
  return {
    key,
    valid: verdict !== 'INVALID',
    run: {
      id: digest.id,
      startedAt: digest.startedAt,
      p50: quantileOf(hists, 0.5),
      p95: p95Of(hists),
      rate: digest.durationSeconds === 0 ? 0 : requests / digest.durationSeconds,
      errors: requests === 0 ? 0 : failed / requests,
    },
  };
}

async function fromRecord(file: string, profile: string): Promise<Found> {
  let raw: unknown;
  try {
    raw = JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return 'damaged';
  }
  const parsed = briefSchema.safeParse(raw);
  if (!parsed.success) return 'damaged';
  const { total, verdict, id, startedAt } = parsed.data;
  if (parsed.data.profile !== profile) return 'other profile';
  return {
    key: keyOf(parsed.data),
    valid: verdict.state !== 'INVALID',
    run: {
      id,
      startedAt,
      p50: total.duration?.med ?? null,
      p95: total.duration?.p95 ?? null,
      rate: total.rate,
      errors: total.requests === 0 ? 0 : total.failed / total.requests,
    },
  };
}
