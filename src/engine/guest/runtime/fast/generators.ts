/* eslint-disable @typescript-eslint/unbound-method -- builtins are taken apart before a script can patch them */
/**
 * Generators of the script that may wait in the middle. The script's generator function becomes two: a twin, an engine
 * generator whose yields are marked as the script's (`USER`) or are the fiber's, and what the script sees, which makes objects
 * that behave as generators of that function. Their `next` blocks, and suspends when it is called from a suspendable form.
 */
import { PENDING, type ScriptFunction } from '../suspend.ts';
import { type Entry, slot, stamp } from './forms.ts';
import {
  advance,
  advanceReturn,
  advanceThrow,
  c1,
  cs,
  type Frame,
  framePrototype,
  hasFault,
  isBlocked,
  leave,
  takeFault,
  whileBlocked,
} from './machine.ts';

export type Twin = (this: unknown, ...args: never[]) => Frame;
type Mode = 'next' | 'return' | 'throw';
type Step = IteratorResult<unknown, unknown>;

const { apply } = Reflect;
const { create, defineProperty, setPrototypeOf } = Object;
// eslint-disable-next-line @typescript-eslint/no-empty-function -- only its prototype is wanted
const generatorFunctionPrototype = Object.getPrototypeOf(function* () {}) as object;

/** What an engine generator yields for a yield of the script; the value is in `yielded`. */
export const USER = Symbol('yield');
/** The same where the script sees the result object itself, as `yield*` hands it on. */
const USER_RESULT = Symbol('yield*');
/** Asks the driver to end the generator with the value in `yielded`, as `return()` does. */
const RETURN = Symbol('return');
let yielded: unknown;
/** Argument of the `return()` under way. */
let returning: unknown;

export function takeYielded(): unknown {
  const value = yielded;
  yielded = undefined;
  return value;
}

export function userYield(value: unknown): typeof USER {
  yielded = value;
  return USER;
}

interface Coroutine {
  readonly frame: Frame;
  running: boolean;
}

const coroutines = slot<Coroutine>();
const owners = slot<ScriptFunction>();

/** The result of a step, or undefined when the generator waits for the fiber. Throws what the generator throws. */
function outcomeOf(co: Coroutine, first: Step): Step | undefined {
  let at = first;
  for (;;) {
    if (at.done === true || at.value === USER || at.value === USER_RESULT) {
      co.running = false;
      if (at.done === true) return { value: at.value, done: true };
      const value = takeYielded();
      return at.value === USER_RESULT ? (value as Step) : { value, done: false };
    }
    if (at.value === RETURN) {
      at = drive(co, 'return', takeYielded());
      continue;
    }
    if (!hasFault() && !isBlocked()) return undefined;
    at = drive(co, 'throw', takeFault(at.value));
  }
}

function drive(co: Coroutine, mode: Mode, value: unknown): Step {
  co.running = true;
  try {
    if (mode === 'next') return advance(co.frame, value);
    if (mode === 'throw') return advanceThrow(co.frame, value);
    returning = value;
    return advanceReturn(co.frame, value);
  } catch (error) {
    co.running = false;
    throw error;
  }
}

/** One step of a generator of the script; PENDING when it waits. */
function resume(co: Coroutine, mode: Mode, value: unknown): unknown {
  if (co.running) throw new TypeError('Generator is already running');
  const outcome = outcomeOf(co, drive(co, mode, value));
  if (outcome !== undefined) return outcome;
  const frame = waiting(co);
  advance(frame, undefined);
  return leave(frame, 0);
}

/** Stands for the step under way on the fiber's stack. */
function* waiting(co: Coroutine): Frame {
  for (;;) {
    let [mode, value]: [Mode, unknown] = ['next', undefined];
    try {
      value = yield PENDING;
    } catch (error) {
      [mode, value] = ['throw', error];
    }
    const outcome = outcomeOf(co, drive(co, mode, value));
    if (outcome !== undefined) return outcome;
  }
}

/** Replaces the realm's `next`, `return` and `throw` of generators by ones that know ours, at the first need. */
let patched = false;
function patchPrototype(): void {
  if (patched) return;
  patched = true;
  for (const mode of ['next', 'return', 'throw'] as const) {
    const native = framePrototype[mode] as ScriptFunction;
    const method: ScriptFunction = {
      [mode](this: unknown, value: unknown) {
        const co = coroutines.get(this);
        return co === undefined ? apply(native, this, [value]) : whileBlocked(() => resume(co, mode, value));
      },
    }[mode] as ScriptFunction;
    const entry: Entry = {
      enter(self, args) {
        const co = coroutines.get(self);
        return co === undefined || isBlocked() ? apply(method, self, args) : resume(co, mode, args[0]);
      },
    };
    defineProperty(framePrototype, mode, { value: stamp(method, entry), writable: true, configurable: true });
  }
}

/** What calling a generator function of the script gives. */
export function makeGenerator(twin: Twin, self: unknown, args: ArrayLike<unknown>): object {
  const frame = apply(twin, self, args as never);
  const prototype: unknown = (owners.get(twin) as { prototype?: unknown } | undefined)?.prototype;
  const object = create(typeof prototype === 'object' && prototype !== null ? prototype : framePrototype) as object;
  coroutines.put(object, { frame, running: false });
  return object;
}

/** Makes a function look like the generator function that the script wrote. */
export function adoptGenerator(fn: ScriptFunction, twin: Twin): void {
  patchPrototype();
  setPrototypeOf(fn, generatorFunctionPrototype);
  defineProperty(fn, 'prototype', { value: create(framePrototype), writable: true, configurable: false });
  owners.put(twin, fn);
}

export function generatorFunction(twin: Twin, name: string, length: number): ScriptFunction {
  const fn: ScriptFunction = {
    fn(this: unknown, ...args: unknown[]) {
      return makeGenerator(twin, this, args);
    },
  }.fn;
  defineProperty(fn, 'name', { value: name, configurable: true });
  defineProperty(fn, 'length', { value: length, configurable: true });
  adoptGenerator(fn, twin);
  return fn;
}

/** The same for one that mentions itself by name: `make` gives the twin. */
export function selfGeneratorFunction(
  make: (self: ScriptFunction) => Twin,
  name: string,
  length: number,
): ScriptFunction {
  let twin: Twin | undefined;
  const fn = generatorFunction(
    function (this: unknown, ...args: never[]) {
      twin ??= make(fn);
      return apply(twin, this, args);
    },
    name,
    length,
  );
  return fn;
}

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

/** `yield*` inside a twin: hands every step on to the inner iterator, suspending where that does. */
export function* delegate(iterable: unknown): Frame {
  const method = (iterable as { [Symbol.iterator]: unknown })[Symbol.iterator];
  let got = cs(iterable, method, []);
  const iterator = (got === PENDING ? yield got : got) as Record<string, unknown>;
  if (!isObject(iterator)) throw new TypeError(`Result of the Symbol.iterator method is not an object`);
  const { next } = iterator;
  let [mode, value]: [Mode, unknown] = ['next', undefined];
  for (;;) {
    const call = mode === 'next' ? next : iterator[mode];
    if (call == null && mode === 'return') {
      yielded = value;
      yield RETURN;
    }
    if (call == null && mode === 'throw') {
      const close = iterator['return'];
      if (close != null) {
        got = cs(iterator, close, []);
        if (got === PENDING) yield got;
      }
      throw new TypeError("The iterator does not provide a 'throw' method.");
    }
    got = c1(iterator, call, value);
    const result = (got === PENDING ? yield got : got) as Step;
    if (!isObject(result)) throw new TypeError(`Iterator result ${String(result)} is not an object`);
    if (result.done) {
      if (mode !== 'return') return (result as { value: unknown }).value;
      // The wait above may have turned the return into an ordinary step of the outer generator.
      yielded = (result as { value: unknown }).value;
      yield RETURN;
    }
    let back = false;
    try {
      yielded = result;
      value = yield USER_RESULT;
      mode = 'next';
      back = true;
    } catch (error) {
      [mode, value, back] = ['throw', error, true];
    } finally {
      // Neither came back: `return()` was called. The iterator decides what becomes of it.
      if (!back) {
        mode = 'return';
        value = returning;
        continue;
      }
    }
  }
}
