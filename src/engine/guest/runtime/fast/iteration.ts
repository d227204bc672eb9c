/** for…of, spread and array patterns over iterators that may suspend. */
import { PENDING } from '../suspend.ts';
import { formOf } from './forms.ts';
import { c0, type Frame, isBlocked, refuse, start } from './machine.ts';

export interface IteratorRecord {
  readonly iterator: object;
  readonly next: unknown;
  value: unknown;
  /** The iterator has more and must be closed if the loop is left. */
  open: boolean;
  threw: boolean;
}

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

function record(iterator: unknown): IteratorRecord {
  if (!isObject(iterator)) throw new TypeError('Result of the Symbol.iterator method is not an object');
  const { next } = iterator as { next: unknown };
  return { iterator, next, value: undefined, open: false, threw: false };
}

/** Opens the iterator of `iterable`. Answers PENDING when its method waits. */
export function openIterator(iterable: unknown): unknown {
  const method: unknown = iterable == null ? undefined : (iterable as { [Symbol.iterator]?: unknown })[Symbol.iterator];
  if (typeof method !== 'function') return refuse('iterable');
  const iterator = c0(iterable, method);
  return iterator === PENDING ? start(openLater(PENDING)) : record(iterator);
}

function* openLater(pending: unknown): Frame {
  return record(yield pending);
}

/** Takes a step: true when there is a value. */
export function nextOf(at: IteratorRecord): unknown {
  at.open = false;
  const result = c0(at.iterator, at.next);
  return result === PENDING ? start(nextLater(at)) : accept(at, result);
}

function* nextLater(at: IteratorRecord): Frame {
  return accept(at, yield PENDING);
}

function accept(at: IteratorRecord, result: unknown): boolean {
  if (!isObject(result)) throw new TypeError(`Iterator result ${String(result)} is not an object`);
  const { done } = result as { done?: unknown };
  if (done) return false;
  at.value = (result as { value?: unknown }).value;
  return (at.open = true);
}

/** Notes that the loop ends by an exception, so that closing must not hide it. */
export function threwFrom(at: IteratorRecord | undefined, error: unknown): unknown {
  if (at) at.threw = true;
  return error;
}

/** Closes an iterator that the loop leaves early. */
export function closeIterator(at: IteratorRecord): unknown {
  at.open = false;
  return start(closing(at));
}

function* closing(at: IteratorRecord): Frame {
  try {
    const method: unknown = (at.iterator as { return?: unknown }).return;
    if (method == null) return undefined;
    let result = c0(at.iterator, method);
    if (result === PENDING) result = yield result;
    if (!at.threw && !isObject(result)) throw new TypeError(`${String(result)} is not an object`);
  } catch (error) {
    if (!at.threw) throw error;
  }
  return undefined;
}

/** Native iterators need none of this. */
function isNative(iterable: unknown): boolean {
  if (isBlocked() || iterable == null) return true;
  if (!Array.isArray(iterable)) return false;
  return formOf(iterable[Symbol.iterator]) === undefined;
}

/** All values, as an array. */
export function drain(iterable: unknown): unknown {
  return isNative(iterable) ? iterable : take(iterable, -1);
}

/** The first `count` values as an array (all of them for -1); the iterator is closed when it has more. */
export function take(iterable: unknown, count: number): unknown {
  return isNative(iterable) ? iterable : start(taking(iterable, count));
}

function* taking(iterable: unknown, count: number): Frame {
  let got = openIterator(iterable);
  if (got === PENDING) got = yield PENDING;
  const at = got as IteratorRecord;
  const values: unknown[] = [];
  let more = true;
  while (more && (count < 0 || values.length < count)) {
    let stepped = nextOf(at);
    if (stepped === PENDING) stepped = yield PENDING;
    more = stepped === true;
    if (more) values.push(at.value);
  }
  if (at.open) {
    const closed = closeIterator(at);
    if (closed === PENDING) yield PENDING;
  }
  return values;
}
