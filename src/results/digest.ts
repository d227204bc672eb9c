/**
 * What a run weighs in a comparison: counts and latency histograms in windows. A baseline stores digests, not records.
 * Windows are the unit of resampling, because requests that are near in time depend on each other.
 */
import { z } from 'zod';

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
  endpoints: z.array(endpointDigestSchema),
});

export type SparseHistogram = z.infer<typeof sparseHistogramSchema>;
export type WindowDigest = z.infer<typeof windowSchema>;
export type EndpointDigest = z.infer<typeof endpointDigestSchema>;
export type RunDigest = z.infer<typeof runDigestSchema>;
