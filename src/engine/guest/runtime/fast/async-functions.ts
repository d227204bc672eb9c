/* eslint-disable @typescript-eslint/unbound-method -- builtins are taken apart before a script can patch them */
/**
 * Async functions of the script. The twin is an engine generator that yields `AWAIT` at each await; the first part runs in
 * the caller's fiber (and may suspend it), the others as jobs of the VU.
 */
import { PENDING, type ScriptFunction } from '../suspend.ts';
import { slot, stamp } from './forms.ts';
import type { Twin } from './generators.ts';
import { advance, advanceThrow, type Frame, hasFault, isBlocked, leave, takeFault, whileBlocked } from './machine.ts';
import type { Promises } from './promise.ts';

const { apply } = Reflect;
const { defineProperty, setPrototypeOf } = Object;
const asyncFunctionPrototype = Object.getPrototypeOf(async () => Promise.resolve()) as object;

const AWAIT = Symbol('await');
let awaited: unknown;

const asyncFunctions = slot<true>();
export const isAsyncFunction = (fn: unknown): boolean => asyncFunctions.get(fn) === true;

/** Marks the value that an async function awaits. */
export function awaitValue(value: unknown): typeof AWAIT {
  awaited = value;
  return AWAIT;
}

interface Activation {
  readonly frame: Frame;
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

export interface AsyncRuntime {
  /** Calls an async function. PENDING when its first part waits. */
  call(twin: Twin, self: unknown, args: ArrayLike<unknown>): unknown;
  /** The plain entry of the same. */
  callBlocked(twin: Twin, self: unknown, args: ArrayLike<unknown>): unknown;
  /** Makes a function declaration an async function. */
  adopt(fn: ScriptFunction, twin: Twin): ScriptFunction;
  make(twin: Twin, name: string, length: number): ScriptFunction;
  makeArrow(twin: Twin, name: string, length: number, self: unknown): ScriptFunction;
  makeSelf(make: (self: ScriptFunction) => Twin, name: string, length: number): ScriptFunction;
}

export function createAsyncRuntime(promises: Promises): AsyncRuntime {
  /** Runs until the next await, to the end, or (false) until the fiber has to wait. */
  const proceed = (at: Activation, threw: boolean, value: unknown): boolean => {
    let [failed, carried] = [threw, value];
    for (;;) {
      let result: IteratorResult<unknown, unknown>;
      try {
        result = failed ? advanceThrow(at.frame, carried) : advance(at.frame, carried);
      } catch (error) {
        at.reject(error);
        return true;
      }
      if (result.done === true) {
        at.resolve(result.value);
        return true;
      }
      if (result.value === AWAIT) {
        const promise = awaited;
        awaited = undefined;
        try {
          promises.whenSettled(promise, resumeWith(at, false), resumeWith(at, true));
          return true;
        } catch (error) {
          [failed, carried] = [true, error];
        }
      } else if (hasFault() || isBlocked()) [failed, carried] = [true, takeFault(result.value)];
      else return false;
    }
  };

  const resumeWith = (at: Activation, threw: boolean): ((value: unknown) => unknown) => {
    const run = (value: unknown): unknown => (proceed(at, threw, value) ? undefined : wait(at, undefined));
    return stamp((value: unknown) => whileBlocked(() => run(value)), { enter: (_self, [value]) => run(value) });
  };

  /** Puts a frame on the fiber's stack that stands for the function until its next await. */
  const wait = (at: Activation, result: unknown): typeof PENDING => {
    const frame = waiting(at, result);
    advance(frame, undefined);
    return leave(frame, 0);
  };

  function* waiting(at: Activation, result: unknown): Frame {
    for (let ready = false; !ready;) {
      let [threw, value]: [boolean, unknown] = [false, undefined];
      try {
        value = yield PENDING;
      } catch (error) {
        [threw, value] = [true, error];
      }
      ready = proceed(at, threw, value);
    }
    return result;
  }

  const call = (twin: Twin, self: unknown, args: ArrayLike<unknown>): unknown => {
    const { promise, resolve, reject } = promises.deferred();
    let frame: Frame;
    try {
      frame = apply(twin, self, args as never);
    } catch (error) {
      reject(error);
      return promise;
    }
    const at = { frame, resolve, reject };
    return proceed(at, false, undefined) ? promise : wait(at, promise);
  };
  const callBlocked = (twin: Twin, self: unknown, args: ArrayLike<unknown>): unknown =>
    whileBlocked(() => call(twin, self, args));

  const dress = (fn: ScriptFunction, name: string, length: number): ScriptFunction => {
    defineProperty(fn, 'name', { value: name, configurable: true });
    defineProperty(fn, 'length', { value: length, configurable: true });
    setPrototypeOf(fn, asyncFunctionPrototype);
    asyncFunctions.put(fn, true);
    return fn;
  };
  const make = (twin: Twin, name: string, length: number): ScriptFunction => {
    const fn: ScriptFunction = {
      fn(this: unknown, ...args: unknown[]) {
        return callBlocked(twin, this, args);
      },
    }.fn;
    stamp(fn, { enter: (self, args) => call(twin, self, args) });
    return dress(fn, name, length);
  };
  return {
    call,
    callBlocked,
    adopt: (fn, twin) => {
      setPrototypeOf(fn, asyncFunctionPrototype);
      asyncFunctions.put(fn, true);
      return stamp(fn, { enter: (self, args) => call(twin, self, args) });
    },
    make,
    makeArrow: (twin, name, length, self) => {
      const fn: ScriptFunction = (...args) => callBlocked(twin, self, args);
      stamp(fn, { enter: (_self, args) => call(twin, self, args) });
      return dress(fn, name, length);
    },
    makeSelf: (makeTwin, name, length) => {
      let twin: Twin | undefined;
      const fn = make(
        function (this: unknown, ...args: never[]) {
          twin ??= makeTwin(fn);
          return apply(twin, this, args);
        },
        name,
        length,
      );
      return fn;
    },
  };
}
