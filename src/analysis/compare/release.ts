/** The verdict on a release: candidate runs against the stored series they may be compared with. */
import type { Baseline, StoredDigest } from '../../results/baselines.ts';
import type { RunRecord } from '../../results/record.ts';
import { keyDifferences } from '../../results/run-key.ts';
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
