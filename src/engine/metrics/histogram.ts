/**
 * A log-linear histogram over all finite doubles: each power of two is cut into 512 equal bins, so a bin's middle is
 * within 1/1024 (0.098 %) of every value in it. The bin of a positive double is the top of its bit pattern (exponent
 * and 9 bits of mantissa): adding is one shift and one increment. Merging adds counts, so any partition of the values
 * merges to the same bins. The idea of log-linear bins is HdrHistogram's (Gil Tene).
 */

const MANTISSA_BITS = 9;
/** Bins are allocated in steps of a quarter of an octave. */
const STEP = 128;
const UINT32_MAX = 0xffff_ffff;

const scratch = new Float64Array(1);
const words = new Uint32Array(scratch.buffer);
/** Index of the word that holds sign and exponent. */
const HIGH = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;

/** Bin of a positive number; larger numbers never have smaller bins. */
export function binOf(value: number): number {
  scratch[0] = value;
  return (words[HIGH] as number) >>> (20 - MANTISSA_BITS);
}

function lowerBound(bin: number): number {
  words[HIGH] = bin << (20 - MANTISSA_BITS);
  words[1 - HIGH] = 0;
  return scratch[0] as number;
}

/** What stands for the values of a bin: its middle. */
export function valueOf(bin: number): number {
  const low = lowerBound(bin);
  const high = lowerBound(bin + 1);
  return Number.isFinite(high) ? low + (high - low) / 2 : low;
}

/** Counts of positive values, allocated for the range in use only. */
export class PositiveHistogram {
  #counts: Uint32Array | Float64Array = new Uint32Array(0);
  #first = 0;

  /** Counts one value: the hot path. */
  add(value: number): void {
    const counts = this.#counts;
    const index = binOf(value) - this.#first;
    const count = counts[index];
    if (count === undefined || count >= UINT32_MAX) this.addToBin(binOf(value), 1);
    else counts[index] = count + 1;
  }

  addToBin(bin: number, times: number): void {
    let index = bin - this.#first;
    if (index < 0 || index >= this.#counts.length) {
      this.#cover(bin, bin);
      index = bin - this.#first;
    }
    const next = (this.#counts[index] as number) + times;
    if (next > UINT32_MAX && this.#counts instanceof Uint32Array) this.#counts = Float64Array.from(this.#counts);
    this.#counts[index] = next;
  }

  merge(other: PositiveHistogram): void {
    if (other.#counts.length === 0) return;
    this.#cover(other.#first, other.#first + other.#counts.length - 1);
    for (const [bin, count] of other.bins()) this.addToBin(bin, count);
  }

  /** The bin that holds the value of this rank, counting from 0 upwards; `undefined` beyond the last value. */
  binAtRank(rank: number): number | undefined {
    const counts = this.#counts;
    let left = rank;
    for (let i = 0; i < counts.length; i++) {
      left -= counts[i] as number;
      if (left < 0) return this.#first + i;
    }
    return undefined;
  }

  /** Bins in use, ascending. */
  *bins(): Generator<readonly [bin: number, count: number]> {
    for (let i = 0; i < this.#counts.length; i++) {
      const count = this.#counts[i] as number;
      if (count > 0) yield [this.#first + i, count];
    }
  }

  /** Bytes held for counts. */
  get bytes(): number {
    return this.#counts.byteLength;
  }

  /** Forgets the counts, keeps the memory. */
  clear(): void {
    this.#counts.fill(0);
  }

  #cover(from: number, to: number): void {
    const size = this.#counts.length;
    const start = size === 0 ? from - (from % STEP) : Math.min(this.#first, from - (from % STEP));
    const end = Math.max(size === 0 ? 0 : this.#first + size, to - (to % STEP) + STEP);
    if (size > 0 && start === this.#first && end === this.#first + size) return;
    const larger = this.#counts instanceof Uint32Array ? new Uint32Array(end - start) : new Float64Array(end - start);
    if (size > 0) larger.set(this.#counts, this.#first - start);
    this.#counts = larger;
    this.#first = start;
  }
}
