/** What two runs must have in common before they may be compared. */
import { z } from 'zod';
import type { RunRecord } from './record.ts';

export const runKeySchema = z.strictObject({
  env: z.string(),
  profile: z.string(),
  scenarios: z.array(z.string()),
  planHash: z.string(),
  /** Name and major version, `embedded 0`. */
  engine: z.string(),
  /** Class of the machine that made the load. */
  machine: z.string(),
});

export type RunKey = z.infer<typeof runKeySchema>;

type Keyed = Pick<RunRecord, 'env' | 'profile' | 'scenarios' | 'planHash' | 'engine' | 'machine'>;

export function keyOf({ env, profile, scenarios, planHash, engine, machine }: Keyed): RunKey {
  const major = engine.version?.replace(/^v/, '').split('.')[0];
  const name = major === undefined ? engine.name : `${engine.name} ${major}`;
  return { env, profile, scenarios: [...scenarios].sort(), planHash, engine: name, machine: machine.class };
}

const names: Readonly<Record<keyof RunKey, string>> = {
  env: 'environment',
  profile: 'profile',
  scenarios: 'scenario set',
  planHash: 'plan',
  engine: 'engine',
  machine: 'machine',
};

/** `engine differs (embedded 0 vs k6 2)` for each part that is not the same; empty when the runs are comparable. */
export function keyDifferences(baseline: RunKey, candidate: RunKey): string[] {
  const shown = (value: string | readonly string[]): string => (typeof value === 'string' ? value : value.join('+'));
  const different = (Object.keys(names) as (keyof RunKey)[]).filter(
    (part) => shown(baseline[part]) !== shown(candidate[part]),
  );
  // Another scenario set is another plan: the difference that people know is enough.
  return different
    .filter((part) => part !== 'planHash' || !different.includes('scenarios'))
    .map((part) => `${names[part]} differs (${shown(baseline[part])} vs ${shown(candidate[part])})`);
}
