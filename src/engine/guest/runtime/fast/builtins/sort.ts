/**
 * Sorting with a comparator of the script. k6 compares in the order of Go's stable sort (insertion sort in blocks, then
 * in-place merging after Kim and Kutzner, "Stable Minimum Storage Merging by Symmetric Comparisons", 2004); a comparator with
 * effects shows that order, so both forms of the engine sort in the same way.
 */
import { PENDING } from '../../suspend.ts';
import { c2, type Frame, runBlocked } from '../machine.ts';
import { lengthOf } from './arrays.ts';

const BLOCK = 20;

/** Sorts in place. `compare` has been checked to be a function. */
function* stableSort(list: unknown[], compare: unknown): Frame {
  function* less(a: number, b: number): Generator<unknown, boolean, unknown> {
    const got = c2(undefined, compare, list[a], list[b]);
    return Number(got === PENDING ? yield got : got) < 0;
  }
  const swap = (a: number, b: number): void => {
    [list[a], list[b]] = [list[b], list[a]];
  };
  const rotate = (from: number, middle: number, to: number): void => {
    const head = list.slice(from, middle);
    list.copyWithin(from, middle, to);
    for (const [i, value] of head.entries()) list[from + to - middle + i] = value;
  };
  function* insertion(from: number, to: number): Frame {
    for (let i = from + 1; i < to; i++) for (let j = i; j > from && (yield* less(j, j - 1)); j--) swap(j, j - 1);
    return undefined;
  }
  function* merge(from: number, middle: number, to: number): Frame {
    if (middle - from === 1 || to - middle === 1) {
      const left = middle - from === 1;
      let [low, high] = left ? [middle, to] : [from, middle];
      while (low < high) {
        const probe = (low + high) >>> 1;
        if (left ? yield* less(probe, from) : !(yield* less(middle, probe))) low = probe + 1;
        else high = probe;
      }
      if (left) for (let k = from; k < low - 1; k++) swap(k, k + 1);
      else for (let k = middle; k > low; k--) swap(k, k - 1);
      return undefined;
    }
    const centre = (from + to) >>> 1;
    const sum = centre + middle;
    let [start, end] = middle > centre ? [sum - to, centre] : [from, middle];
    const mirror = sum - 1;
    while (start < end) {
      const probe = (start + end) >>> 1;
      if (yield* less(mirror - probe, probe)) end = probe;
      else start = probe + 1;
    }
    const stop = sum - start;
    if (start < middle && middle < stop) rotate(start, middle, stop);
    if (from < start && start < centre) yield* merge(from, start, centre);
    if (centre < stop && stop < to) yield* merge(centre, stop, to);
    return undefined;
  }
  const n = list.length;
  for (let from = 0; from < n; from += BLOCK) yield* insertion(from, Math.min(from + BLOCK, n));
  for (let size = BLOCK; size < n; size *= 2) {
    for (let from = 0; from + size < n; from += 2 * size) yield* merge(from, from + size, Math.min(from + 2 * size, n));
  }
  return list;
}

/** undefined goes last and is never compared. */
function* sorted(values: readonly unknown[], compare: unknown): Generator<unknown, unknown[], unknown> {
  const list: unknown[] = values.filter((value) => value !== undefined);
  yield* stableSort(list, compare);
  for (let i = list.length; i < values.length; i++) list[i] = undefined;
  return list;
}

type Sortable = Record<number, unknown> & { length: unknown };

/** Array.prototype.sort with a comparator: holes move to the end. */
export function* sortArray(this: unknown, compare: unknown): Frame {
  const object = Object(this) as Sortable;
  const length = lengthOf(object);
  const values: unknown[] = [];
  for (let i = 0; i < length; i++) if (i in object) values[values.length] = object[i];
  const list = yield* sorted(values, compare);
  for (let i = 0; i < length; i++) {
    if (i < list.length) object[i] = list[i];
    else Reflect.deleteProperty(object, i);
  }
  return object;
}

export function* toSortedArray(this: unknown, compare: unknown): Frame {
  const object = Object(this) as Sortable;
  const values = Array.from({ length: lengthOf(object) }, (_, i) => object[i]);
  return yield* sorted(values, compare);
}

/** Typed arrays have neither holes nor undefined. */
export function* sortTypedArray(this: unknown, compare: unknown): Frame {
  const array = this as number[];
  const list = Array.from(array);
  yield* stableSort(list, compare);
  for (const [i, value] of list.entries()) if (i < array.length) array[i] = value;
  return array;
}

/** The plain entry of a sort. */
export function sortNow(sort: (this: unknown, compare: unknown) => Frame, self: unknown, compare: unknown): unknown {
  return runBlocked(Reflect.apply(sort, self, [compare]));
}
