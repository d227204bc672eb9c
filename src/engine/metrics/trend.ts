import { PositiveHistogram, valueOf } from './histogram.ts';

/** Up to so many values a trend is exact. */
export const EXACT_LIMIT = 4096;
const FIRST_ROOM = 16;

/** Counts of a trend's bins that can cross threads. */
export interface BinnedValues {
  readonly zeros: number;
  /** [bin, count, …] of the positive values, then of the negative values' magnitudes. */
  readonly positive: Float64Array;
  readonly negative: Float64Array;
}

/** What a trend hands to another thread: its values while they are few, its bins after that. */
export interface TrendState {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly values: Float64Array | undefined;
  readonly bins: BinnedValues | undefined;
}

function packBins(histogram: PositiveHistogram | undefined): Float64Array {
  const flat: number[] = [];
  if (histogram !== undefined) for (const [bin, count] of histogram.bins()) flat.push(bin, count);
  return Float64Array.from(flat);
}

/**
 * Distribution of a metric's values: count, sum, minimum and maximum exact; quantiles exact up to
 * {@link EXACT_LIMIT} values and within 0.1 % beyond. Merging any partition of the values gives the same quantiles
 * as one sink that took them all, because what is kept depends only on how many there are in all.
 */
export class TrendSink {
  readonly type = 'trend';
  count = 0;
  sum = 0;
  min = Infinity;
  max = -Infinity;
  #values: Float64Array | undefined = new Float64Array(FIRST_ROOM);
  /** How many of the exact values are in order; more have come when it is below `count`. */
  #sorted = 0;
  #zeros = 0;
  /** Negative values among those counted in bins. */
  #below = 0;
  #positive: PositiveHistogram | undefined;
  #negative: PositiveHistogram | undefined;

  get empty(): boolean {
    return this.count === 0;
  }

  get avg(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  /** Whether quantiles are exact. */
  get exact(): boolean {
    return this.#values !== undefined;
  }

  add(value: number): void {
    const at = this.count++;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    const values = this.#values;
    if (values === undefined) this.#count(value);
    else if (at < values.length) values[at] = value;
    else this.#addMore(value);
  }

  /**
   * The value below which a fraction `p` (0 to 1) of the values lies: linear interpolation between the two closest
   * ranks, rank `p × (count − 1)`. 0 when there are no values.
   */
  quantile(p: number): number {
    if (this.count === 0) return 0;
    if (this.count === 1) return this.max;
    const rank = Math.min(Math.max(p, 0), 1) * (this.count - 1);
    const below = Math.floor(rank);
    const fraction = rank - below;
    const low = this.#atRank(below);
    if (fraction === 0) return low;
    const high = this.#atRank(below + 1);
    return high === low ? low : low + (high - low) * fraction;
  }

  /** Counts per value, ascending; values stand for their bins once the trend is no longer exact. */
  *buckets(): Generator<readonly [value: number, count: number]> {
    if (this.#values !== undefined) {
      const values = this.#inOrder(this.#values);
      for (let i = 0; i < this.count; i++) yield [values[i] as number, 1];
      return;
    }
    const below = this.#negative === undefined ? [] : [...this.#negative.bins()].reverse();
    for (const [bin, count] of below) yield [this.#within(-valueOf(bin)), count];
    if (this.#zeros > 0) yield [0, this.#zeros];
    if (this.#positive !== undefined) {
      for (const [bin, count] of this.#positive.bins()) yield [this.#within(valueOf(bin)), count];
    }
  }

  merge(other: TrendSink): void {
    this.mergeState(other.state());
  }

  /** A copy of everything, structured-cloneable; its buffers may be transferred. */
  state(): TrendState {
    return {
      count: this.count,
      sum: this.sum,
      min: this.min,
      max: this.max,
      values: this.#values?.slice(0, this.count),
      bins:
        this.#values === undefined
          ? { zeros: this.#zeros, positive: packBins(this.#positive), negative: packBins(this.#negative) }
          : undefined,
    };
  }

  mergeState(state: TrendState): void {
    if (state.count === 0) return;
    const total = this.count + state.count;
    if (this.#values !== undefined && (state.values === undefined || total > EXACT_LIMIT)) this.#fold();
    if (this.#values !== undefined && state.values !== undefined) {
      if (total > this.#values.length) this.#grow(total);
      this.#values.set(state.values, this.count);
    } else if (state.values !== undefined) {
      for (const value of state.values) this.#count(value);
    } else if (state.bins !== undefined) {
      this.#zeros += state.bins.zeros;
      this.#addPacked(state.bins.positive, (this.#positive ??= new PositiveHistogram()));
      if (state.bins.negative.length > 0) {
        this.#below += this.#addPacked(state.bins.negative, (this.#negative ??= new PositiveHistogram()));
      }
    }
    this.count = total;
    this.sum += state.sum;
    if (state.min < this.min) this.min = state.min;
    if (state.max > this.max) this.max = state.max;
  }

  /** Back to empty; memory is kept for what comes next. */
  reset(): void {
    this.count = 0;
    this.sum = 0;
    this.min = Infinity;
    this.max = -Infinity;
    this.#zeros = 0;
    this.#below = 0;
    this.#sorted = 0;
    this.#positive?.clear();
    this.#negative?.clear();
    this.#values ??= new Float64Array(FIRST_ROOM);
  }

  /** @returns how many values were added */
  #addPacked(packed: Float64Array, into: PositiveHistogram): number {
    let added = 0;
    for (let i = 0; i < packed.length; i += 2) {
      into.addToBin(packed[i] as number, packed[i + 1] as number);
      added += packed[i + 1] as number;
    }
    return added;
  }

  #count(value: number): void {
    if (value > 0) (this.#positive ??= new PositiveHistogram()).add(value);
    else if (value < 0) {
      (this.#negative ??= new PositiveHistogram()).add(-value);
      this.#below++;
    } else this.#zeros++;
  }

  /** The slow end of `add`: the exact values have no room left; `count` already includes the new one. */
  #addMore(value: number): void {
    if (this.count > EXACT_LIMIT) {
      this.count--;
      this.#fold();
      this.count++;
      this.#count(value);
    } else {
      this.#grow(this.count)[this.count - 1] = value;
    }
  }

  #grow(needed: number): Float64Array {
    const larger = new Float64Array(Math.min(EXACT_LIMIT, Math.max(needed, (this.#values?.length ?? 0) * 4)));
    if (this.#values !== undefined) larger.set(this.#values);
    this.#values = larger;
    return larger;
  }

  #fold(): void {
    const values = this.#values;
    this.#values = undefined;
    this.#sorted = 0;
    if (values !== undefined) for (let i = 0; i < this.count; i++) this.#count(values[i] as number);
  }

  #inOrder(values: Float64Array): Float64Array {
    if (this.#sorted !== this.count) {
      values.subarray(0, this.count).sort();
      this.#sorted = this.count;
    }
    return values;
  }

  #within(value: number): number {
    return Math.min(Math.max(value, this.min), this.max);
  }

  #ofBin(bin: number | undefined, sign: 1 | -1): number {
    return bin === undefined ? this.max : this.#within(sign * valueOf(bin));
  }

  #atRank(rank: number): number {
    if (rank <= 0) return this.min;
    if (rank >= this.count - 1) return this.max;
    if (this.#values !== undefined) return this.#inOrder(this.#values)[rank] as number;
    if (rank < this.#below) return this.#ofBin(this.#negative?.binAtRank(this.#below - 1 - rank), -1);
    if (rank < this.#below + this.#zeros) return 0;
    return this.#ofBin(this.#positive?.binAtRank(rank - this.#below - this.#zeros), 1);
  }
}
