/**
 * Execution segments: exact, striped division of VUs, iterations and arrival rates between instances and threads.
 *
 * A sequence of segments divides every run of L (the common denominator) consecutive items; each segment owns some
 * positions of the run, spread evenly. Whatever is divided, the parts are disjoint and add up to the whole.
 */
import { EngineError, ExitCode } from '../contracts/errors.ts';

/** How one whole is divided, and which part this is; the parts are proportional to the weights. */
export interface Division {
  readonly weights: readonly number[];
  readonly index: number;
}

/** This engine's (or thread's) part of everything in the test. */
export interface Split {
  /** Division after division, outermost first: instances, then threads. */
  readonly divisions: readonly Division[];
  /** How many of `total` items are ours. */
  scale(total: number): number;
  /** Zero-based number in the whole of our zero-based `local` item. */
  global(local: number): number;
  /** The split in proportion to how `total` items (VUs) fell: who has no VU gets no iterations either. */
  inProportionTo(total: number): Split;
  /** Our part divided again. */
  divide(division: Division): Split;
}

export function makeSplit(divisions: readonly Division[] = []): Split {
  const parts = divisions.filter(({ weights }) => weights.length > 1).map(stripe);
  return {
    divisions,
    scale: (total) => parts.reduce((left, part) => part.scale(left), total),
    global: (local) => parts.reduceRight((index, part) => part.global(index), local),
    inProportionTo(total) {
      const proportional: Division[] = [];
      let left = total;
      for (const division of divisions) {
        const weights = division.weights.map((_, index) => stripe({ weights: division.weights, index }).scale(left));
        proportional.push({ weights, index: division.index });
        left = weights[division.index] ?? 0;
      }
      return makeSplit(proportional);
    },
    divide: (division) => makeSplit([...divisions, division]),
  };
}

/** What of a whole that can be divided at will is ours, 0 to 1. */
export function shareOf(split: Split): number {
  const many = 2 ** 30;
  return split.scale(many) / many;
}

interface Part {
  scale(total: number): number;
  global(local: number): number;
}

/**
 * Places every segment's items in one period of as many positions as the weights add up to. Position after position goes
 * to the heaviest segment that has an item due: the nth item of a segment is due at its even spacing, n · period / count.
 * Somebody always is, and nobody gets more than its count.
 */
function stripe({ weights, index: own }: Division): Part {
  const divisor = weights.reduce(gcd, 0) || 1;
  const counts = weights.map((weight) => weight / divisor);
  const period = counts.reduce((sum, count) => sum + count, 0);
  const given = counts.map(() => 0);
  const order = [...counts.keys()]
    .filter((index) => (counts[index] ?? 0) > 0)
    .sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0) || a - b);
  const positions: number[] = [];
  for (let position = 0; position < period; position++) {
    const taker = order.find((index) => position * (counts[index] ?? 0) >= (given[index] ?? 0) * period);
    if (taker === undefined) continue;
    given[taker] = (given[taker] ?? 0) + 1;
    if (taker === own) positions.push(position);
  }
  const mine = positions.length;
  return {
    scale(total) {
      if (mine === 0) return 0;
      const rest = total % period;
      const inRest = positions.findIndex((position) => position >= rest);
      return Math.floor(total / period) * mine + (inRest === -1 ? mine : inRest);
    },
    global: (local) => Math.floor(local / mine) * period + (positions[local % mine] ?? 0),
  };
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

// ── The textual form ──

interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

const ZERO: Fraction = { numerator: 0n, denominator: 1n };
const ONE: Fraction = { numerator: 1n, denominator: 1n };

/**
 * @param segment `from:to` or only `to`, each a fraction (`1/3`), a decimal (`0.25`) or a percentage (`25%`)
 * @param sequence comma-separated ascending bounds; what it leaves out on either side is one segment, and so is all the
 *   rest of the test when there is no sequence
 * @throws EngineError (104)
 */
export function parseSegment(segment: string | undefined, sequence: string | undefined): Split {
  const bounds = sequence ? sequence.split(',').map((text) => parseFraction(text.trim(), sequence)) : undefined;
  if (bounds) checkSequence(bounds, sequence ?? '');
  if (!segment) return makeSplit();
  const [first = '', second] = segment.split(':');
  const from = second === undefined ? ZERO : parseFraction(first, segment);
  const to = parseFraction(second ?? first, segment);
  if (compare(from, to) >= 0 || compare(from, ZERO) < 0 || compare(to, ONE) > 0) {
    throw invalid(`invalid execution segment '${segment}': it has to go from 0 or more up to 1 or less`);
  }
  const all = unique([ZERO, ...(bounds ?? [from, to]), ONE]);
  const index = all.findIndex((bound, at) => {
    const next = all[at + 1];
    return next && compare(bound, from) === 0 && compare(next, to) === 0;
  });
  if (index < 0) {
    throw invalid(
      `the execution segment '${segment}' isn't part of the execution segment sequence '${sequence ?? ''}'`,
    );
  }
  return makeSplit([{ weights: weightsOf(all), index }]);
}

function weightsOf(bounds: readonly Fraction[]): number[] {
  const common = bounds.reduce((lcm, { denominator }) => (lcm / bigGcd(lcm, denominator)) * denominator, 1n);
  if (common > 1_000_000n) throw invalid('the execution segments are too fine: more than a million parts');
  const scaled = bounds.map(({ numerator, denominator }) => (numerator * common) / denominator);
  return scaled.slice(1).map((bound, index) => Number(bound - (scaled[index] ?? 0n)));
}

function checkSequence(bounds: readonly Fraction[], text: string): void {
  const [first, last] = [bounds[0], bounds.at(-1)];
  const inside = first && last && compare(first, ZERO) >= 0 && compare(last, ONE) <= 0;
  const ascending = bounds.every((bound, index) => {
    const before = bounds[index - 1];
    return !before || compare(before, bound) < 0;
  });
  if (bounds.length < 2 || !inside || !ascending) {
    throw invalid(
      `invalid execution segment sequence '${text}': it has to be two or more bounds that ascend from 0 to 1`,
    );
  }
}

function parseFraction(text: string, whole: string): Fraction {
  const match = /^(\d+)(?:\/(\d+)|\.(\d+))?(%?)$/.exec(text);
  if (!match || match[2] === '0') throw invalid(`'${text}' in '${whole}' is not a fraction: write 1/3, 0.25 or 25%`);
  const [, integer = '0', below, decimals = '', percent] = match;
  const denominator = below === undefined ? 10n ** BigInt(decimals.length) : BigInt(below);
  return { numerator: BigInt(integer + decimals), denominator: percent ? denominator * 100n : denominator };
}

function compare(a: Fraction, b: Fraction): number {
  const left = a.numerator * b.denominator;
  const right = b.numerator * a.denominator;
  return left < right ? -1 : left > right ? 1 : 0;
}

function unique(bounds: readonly Fraction[]): Fraction[] {
  return bounds.filter((bound, index) => {
    const before = bounds[index - 1];
    return !before || compare(before, bound) !== 0;
  });
}

function bigGcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : bigGcd(b, a % b);
}

function invalid(message: string): EngineError {
  return new EngineError(message, ExitCode.invalidConfig);
}
