/** Two deployments side by side: short runs that take turns, so that what drifts meets both alike. */
import { compareRuns, defaultCompareOptions } from '../analysis/compare/compare.ts';
import { COMPARISON_SCHEMA_VERSION, type BaselineComparison } from '../analysis/compare/types.ts';
import { makePlan, type PlanInput } from '../config/plan.ts';
import { redactUrl } from '../config/redact.ts';
import { LoadError } from '../errors.ts';
import { formatMs } from '../report/format.ts';
import type { RunDigest } from '../results/digest.ts';
import { execute, type RunControls, type RunObserver } from './execute.ts';

/** What a run needs of `compare`'s options, besides the address. */
const passedOn = [
  'env',
  'profile',
  'scenario',
  'engine',
  'vus',
  'rate',
  'duration',
  'tokenFile',
  'results',
  'yes',
  'minEffect',
  'minEffectMs',
];
const defaultDuration = '10s';

/**
 * Runs A B B A A B … and compares B with A. A run that is INVALID ends it.
 * @param say progress, a line for each run
 */
export async function abComparison(
  { flags, ...input }: PlanInput,
  [a, b]: readonly [string, string],
  rounds: number,
  controls: RunControls,
  say: (text: string) => void,
): Promise<BaselineComparison> {
  const shared = Object.fromEntries(Object.entries(flags).filter(([key]) => passedOn.includes(key)));
  const planOf = (baseUrl: string): ReturnType<typeof makePlan> =>
    makePlan({ ...input, flags: { duration: defaultDuration, ...shared, baseUrl, compare: false } });
  const sides = {
    A: { plan: await planOf(a), runs: [] as RunDigest[] },
    B: { plan: await planOf(b), runs: [] as RunDigest[] },
  };

  for (let i = 0; i < rounds * 2; i++) {
    const side = i % 4 === 0 || i % 4 === 3 ? 'A' : 'B';
    const { plan, runs } = sides[side];
    const { record, candidate } = await execute(plan, controls, quiet(say));
    if (record.verdict.state === 'INVALID') {
      throw new LoadError('results.refused', `a run against ${side} is INVALID: ${record.verdict.reasons.join('; ')}`, {
        hint: 'Correct what made it invalid, then compare again.',
      });
    }
    runs.push(candidate.stored.digest);
    say(
      `${side} ${runs.length}/${rounds}: ${record.total.requests} requests, p95 ${formatMs(record.total.duration?.p95 ?? null)}`,
    );
  }
  const { minEffect, minEffectMs } = sides.A.plan.comparison;
  return {
    schemaVersion: COMPARISON_SCHEMA_VERSION,
    against: redactUrl(a),
    state: 'compared',
    reasons: [],
    report: compareRuns(sides.A.runs, sides.B.runs, { ...defaultCompareOptions, minEffect, minEffectMs }),
  };
}

const quiet = (say: (text: string) => void): RunObserver => ({
  onStart: () => undefined,
  onEnd: () => undefined,
  onNotice: say,
  onDebug: () => undefined,
});
