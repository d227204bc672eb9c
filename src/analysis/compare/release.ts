/** The verdict on a release: candidate runs against the stored series they may be compared with. */
import type { Baseline, StoredDigest } from '../../results/baselines.ts';
import type { RunRecord } from '../../results/record.ts';
import { keyDifferences } from '../../results/run-key.ts';
import { average } from './latency.ts';
import { compareRuns, defaultCompareOptions } from './compare.ts';
import { COMPARISON_SCHEMA_VERSION, type BaselineComparison, type CompareOptions } from './types.ts';

export interface Candidate {
  readonly stored: StoredDigest;
  readonly verdict: RunRecord['verdict'];
}

/**
 * Compares with the runs of the baseline that have the candidates' key; a candidate that is itself in the baseline is
 * left out of it.
 */
export function compareWithBaseline(
  baseline: Pick<Baseline, 'env' | 'profile' | 'runs'> | undefined,
  candidates: readonly Candidate[],
  options: Partial<CompareOptions> = {},
): BaselineComparison {
  const [first] = candidates;
  if (first === undefined) throw new RangeError('a comparison needs a candidate');
  const { env, profile } = baseline ?? first.stored.key;
  const against = `${env}/${profile}`;
  const no = (state: 'no-baseline' | 'not-comparable', reasons: string[]): BaselineComparison => ({
    schemaVersion: COMPARISON_SCHEMA_VERSION,
    against,
    state,
    reasons,
    report: null,
  });

  const invalid = candidates.filter(({ verdict }) => verdict.state === 'INVALID');
  if (invalid.length > 0) {
    return no(
      'not-comparable',
      invalid.map(({ stored, verdict }) => `${stored.digest.id} is INVALID: ${verdict.reasons.join('; ')}`),
    );
  }
  const among = candidates.flatMap(({ stored }) => keyDifferences(first.stored.key, stored.key));
  if (among.length > 0)
    return no(
      'not-comparable',
      [...new Set(among)].map((text) => `among the candidates, ${text}`),
    );

  const ids = new Set(candidates.map(({ stored }) => stored.digest.id));
  const others = baseline?.runs.filter(({ digest }) => !ids.has(digest.id)) ?? [];
  if (others.length === 0) return no('no-baseline', [`there is no baseline of ${against} yet`]);
  const series = others.filter(({ key }) => keyDifferences(key, first.stored.key).length === 0);
  if (series.length === 0) return no('not-comparable', nearestDifferences(others, first.stored));

  const shared = machineDifference(series, candidates);
  if (shared !== undefined) return no('not-comparable', [shared]);

  const report = compareRuns(
    series.map(({ digest }) => digest),
    candidates.map(({ stored }) => stored.digest),
    { ...defaultCompareOptions, ...options },
  );
  const left = others.length - series.length;
  const notes = left === 0 ? [] : [`${left} stored ${left === 1 ? 'run is' : 'runs are'} of another key and left out`];
  return {
    schemaVersion: COMPARISON_SCHEMA_VERSION,
    against,
    state: 'compared',
    reasons: [],
    report: { ...report, notes: [...report.notes, ...notes] },
  };
}

/** Further apart than this the machine itself was another one: times differ without the target's doing. */
const mostOthersApart = 0.25;

/** Undefined when the candidates had no less and no more of the machine than the baseline runs, or nobody knows. */
function machineDifference(series: readonly StoredDigest[], candidates: readonly Candidate[]): string | undefined {
  const shares = (runs: readonly StoredDigest[]): number[] => runs.flatMap(({ digest }) => digest.othersCpu ?? []);
  const before = shares(series);
  const after = shares(candidates.map(({ stored }) => stored));
  if (before.length === 0 || after.length === 0) return undefined;
  const usual = average(before);
  const now = average(after);
  const apart = now > Math.max(...before) + mostOthersApart || now < Math.min(...before) - mostOthersApart;
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  return apart
    ? `other programs used ${percent(now)} of this machine (${percent(usual)} in the baseline): measure again when it is as busy as then`
    : undefined;
}

/** Of the run that differs least; of several the newest. */
function nearestDifferences(runs: readonly StoredDigest[], candidate: StoredDigest): string[] {
  return runs
    .map(({ key }) => keyDifferences(key, candidate.key))
    .reduce((best, differences) => (differences.length <= best.length ? differences : best));
}

/** 0, 3 for worse, 4 with `strict` where nothing can be said. */
export function comparisonExitCode({ report }: BaselineComparison, strict: boolean): 0 | 3 | 4 {
  if (report?.outcome === 'worse') return 3;
  return strict && (report === null || report.outcome === 'inconclusive') ? 4 : 0;
}
