/**
 * Is the candidate worse than the baseline? Per endpoint and metric: effect, interval and an outcome, adjusted for the
 * number of comparisons; then one outcome for the release. Method and measured error rates: docs/verdicts.md.
 */
import type { RunDigest } from '../../results/digest.ts';
import { holm } from '../stats/holm.ts';
import { seededRandom } from '../stats/random.ts';
import { observe, type Observation } from './observe.ts';
import { rateRow } from './rates.ts';
import { scaleRow } from './scale.ts';
import type { Comparison, ComparisonReport, CompareOptions, Outcome, RawComparison } from './types.ts';

export const defaultCompareOptions: CompareOptions = {
  minEffect: 0.05,
  minEffectMs: 1,
  minRateDifference: 0.005,
  alpha: 0.05,
  confidence: 0.95,
  alphaSame: 0.05,
  resamples: 200,
  seed: 1,
};

/** Fewer baseline runs than this say little about the noise between runs. */
export const STRONG_BASELINE = 5;

/**
 * @param baseline accepted runs of one key, any order
 * @param candidate runs of the same key
 * @throws RangeError when either side is empty
 */
export function compareRuns(
  baseline: readonly RunDigest[],
  candidate: readonly RunDigest[],
  options: CompareOptions = defaultCompareOptions,
): ComparisonReport {
  if (baseline.length === 0 || candidate.length === 0) throw new RangeError('a comparison needs runs on both sides');
  const random = seededRandom(options.seed);
  const before = observe(baseline, options.resamples, random);
  const after = observe(candidate, options.resamples, random);
  const shared = [...before.keys()].filter((name) => after.has(name)).sort();
  const raws = shared.flatMap((name) => compareEndpoint(name, before.get(name), after.get(name), options));
  const comparisons = adjust(raws, options.alpha);
  const weak = baseline.length < STRONG_BASELINE;
  return {
    baselineRuns: baseline.map(({ id }) => id),
    candidateRuns: candidate.map(({ id }) => id),
    outcome: overall(comparisons),
    weak,
    notes: [...(weak ? [weakNote(baseline.length)] : []), ...missingNotes(before, after)],
    comparisons,
  };
}

/**
 * Worse if anything is worse. Otherwise the whole target decides (p95, throughput, error rate): an endpoint that stays
 * open is listed but does not hold a release up, nor does an error rate that was no higher than the baseline's.
 */
export function overall(comparisons: readonly Comparison[]): Outcome {
  if (comparisons.some(({ outcome }) => outcome === 'worse')) return 'worse';
  const primary = comparisons.filter(
    ({ endpoint, metric }) => endpoint === '' && ['p95', 'throughput', 'errorRate'].includes(metric),
  );
  if (primary.some(isOpen) || primary.length === 0) return 'inconclusive';
  return primary.some(({ outcome }) => outcome === 'better') ? 'better' : 'same';
}

/** Inconclusive, and of weight for the whole: an error rate no higher than the baseline's needs no further runs. */
export const isOpen = ({ outcome, metric, effect }: Comparison): boolean =>
  outcome === 'inconclusive' && !(metric === 'errorRate' && effect.value <= 0);

function compareEndpoint(
  endpoint: string,
  before: Observation | undefined,
  after: Observation | undefined,
  options: CompareOptions,
): RawComparison[] {
  if (before === undefined || after === undefined) return [];
  const rows = [
    ...(['p50', 'p95', 'p99', 'mean', 'throughput'] as const).map((metric) =>
      scaleRow(endpoint, metric, before.scales[metric], after.scales[metric], options),
    ),
    rateRow(endpoint, 'errorRate', before.errors, after.errors, options),
    rateRow(endpoint, 'checkRate', before.failedChecks, after.failedChecks, options),
  ];
  return rows.filter((row) => row !== undefined);
}

function adjust(raws: readonly RawComparison[], alpha: number): Comparison[] {
  const worse = holm(raws.map(({ pWorse }) => pWorse));
  const better = holm(raws.map(({ pBetter }) => pBetter));
  return raws.map((raw, index) => {
    const [pWorse, pBetter] = [worse[index] ?? 1, better[index] ?? 1];
    const outcome: Outcome =
      pWorse <= alpha / 2 ? 'worse' : pBetter <= alpha / 2 ? 'better' : raw.equivalent ? 'same' : 'inconclusive';
    const open = outcome === 'inconclusive' ? raw.settle?.(alpha / 2 / raws.length) : undefined;
    return {
      ...raw.row,
      pWorse,
      pBetter,
      outcome,
      detectable: open?.detectable ?? null,
      moreRuns: open?.moreRuns ?? null,
    };
  });
}

const weakNote = (runs: number): string =>
  `weak baseline: ${String(runs)} of the ${String(STRONG_BASELINE)} runs it takes to know the noise between runs`;

function missingNotes(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): string[] {
  return [
    ...[...before.keys()]
      .filter((name) => !after.has(name))
      .map((name) => `not compared: "${name}" has no requests in the candidate`),
    ...[...after.keys()]
      .filter((name) => !before.has(name))
      .map((name) => `not compared: "${name}" is not in the baseline`),
  ];
}
