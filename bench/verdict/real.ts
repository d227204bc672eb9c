/** False alarms, power and "same" on real runs: comparisons drawn from the pool, and the ones in the order of time. */
import { compareWithBaseline } from '../../src/analysis/compare/release.ts';
import type { Outcome } from '../../src/analysis/compare/types.ts';
import { randomIndex, seededRandom } from '../../src/analysis/stats/random.ts';
import type { RunDigest } from '../../src/results/digest.ts';
import { poolRate, type Kind, type PoolRun } from './pool.ts';
import type { StudyRow } from './simulated.ts';

/** Comparisons of a row that draws at random. */
const draws = 200;

export interface RealStudy {
  readonly runs: Readonly<Record<string, number>>;
  /** Of these, while other programs used more than half of the machine. */
  readonly busy: number;
  readonly invalid: number;
  readonly seconds: number;
  readonly rate: number;
  /** Of the machine while the runs were made: smallest, middle and greatest one-minute load average. */
  readonly loadAverage: readonly [number, number, number];
  /** The same of the share of the machine that other programs used. */
  readonly others: readonly [number, number, number];
  readonly rows: StudyRow[];
}

/** A run that had to leave more of the machine than this to other programs is studied apart. */
const busyShare = 0.1;

export function realStudy(pool: readonly PoolRun[], say: (row: StudyRow) => void): RealStudy {
  const valid = pool.flatMap(({ kind, digest }) => (digest === undefined ? [] : [{ kind, digest }]));
  const isBusy = ({ digest }: { digest: RunDigest }): boolean => (digest.othersCpu ?? 0) > busyShare;
  // What the line between calm and busy is worth: all runs that had at least half of the machine.
  const half = valid.flatMap(({ kind, digest }) =>
    kind === 'unchanged' && (digest.othersCpu ?? 0) <= 0.5 ? digest : [],
  );
  const rows = [
    ...studies(
      valid.filter((run) => !isBusy(run)),
      '',
    ),
    atRandom('unchanged, others use up to half', half, half, 5, 3, 'same', 'told'),
    ...studies(valid.filter(isBusy), ', busy machine'),
  ].filter((row) => row !== undefined);
  rows.forEach(say);
  return {
    runs: Object.fromEntries(
      [...new Set(valid.map(({ kind }) => kind))].map((kind) => [
        kind,
        valid.filter((run) => run.kind === kind).length,
      ]),
    ),
    busy: valid.filter(isBusy).length,
    invalid: pool.length - valid.length,
    seconds: pool[0]?.seconds ?? 0,
    rate: poolRate,
    loadAverage: spread(pool.map(({ load }) => load)),
    others: spread(valid.flatMap(({ digest }) => digest.othersCpu ?? [])),
    rows,
  };
}

function studies(runs: readonly { readonly kind: Kind; readonly digest: RunDigest }[], suffix: string): StudyRow[] {
  const of = (kind: Kind): RunDigest[] => runs.flatMap((run) => (run.kind === kind ? run.digest : []));
  const same = of('unchanged');
  const bound = (text: string): string => (suffix === '' ? text : 'told');
  return [
    inOrder(`A/A in the order of time${suffix}`, same, 5, 3, bound('≤ 2 %')),
    inOrder(`A/A in the order of time, one run${suffix}`, same, 5, 1, bound('≤ 2 %')),
    atRandom(`A/A at random${suffix}`, same, same, 5, 3, 'worse', bound('≤ 2 %')),
    atRandom(`A/A at random, one run${suffix}`, same, same, 5, 1, 'worse', bound('≤ 2 %')),
    atRandom(`unchanged is "same"${suffix}`, same, same, 5, 3, 'same', bound('≥ 80 %')),
    atRandom(`+20 % latency${suffix}`, same, of('+20 %'), 5, 3, 'worse', bound('≥ 95 %')),
    atRandom(`+10 % latency${suffix}`, same, of('+10 %'), 10, 5, 'worse', bound('≥ 80 %')),
    atRandom(`errors 0 → 1 %${suffix}`, same, of('errors 1 %'), 5, 3, 'worse', bound('≥ 95 %')),
  ].filter((row) => row !== undefined);
}

/** Neighbours in time: the first ones are the baseline, the next ones the candidate, as in daily use. */
function inOrder(
  name: string,
  runs: readonly RunDigest[],
  baseline: number,
  candidate: number,
  target: string,
): StudyRow | undefined {
  const count = runs.length - baseline - candidate + 1;
  if (count < 1) return undefined;
  const outcomes = tally(
    Array.from({ length: count }, (_, i) => [
      runs.slice(i, i + baseline),
      runs.slice(i + baseline, i + baseline + candidate),
    ]),
  );
  return { name, baseline, candidate, comparisons: count, outcomes, counted: 'worse', target };
}

function atRandom(
  name: string,
  before: readonly RunDigest[],
  after: readonly RunDigest[],
  baseline: number,
  candidate: number,
  counted: Outcome,
  target: string,
): StudyRow | undefined {
  const apart = before !== after;
  if (before.length < (apart ? baseline : baseline + candidate) || after.length < candidate) return undefined;
  const random = seededRandom(7);
  const outcomes = tally(
    Array.from({ length: draws }, () => {
      const shuffled = shuffle(before, random);
      const candidates = apart ? shuffle(after, random) : shuffled.slice(baseline);
      return [shuffled.slice(0, baseline), candidates.slice(0, candidate)];
    }),
  );
  return { name, baseline, candidate, comparisons: draws, outcomes, counted, target };
}

function tally(pairs: readonly (readonly RunDigest[][])[]): StudyRow['outcomes'] {
  const outcomes = { better: 0, same: 0, worse: 0, inconclusive: 0, 'not comparable': 0 };
  for (const [before = [], after = []] of pairs) outcomes[outcomeOf(before, after)]++;
  return outcomes;
}

/** By the same way as `compare` goes, with what it refuses. */
function outcomeOf(before: readonly RunDigest[], after: readonly RunDigest[]): Outcome | 'not comparable' {
  const key = { env: 'local', profile: 'study', scenarios: [], planHash: '', engine: '', machine: '' };
  const stored = (digest: RunDigest) => ({
    key,
    pinned: false,
    suiteVersion: '',
    commit: null,
    verdict: 'PASS' as const,
    digest,
  });
  const { report } = compareWithBaseline(
    { env: key.env, profile: key.profile, runs: before.map(stored) },
    after.map((digest) => ({ stored: stored(digest), verdict: { state: 'PASS', reasons: [] } })),
  );
  return report?.outcome ?? 'not comparable';
}

function shuffle<T>(values: readonly T[], random: () => number): T[] {
  const left = [...values];
  return values.flatMap(() => left.splice(randomIndex(random, left.length), 1));
}

function spread(values: readonly number[]): [number, number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => Number((sorted[index] ?? 0).toFixed(2));
  return [at(0), at(Math.floor(sorted.length / 2)), at(sorted.length - 1)];
}
