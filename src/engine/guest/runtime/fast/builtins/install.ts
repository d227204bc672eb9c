/* eslint-disable @typescript-eslint/unbound-method -- builtins are taken apart before a script can patch them */
/** Gives the realm's own builtins their suspendable forms. */
import { PENDING, type ScriptFunction } from '../../suspend.ts';
import { type Entry, formOf, stamp } from '../forms.ts';
import { c3, cs, enter, type Frame, isBlocked, refuse, start } from '../machine.ts';
import { arrayFrom, arrayMethods } from './arrays.ts';
import { sortArray, sortNow, sortTypedArray, toSortedArray } from './sort.ts';
import { fromEntries, replaceWith, reviving, stringifying } from './text.ts';

const { apply } = Reflect;
const { defineProperty } = Object;
type Methods = Record<string, ScriptFunction>;
type Body = (this: unknown, ...args: never[]) => Frame;

const suspends = (value: unknown): boolean => typeof value === 'function' && formOf(value) !== undefined;

/** The native method, unless the argument at `at` is a function that may suspend. */
function attachCallback(native: ScriptFunction | undefined, body: Body, at = 0): void {
  if (typeof native !== 'function' || formOf(native) !== undefined) return;
  const entry: Entry = {
    enter: (self, args) =>
      !isBlocked() && suspends(args[at]) ? start(apply(body, self, args as never)) : apply(native, self, args),
  };
  stamp(native, entry);
}

/** Puts `fn` in the place of a builtin, looking like it. */
function replaceBuiltin(target: object, name: string, fn: ScriptFunction): void {
  const native = (target as Methods)[name];
  if (typeof native !== 'function') return;
  defineProperty(fn, 'name', { value: name, configurable: true });
  defineProperty(fn, 'length', { value: native.length, configurable: true });
  defineProperty(target, name, { value: fn, writable: true, enumerable: false, configurable: true });
}

function installFunctions(): void {
  const prototype = Function.prototype as unknown as Methods;
  const entryOf = (native: ScriptFunction, run: Entry['enter']): void => {
    if (formOf(native) === undefined) stamp(native, { enter: run });
  };
  const { call, apply: applyMethod, bind } = prototype;
  if (!call || !applyMethod || !bind) return;
  entryOf(call, (self, args) => (typeof self === 'function' ? cs(args[0], self, args.slice(1)) : refuse()));
  entryOf(applyMethod, (self, args) => {
    const list = args[1];
    if (typeof self !== 'function' || !suspends(self)) return apply(applyMethod, self, args);
    if (list == null) return cs(args[0], self, []);
    // The native method turns any array-like into a list.
    return cs(args[0], self, apply(applyMethod, collect, [undefined, list]) as unknown[]);
  });
  const bound: ScriptFunction = {
    bind(this: unknown, ...args: unknown[]) {
      const fn = apply(bind, this, args) as ScriptFunction;
      const form = typeof this === 'function' ? formOf(this) : undefined;
      if (form === undefined) return fn;
      const [self, ...first] = args;
      return stamp(fn, { enter: (_self, rest) => enter(form, self, first.length > 0 ? [...first, ...rest] : rest) });
    },
  }.bind;
  replaceBuiltin(prototype, 'bind', bound);
  entryOf(Reflect.apply as ScriptFunction, (_self, args) => {
    const [fn, self, list] = args;
    if (!suspends(fn)) return apply(apply, undefined, args);
    return cs(self, fn, apply(apply, undefined, [collect, undefined, list]) as unknown[]);
  });
}

const collect = (...args: unknown[]): unknown[] => args;

function installCollections(): void {
  const { forEach: mapForEach, entries } = Map.prototype as unknown as Record<string, ScriptFunction>;
  const { forEach: setForEach, values } = Set.prototype as unknown as Record<string, ScriptFunction>;
  const each = (iterate: ScriptFunction | undefined, pairs: boolean): Body =>
    function* (this: unknown, callback: never, self: unknown): Frame {
      const iterator: Iterator<unknown> = apply(iterate as () => Iterator<unknown>, this, []);
      const { next } = iterator as unknown as { next: () => IteratorResult<unknown, unknown> };
      for (;;) {
        // The live iterator also sees what the callback adds.
        const { done, value } = apply(next, iterator, []);
        if (done) return undefined;
        const [key, item] = pairs ? (value as [unknown, unknown]) : [value, value];
        const got = c3(self, callback, item, key, this);
        if (got === PENDING) yield got;
      }
    };
  attachCallback(mapForEach, each(entries, true));
  attachCallback(setForEach, each(values, false));
}

function installTypedArrays(): void {
  const prototype = Object.getPrototypeOf(Uint8Array.prototype) as Methods;
  const { map, filter } = prototype;
  // The native method knows the species; it is given the results.
  const twice = (native: ScriptFunction | undefined): Body =>
    function* (this: unknown, callback: never, self: unknown): Frame {
      const results: unknown[] = [];
      const array = this as ArrayLike<unknown>;
      for (let i = 0, { length } = array; i < length; i++) {
        const got = c3(self, callback, array[i], i, array);
        results[i] = got === PENDING ? yield got : got;
      }
      return apply(native as never, this, [(_value: unknown, i: number) => results[i]] as never);
    };
  attachCallback(map, twice(map));
  attachCallback(filter, twice(filter));
  const { forEach, some, every, find, findIndex, findLast, findLastIndex, reduce, reduceRight } = arrayMethods;
  const same = { forEach, some, every, find, findIndex, findLast, findLastIndex, reduce, reduceRight };
  for (const [name, body] of Object.entries(same)) attachCallback(prototype[name], body);
  installSort(prototype, 'sort', sortTypedArray);
}

function installSort(prototype: object, name: string, body: (this: unknown, compare: unknown) => Frame): void {
  const native = (prototype as Methods)[name];
  if (typeof native !== 'function') return;
  const sort: ScriptFunction = {
    sort(this: unknown, ...args: unknown[]) {
      return typeof args[0] === 'function' && this != null ? sortNow(body, this, args[0]) : apply(native, this, args);
    },
  }.sort;
  replaceBuiltin(prototype, name, sort);
  attachCallback(sort, body);
}

/** Sorting with a comparator, in the order k6 compares: both forms of a program need it. */
export function installSorting(): void {
  installSort(Array.prototype, 'sort', sortArray);
  installSort(Array.prototype, 'toSorted', toSortedArray);
}

let installed = false;

/** To be called once per realm that runs programs in the fast form. */
export function installBuiltins(): void {
  if (installed) return;
  installed = true;
  const arrays = Array.prototype as unknown as Methods;
  for (const [name, body] of Object.entries(arrayMethods)) attachCallback(arrays[name], body);
  installSorting();
  attachCallback(Array.from as ScriptFunction, arrayFrom, 1);
  installFunctions();
  installCollections();
  installTypedArrays();
  const strings = String.prototype as unknown as Methods;
  for (const name of ['replace', 'replaceAll']) {
    const native = strings[name];
    if (native) attachCallback(native, replaceWith(native), 1);
  }
  const { parse, stringify } = JSON as unknown as Methods;
  if (parse) attachCallback(parse, reviving(parse), 1);
  if (stringify) attachCallback(stringify, stringifying(stringify as never), 1);
  const entries = Object.fromEntries as ScriptFunction;
  stamp(entries, {
    enter: (self, args) => {
      const method = args[0] == null ? undefined : (args[0] as { [Symbol.iterator]?: unknown })[Symbol.iterator];
      const native = isBlocked() || Array.isArray(args[0]) || typeof method !== 'function';
      return native ? apply(entries, self, args) : start(fromEntries(args[0]));
    },
  });
}
