/* eslint-disable @typescript-eslint/unbound-method -- builtins are taken apart before a script can patch them */
/**
 * Array methods whose callbacks may suspend, step by step as ECMA-262 has them (holes, species, mutation on the way): they
 * are entered only with such a callback, the native ones do the rest.
 */
import { PENDING } from '../../suspend.ts';
import { c2, c3, c4, cs, type Frame } from '../machine.ts';

type Callback = (...args: never[]) => unknown;
type ArrayLikeObject = Record<PropertyKey, unknown> & { length: unknown };

const { isArray } = Array;
const { construct } = Reflect;
const MAX_LENGTH = Number.MAX_SAFE_INTEGER;

export function lengthOf(object: ArrayLikeObject): number {
  const length = Math.trunc(Number(object.length));
  return length > 0 ? Math.min(length, MAX_LENGTH) : 0;
}

export function define(target: object, key: number | string, value: unknown): void {
  if (!Reflect.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })) {
    throw new TypeError(`Cannot add property ${String(key)}, object is not extensible`);
  }
}

const isConstructor = (value: unknown): value is new (length: number) => object => {
  if (typeof value !== 'function') return false;
  try {
    // `construct` checks its newTarget without calling it.
    construct(Object, [], value);
    return true;
  } catch {
    return false;
  }
};

function speciesCreate(original: object, length: number): object {
  if (!isArray(original)) return new Array<unknown>(length);
  let constructor: unknown = (original as { constructor: unknown }).constructor;
  if (constructor === Array) return new Array<unknown>(length);
  if ((typeof constructor === 'object' && constructor !== null) || typeof constructor === 'function') {
    constructor = (constructor as { [Symbol.species]?: unknown })[Symbol.species] ?? undefined;
  }
  if (constructor === undefined) return new Array<unknown>(length);
  if (!isConstructor(constructor)) throw new TypeError('object.constructor[Symbol.species] is not a constructor');
  return new constructor(length);
}

/** Walks the elements that are there, upwards; stops when `visit` says so. */
function walk(
  visit: (result: unknown, value: unknown, index: number, state: { result: unknown }) => boolean,
  begin: (object: object, length: number) => unknown = () => undefined,
) {
  return function* (this: unknown, callback: Callback, self: unknown): Frame {
    const object = Object(this) as ArrayLikeObject;
    const length = lengthOf(object);
    const state = { result: begin(object, length) };
    for (let i = 0; i < length; i++) {
      if (!(i in object)) continue;
      const value = object[i];
      const got = c3(self, callback, value, i, object);
      if (visit(got === PENDING ? yield got : got, value, i, state)) break;
    }
    return state.result;
  };
}

/** find and its kin also visit holes, and may go downwards. */
function search(down: boolean, index: boolean) {
  return function* (this: unknown, callback: Callback, self: unknown): Frame {
    const object = Object(this) as ArrayLikeObject;
    const length = lengthOf(object);
    for (let n = 0; n < length; n++) {
      const i = down ? length - 1 - n : n;
      const value = object[i];
      const got = c3(self, callback, value, i, object);
      if (got === PENDING ? yield got : got) return index ? i : value;
    }
    return index ? -1 : undefined;
  };
}

function reduce(down: boolean) {
  return function* (this: unknown, callback: Callback, ...initial: unknown[]): Frame {
    const object = Object(this) as ArrayLikeObject;
    const length = lengthOf(object);
    let n = 0;
    let result = initial[0];
    if (initial.length === 0) {
      while (n < length && !((down ? length - 1 - n : n) in object)) n++;
      if (n >= length) throw new TypeError('Reduce of empty array with no initial value');
      result = object[down ? length - 1 - n : n];
      n++;
    }
    for (; n < length; n++) {
      const i = down ? length - 1 - n : n;
      if (!(i in object)) continue;
      const got = c4(undefined, callback, result, object[i], i, object);
      result = got === PENDING ? yield got : got;
    }
    return result;
  };
}

function* flatMap(this: unknown, callback: Callback, self: unknown): Frame {
  const object = Object(this) as ArrayLikeObject;
  const length = lengthOf(object);
  const target = speciesCreate(object, 0);
  let at = 0;
  for (let i = 0; i < length; i++) {
    if (!(i in object)) continue;
    const got = c3(self, callback, object[i], i, object);
    const mapped = got === PENDING ? yield got : got;
    if (!isArray(mapped)) define(target, at++, mapped);
    else for (let k = 0; k < mapped.length; k++) if (k in mapped) define(target, at++, (mapped as unknown[])[k]);
  }
  return target;
}

export const arrayMethods = {
  forEach: walk(() => false),
  map: walk((result, _value, index, state) => {
    define(state.result as object, index, result);
    return false;
  }, speciesCreate),
  filter: walk(
    (result, value, _index, state) => {
      const kept = state.result as { to: object; length: number };
      if (result) define(kept.to, kept.length++, value);
      return false;
    },
    (object) => ({ to: speciesCreate(object, 0), length: 0 }),
  ),
  some: walk(
    (result, _value, _index, state) => (result ? ((state.result = true), true) : false),
    () => false,
  ),
  every: walk(
    (result, _value, _index, state) => (result ? false : ((state.result = false), true)),
    () => true,
  ),
  find: search(false, false),
  findIndex: search(false, true),
  findLast: search(true, false),
  findLastIndex: search(true, true),
  reduce: reduce(false),
  reduceRight: reduce(true),
  flatMap,
};

const { filter } = arrayMethods;
arrayMethods.filter = function* (this: unknown, callback: Callback, self: unknown): Frame {
  const kept = (yield* filter.call(this, callback, self)) as { to: object };
  return kept.to;
};

/** Array.from with a callback that may suspend, over an iterable or an array-like. */
export function* arrayFrom(this: unknown, items: unknown, callback: Callback, self: unknown): Frame {
  const method: unknown = (items as { [Symbol.iterator]?: unknown })[Symbol.iterator];
  const make = isConstructor(this) ? (this as unknown as new (...args: number[]) => ArrayLikeObject) : Array;
  if (method != null) {
    const target = new make() as ArrayLikeObject;
    let got = cs(items, method, []);
    const iterator = (got === PENDING ? yield got : got) as Iterator<unknown> & { return?: unknown };
    const { next } = iterator as { next: unknown };
    for (let i = 0; ; i++) {
      got = cs(iterator, next, []);
      const result = (got === PENDING ? yield got : got) as IteratorResult<unknown>;
      if (typeof result !== 'object') throw new TypeError(`Iterator result ${String(result)} is not an object`);
      if (result.done) {
        target.length = i;
        return target;
      }
      try {
        got = c2(self, callback, result.value, i);
        define(target, i, got === PENDING ? yield got : got);
      } catch (error) {
        try {
          const close: unknown = iterator.return;
          if (close != null) {
            got = cs(iterator, close, []);
            if (got === PENDING) yield got;
          }
        } catch {
          // The first exception wins.
        }
        throw error;
      }
    }
  }
  const source = Object(items) as ArrayLikeObject;
  const length = lengthOf(source);
  const target = new make(length) as ArrayLikeObject;
  for (let i = 0; i < length; i++) {
    const got = c2(self, callback, source[i], i);
    define(target, i, got === PENDING ? yield got : got);
  }
  target.length = length;
  return target;
}
