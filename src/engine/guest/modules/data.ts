/** k6/data: arrays kept once for the whole run, read through copies. */
import { type GuestContext, GoError, type ModuleFactory } from '../runtime/api.ts';

const { parse, stringify } = JSON;
const { freeze, keys } = Object;
const AsyncFunction = (async () => {
  await Promise.resolve();
}).constructor;

function freezeAll(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const key of keys(value)) freezeAll((value as Record<string, unknown>)[key]);
  return freeze(value);
}

/** An array index as a property key: `"0"`, `"1"` … below 2³², in canonical form; else -1. */
function indexOf(key: string | symbol): number {
  if (typeof key !== 'string') return -1;
  const first = key.charCodeAt(0);
  if (first < 48 || first > 57) return -1;
  const index = Number(key);
  return String(index) === key && index < 2 ** 32 - 1 ? index : -1;
}

function immutable(): never {
  throw new TypeError('SharedArray is immutable');
}

/** Looks like an array in every way that reads. Each read of an element gives a fresh, frozen copy, as in k6. */
export function sharedArray(ctx: GuestContext, name: string, length: number): unknown[] {
  const element = (index: number): unknown => {
    const outcome = ctx.host.call('data.shared.get', { name, index });
    return outcome.ok ? freezeAll(parse(outcome.value)) : undefined;
  };
  return new Proxy<unknown[]>([], {
    get(target, key) {
      if (key === 'length') return length;
      const index = indexOf(key);
      if (index >= 0) return index < length ? element(index) : undefined;
      return Reflect.get(target, key) as unknown;
    },
    has(target, key) {
      const index = indexOf(key);
      return index >= 0 ? index < length : Reflect.has(target, key);
    },
    ownKeys() {
      return [...Array.from({ length }, (_, index) => String(index)), 'length'];
    },
    getOwnPropertyDescriptor(target, key) {
      if (key === 'length') return { value: length, writable: true, enumerable: false, configurable: false };
      const index = indexOf(key);
      if (index < 0) return Reflect.getOwnPropertyDescriptor(target, key);
      if (index >= length) return undefined;
      return { value: element(index), writable: true, enumerable: true, configurable: true };
    },
    set: immutable,
    deleteProperty: immutable,
    defineProperty: immutable,
    setPrototypeOf: immutable,
    preventExtensions: immutable,
  });
}

/** Elements as JSON texts; holes, functions and undefined are null, as in a JSON array. */
function elementsOf(built: unknown): string[] {
  if (!Array.isArray(built)) throw new GoError('only arrays can be made into SharedArray');
  return Array.from(built as unknown[], (value) => (stringify(value) as string | undefined) ?? 'null');
}

export const dataModule: ModuleFactory = (ctx) => {
  function SharedArray(name: unknown, build: unknown): unknown[] {
    if ((new.target as unknown) === undefined) throw new TypeError('SharedArray must be called with new');
    if (ctx.stage !== 'init') throw new GoError('new SharedArray must be called in the init context');
    if (typeof name !== 'string' || name === '') throw new GoError("empty name provided to SharedArray's constructor");
    if (typeof build !== 'function') {
      throw new GoError("a function is expected as the second argument of SharedArray's constructor");
    }
    if (build instanceof AsyncFunction) {
      throw new GoError('SharedArray constructor does not support async functions as second argument');
    }
    let length = ctx.call('data.shared.length', name);
    if (length < 0) {
      const elements = elementsOf((build as () => unknown)());
      length = ctx.call('data.shared.define', { name, elements });
    }
    return sharedArray(ctx, name, length);
  }
  return { SharedArray, default: { SharedArray } };
};
