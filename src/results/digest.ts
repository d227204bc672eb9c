/**
 * What a run weighs in a comparison: counts and latency histograms in windows. A baseline stores digests, not records.
 * Windows are the unit of resampling, because requests that are near in time depend on each other.
 */
import { z } from 'zod';
import type { RunRecord, SeriesLine } from './record.ts';

/** Length of a window in seconds. */
export const WINDOW_SECONDS = 5;

const count = z.int().nonnegative();

/** http_req_duration as [microseconds, count] pairs, ascending: the middle of each bucket. */
export const sparseHistogramSchema = z.array(z.tuple([count, count]));

export const windowSchema = z.strictObject({
  /** Seconds from the start of the measured time. */
  t: z.number().nonnegative(),
  seconds: z.number().positive(),
  requests: count,
  failed: count,
  hist: sparseHistogramSchema,
});

export const endpointDigestSchema = z.strictObject({
  /** The endpoint's `name` tag; the empty name is all of them together. */
  name: z.string(),
  requests: count,
  failed: count,
  windows: z.array(windowSchema),
});

export const runDigestSchema = z.strictObject({
  id: z.string(),
  startedAt: z.string(),
  durationSeconds: z.number().nonnegative(),
  checks: z.strictObject({ passes: count, fails: count }),
  /** Share of the machine, 0 to 1, that other programs used; null or absent where it is not known. */
  othersCpu: z.number().nullable().optional(),
  endpoints: z.array(endpointDigestSchema),
});

export type SparseHistogram = z.infer<typeof sparseHistogramSchema>;
export type WindowDigest = z.infer<typeof windowSchema>;
export type EndpointDigest = z.infer<typeof endpointDigestSchema>;
export type RunDigest = z.infer<typeof runDigestSchema>;

/** Long runs get wider windows, in whole multiples of five seconds, so that a digest stays small. */
const MOST_WINDOWS = 120;
/** Steps per power of two: a stored value differs from the measured one by at most 0.4 %. */
const STEPS_PER_OCTAVE = 128;

/** What of a run is kept in a baseline and weighed in a comparison. */
export function digestRun(
  record: Pick<RunRecord, 'id' | 'startedAt' | 'durationSeconds' | 'checks' | 'total' | 'endpoints' | 'generator'>,
  series: readonly SeriesLine[],
): RunDigest {
  const { id, startedAt, durationSeconds, checks } = record;
  const width = WINDOW_SECONDS * Math.max(1, Math.ceil(durationSeconds / WINDOW_SECONDS / MOST_WINDOWS));
  return {
    id,
    startedAt,
    durationSeconds,
    checks: {
      passes: checks.reduce((sum, { passes }) => sum + passes, 0),
      fails: checks.reduce((sum, { fails }) => sum + fails, 0),
    },
    othersCpu: record.generator.othersCpu ?? null,
    endpoints: [{ ...record.total, name: '' }, ...record.endpoints].map(({ name, requests, failed }) => ({
      name,
      requests,
      failed,
      windows: toWindows(series.filter(({ endpoint }) => endpoint === name), width, durationSeconds),
    })),
  };
}

function toWindows(lines: readonly SeriesLine[], width: number, durationSeconds: number): WindowDigest[] {
  // What is left at the end is no window of its own when it is short: a fraction of a second says nothing.
  const last = Math.max(0, Math.ceil((durationSeconds - width / 2) / width) - 1);
  const windows = new Map<number, { requests: number; failed: number; counts: Map<number, number> }>();
  for (const line of lines) {
    const index = Math.min(last, Math.floor(line.t / width));
    const window = windows.get(index) ?? { requests: 0, failed: 0, counts: new Map<number, number>() };
    windows.set(index, window);
    window.requests += line.requests;
    window.failed += line.failed;
    addCoarse(window.counts, line.hist ?? []);
  }
  return [...windows]
    .sort(([a], [b]) => a - b)
    .map(([index, { requests, failed, counts }]) => ({
      t: index * width,
      seconds: index === last ? Math.max(1, round(durationSeconds - index * width)) : width,
      requests,
      failed,
      hist: [...counts].sort(([a], [b]) => a - b),
    }));
}

/** A histogram with the buckets that digests have. */
export function coarsen(hist: SparseHistogram): SparseHistogram {
  const counts = new Map<number, number>();
  addCoarse(counts, hist);
  return [...counts].sort(([a], [b]) => a - b);
}

function addCoarse(counts: Map<number, number>, hist: SparseHistogram): void {
  for (const [micros, n] of hist) {
    const value = coarse(micros);
    counts.set(value, (counts.get(value) ?? 0) + n);
  }
}

function coarse(micros: number): number {
  const unit = 2 ** Math.max(0, Math.floor(Math.log2(Math.max(1, micros))) - Math.log2(STEPS_PER_OCTAVE));
  return Math.floor(Math.floor(micros / unit) * unit + unit / 2);
}

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;

/** Quantile in milliseconds of some histograms together; null without requests. */
export function quantileOf(hists: readonly SparseHistogram[], q: number): number | null {
  const sorted = hists.flat().sort(([a], [b]) => a - b);
  let rest = Math.ceil(q * sorted.reduce((sum, [, n]) => sum + n, 0));
  for (const [micros, n] of sorted) {
    rest -= n;
    if (rest <= 0) return micros / 1000;
  }
  return null;
}

export const p95Of = (hists: readonly SparseHistogram[]): number | null => quantileOf(hists, 0.95);
