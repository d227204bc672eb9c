/**
 * The run record: what every engine yields, what `compare`, the reports and the gates read. Schema version 1.
 * A field that an engine cannot give is null and `missing` says why, by the field's path.
 */
import { z } from 'zod';

export const RECORD_SCHEMA_VERSION = 1;

const count = z.int().nonnegative();
/** Milliseconds. */
const ms = z.number();

export const quantilesSchema = z.strictObject({
  min: ms,
  avg: ms,
  med: ms,
  p90: ms,
  p95: ms,
  p99: ms,
  max: ms,
});

/** One endpoint (the `name` tag), or all of them together. */
export const endpointSchema = z.strictObject({
  name: z.string(),
  requests: count,
  /** Requests per second over the measured time. */
  rate: z.number().nonnegative(),
  failed: count,
  /** Failures by what went wrong: `status 500`, `error 1212` … */
  errors: z.record(z.string(), count),
  duration: quantilesSchema.nullable(),
  /** The same from the intended start (arrival rates only): what waiting for a free VU hides. Absent in older records. */
  fromIntended: quantilesSchema.nullable().optional(),
  /** http_req_duration in microseconds, HdrHistogram V2 compressed, base64; it merges. */
  histogram: z.string().nullable(),
});

export const thresholdSchema = z.strictObject({
  metric: z.string(),
  expression: z.string(),
  ok: z.boolean(),
  /** The observed value, in the metric's unit; null when the metric had no samples. */
  value: z.number().nullable(),
  limit: z.number().nullable(),
  abortOnFail: z.boolean(),
});

export const checkSchema = z.strictObject({ name: z.string(), path: z.string(), passes: count, fails: count });

/** How the load generator itself fared: a run whose generator was the bottleneck is INVALID. */
export const generatorSchema = z.strictObject({
  eventLoopLagP99: ms.nullable(),
  eventLoopLagMax: ms.nullable(),
  /** Mean CPU use of the busiest engine thread, 0 to 1. */
  cpu: z.number().nullable(),
  /** Share of the whole machine, 0 to 1, that other programs used meanwhile. Absent in older records. */
  othersCpu: z.number().nullable().optional(),
  droppedIterations: count,
  lateIterations: count.nullable(),
  /** Blocking calls that nothing could suspend (embedded engine's fast mode). */
  distortions: count.nullable(),
  /** Iterations or requests per second: what the plan asked for and what was reached; null for closed models. */
  plannedRate: z.number().nullable(),
  achievedRate: z.number().nullable(),
});

export const verdictSchema = z.strictObject({
  state: z.enum(['PASS', 'FAIL', 'INVALID']),
  reasons: z.array(z.string()),
});

/** What a profile of a certain purpose showed: drift of a soak, recovery after a spike, where a ramp broke the target. */
export const findingSchema = z.strictObject({
  kind: z.enum(['drift', 'recovery', 'break']),
  subject: z.string(),
  statement: z.string(),
  /** Drift: share of the value at the start. Recovery: seconds. Break: requests per second. */
  value: z.number().nullable(),
  /** 95 % interval, where there is one. */
  low: z.number().nullable(),
  high: z.number().nullable(),
  /** Null: told, not judged. */
  ok: z.boolean().nullable(),
});

export const runRecordSchema = z.strictObject({
  schemaVersion: z.literal(RECORD_SCHEMA_VERSION),
  id: z.string(),
  env: z.string(),
  profile: z.string(),
  scenarios: z.array(z.string()),
  /** The validated plan as `--dry-run` prints it; secrets removed. */
  plan: z.record(z.string(), z.unknown()),
  /** Short hash of what the plan asks of the target (profile options, thresholds, scenarios). */
  planHash: z.string(),
  engine: z.strictObject({ name: z.enum(['embedded', 'k6', 'docker', 'operator']), version: z.string().nullable() }),
  suiteVersion: z.string(),
  git: z.strictObject({ commit: z.string().nullable(), branch: z.string().nullable(), dirty: z.boolean().nullable() }),
  machine: z.strictObject({
    cpus: count,
    model: z.string(),
    memoryMb: count,
    os: z.string(),
    node: z.string(),
    /** What makes two machines comparable: cpu count and model, memory class, os. */
    class: z.string(),
  }),
  target: z.strictObject({ url: z.string(), version: z.string().nullable(), restarted: z.boolean().nullable() }),
  tags: z.record(z.string(), z.string()),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  /** Measured time in seconds: the load itself, without set-up and tear-down. */
  durationSeconds: z.number().nonnegative(),
  interrupted: z.boolean(),
  exitCode: z.int(),
  verdict: verdictSchema,
  thresholds: z.array(thresholdSchema),
  checks: z.array(checkSchema),
  iterations: count,
  vusMax: count,
  dataReceived: z.number().nonnegative(),
  dataSent: z.number().nonnegative(),
  total: endpointSchema,
  endpoints: z.array(endpointSchema),
  generator: generatorSchema,
  /** Absent in records of profiles without a purpose of that kind, and in older ones. */
  findings: z.array(findingSchema).optional(),
  /** Failing requests, a few per kind, redacted. */
  samples: z.array(
    z.strictObject({
      endpoint: z.string(),
      method: z.string(),
      url: z.string(),
      status: z.int(),
      error: z.string(),
      body: z.string(),
      count,
    }),
  ),
  /** Field path → why this engine could not give it. */
  missing: z.record(z.string(), z.string()),
});

/** One line of series.ndjson: one second of one endpoint (`""` is the total). */
export const seriesLineSchema = z.strictObject({
  /** Seconds since the start of the measured time. */
  t: z.number().nonnegative(),
  endpoint: z.string(),
  requests: count,
  failed: count,
  /** Failures by what went wrong, where there are any. Absent in older series. */
  errors: z.record(z.string(), count).optional(),
  /** On the total's lines only. */
  vus: count.optional(),
  dropped: count.optional(),
  iterations: count.optional(),
  checksPassed: count.optional(),
  checksFailed: count.optional(),
  p50: ms.nullable(),
  p95: ms.nullable(),
  p99: ms.nullable(),
  /** Sparse histogram of http_req_duration for windows: [bucket value in microseconds, count] pairs. */
  hist: z.array(z.tuple([count, count])).optional(),
  /** Server metrics scraped in this second, on the total's lines. */
  server: z.record(z.string(), z.number()).optional(),
});

/** What an engine tells of an endpoint: what is recorded, and what several of them are merged by. */
export interface EndpointTotals extends EndpointResult {
  /** As histogram, of fromIntended; null or absent where there is none. */
  readonly fromIntendedHistogram?: string | null | undefined;
}
export type Quantiles = z.infer<typeof quantilesSchema>;
export type EndpointResult = z.infer<typeof endpointSchema>;
export type ThresholdResult = z.infer<typeof thresholdSchema>;
export type CheckResult = z.infer<typeof checkSchema>;
export type GeneratorHealth = z.infer<typeof generatorSchema>;
export type RunVerdict = z.infer<typeof verdictSchema>;
export type Finding = z.infer<typeof findingSchema>;
export type RunRecord = z.infer<typeof runRecordSchema>;
export type SeriesLine = z.infer<typeof seriesLineSchema>;
