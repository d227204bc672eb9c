/**
 * Change points of a series of runs by E-divisive: Matteson & James, "A Nonparametric Approach for Multiple Change
 * Point Analysis of Multivariate Data", JASA 109 (2014). The permutation test is seeded, so the answer repeats.
 */
import { randomIndex, seededRandom, type Random } from './random.ts';

export interface ChangePoint {
  /** Index of the first value after the change. */
  readonly index: number;
  readonly pValue: number;
  readonly before: number;
  readonly after: number;
}

export interface ChangePointOptions {
  readonly significance?: number;
  readonly permutations?: number;
  /** Fewest values on either side of a change. */
  readonly minSegment?: number;
  readonly seed?: number;
}

interface Split {
  readonly index: number;
  readonly statistic: number;
}

/** Changes in order of position; `before` and `after` are the medians of the segments on either side. */
export function changePoints(values: readonly number[], options: ChangePointOptions = {}): ChangePoint[] {
  const { significance = 0.01, permutations = 199, minSegment = 3, seed = 1 } = options;
  const random = seededRandom(seed);
  const found: { index: number; pValue: number }[] = [];
  const bounds = [0, values.length];
  // Segments that showed no change are not looked at again.
  const pending: [number, number][] = [[0, values.length]];
  for (let segment = pending.pop(); segment !== undefined; segment = pending.pop()) {
    const [start, end] = segment;
    const part = values.slice(start, end);
    const best = bestSplit(part, minSegment);
    if (best === undefined) continue;
    const pValue = permutationP(part, best.statistic, minSegment, permutations, significance, random);
    if (pValue > significance) continue;
    const index = start + best.index;
    found.push({ index, pValue });
    bounds.push(index);
    pending.push([start, index], [index, end]);
  }
  bounds.sort((a, b) => a - b);
  return found
    .sort((a, b) => a.index - b.index)
    .map(({ index, pValue }) => {
      const at = bounds.indexOf(index);
      return {
        index,
        pValue,
        before: median(values.slice(bounds[at - 1], index)),
        after: median(values.slice(index, bounds[at + 1])),
      };
    });
}

/**
 * The split with the largest energy statistic between both sides (exponent 1). Sums of distances are kept while the
 * split moves, so one pass over the distances serves all splits.
 */
function bestSplit(values: readonly number[], minSegment: number): Split | undefined {
  const n = values.length;
  if (n < 2 * minSegment) return undefined;
  let within = 0; // sum of distances inside the left part
  let across = 0; // left to right
  let inside = 0; // inside the right part
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) inside += distance(values, i, j);
  let best: Split | undefined;
  for (let m = 1; m <= n - minSegment; m++) {
    let toLeft = 0;
    let toRight = 0;
    for (let j = 0; j < m - 1; j++) toLeft += distance(values, m - 1, j);
    for (let j = m; j < n; j++) toRight += distance(values, m - 1, j);
    within += toLeft;
    inside -= toRight;
    across += toRight - toLeft;
    if (m < minSegment) continue;
    const right = n - m;
    const energy =
      (2 * across) / (m * right) -
      (2 * within) / (m * Math.max(1, m - 1)) -
      (2 * inside) / (right * Math.max(1, right - 1));
    const statistic = ((m * right) / n) * energy;
    if (best === undefined || statistic > best.statistic) best = { index: m, statistic };
  }
  return best;
}

function permutationP(
  values: readonly number[],
  observed: number,
  minSegment: number,
  permutations: number,
  significance: number,
  random: Random,
): number {
  const shuffled = [...values];
  let beyond = 0;
  for (let i = 1; i <= permutations; i++) {
    for (let j = shuffled.length - 1; j > 0; j--) {
      const k = randomIndex(random, j + 1);
      [shuffled[j], shuffled[k]] = [shuffled[k] ?? 0, shuffled[j] ?? 0];
    }
    if ((bestSplit(shuffled, minSegment)?.statistic ?? 0) >= observed) beyond++;
    // It cannot become significant any more.
    if ((beyond + 1) / (permutations + 1) > significance) return (beyond + 1) / (i + 1);
  }
  return (beyond + 1) / (permutations + 1);
}

const distance = (values: readonly number[], i: number, j: number): number =>
  Math.abs((values[i] ?? 0) - (values[j] ?? 0));

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)] ?? Number.NaN;
  return Number.isInteger(half) ? (upper + (sorted[half - 1] ?? upper)) / 2 : upper;
}
