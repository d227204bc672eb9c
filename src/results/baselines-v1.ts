/** The first shape of a baseline file, and what makes the second of it. */
import { z } from 'zod';
import { coarsen, type RunDigest } from './digest.ts';
import { endpointSchema, runRecordSchema } from './record.ts';
import { keyOf, type RunKey } from './run-key.ts';

const windowSchema = z.object({
  t: z.number(),
  requests: z.int(),
  failed: z.int(),
  hist: z.array(z.tuple([z.int(), z.int()])).optional(),
});

const firstSchema = z.object({
  schemaVersion: z.literal(1),
  env: z.string(),
  profile: z.string(),
  runs: z.array(
    runRecordSchema
      .pick({
        id: true,
        scenarios: true,
        planHash: true,
        engine: true,
        suiteVersion: true,
        git: true,
        machine: true,
        startedAt: true,
        durationSeconds: true,
        verdict: true,
        checks: true,
      })
      .extend({
        total: endpointSchema,
        endpoints: z.array(endpointSchema),
        windows: z.record(z.string(), z.array(windowSchema)),
      })
      .strip(),
  ),
});

/** @throws ZodError when it is not of the first shape */
export function fromFirst(older: unknown): unknown {
  const { env, profile, runs } = firstSchema.parse(older);
  return {
    schemaVersion: 2,
    env,
    profile,
    runs: runs.map(({ suiteVersion, git, verdict, ...run }) => ({
      key: keyOf({ ...run, env, profile }) satisfies RunKey,
      pinned: false,
      suiteVersion,
      commit: git.commit,
      verdict: verdict.state,
      digest: digestOf(run),
    })),
  };
}

type FirstRun = Omit<z.infer<typeof firstSchema>['runs'][number], 'suiteVersion' | 'git' | 'verdict'>;

function digestOf({ id, startedAt, durationSeconds, checks, total, endpoints, windows }: FirstRun): RunDigest {
  return {
    id,
    startedAt,
    durationSeconds,
    checks: {
      passes: checks.reduce((sum, { passes }) => sum + passes, 0),
      fails: checks.reduce((sum, { fails }) => sum + fails, 0),
    },
    endpoints: [{ ...total, name: '' }, ...endpoints].map(({ name, requests, failed }) => ({
      name,
      requests,
      failed,
      // Windows of a second's fraction, which the end of a run may leave, say nothing.
      windows: (windows[name] ?? [])
        .map(({ hist = [], ...window }) => ({
          ...window,
          seconds: Math.min(5, durationSeconds - window.t),
          hist: coarsen(hist),
        }))
        .filter(({ seconds }) => seconds >= 1),
    })),
  };
}
