/* eslint-disable @typescript-eslint/unbound-method -- static helpers are taken off the class before a script sees it */
/**
 * The `Promise` of a VU in fast mode: ECMA-262's, with a job queue of the VU's own, because the thread's microtask queue is
 * shared by all its VUs and would run on while one of them is in a blocking call. Callbacks run as fibers.
 */
import { type Deferred, PENDING } from '../suspend.ts';
import { stamp } from './forms.ts';
import { c0, c1, c2, type Frame, runBlocked, start } from './machine.ts';

export interface JobQueue {
  /** The job answers PENDING when it waits. */
  add(job: () => unknown): void;
  /** A promise was rejected with nobody to handle it, or is handled after all. */
  rejected(promise: object, reason: unknown): void;
  handled(promise: object): void;
  /** Told every reason a promise is rejected with. */
  reason(reason: unknown): void;
}

type Settle = (value?: unknown) => void;

interface Capability {
  readonly promise: unknown;
  readonly resolve: Settle;
  readonly reject: Settle;
}

/** What `then` leaves behind: callbacks, and the promise that their outcome settles. */
interface Reaction {
  readonly capability: Capability | undefined;
  readonly onFulfilled: unknown;
  readonly onRejected: unknown;
}

/** One VU's promises, as the engine itself uses them. */
export interface Promises {
  /** What the script knows as `Promise`. */
  readonly constructor_: unknown;
  deferred(): Deferred;
  is(value: unknown): boolean;
  /** As `await` does: the callbacks run as jobs when the value is there. */
  whenSettled(value: unknown, onFulfilled: (value: unknown) => unknown, onRejected: (reason: unknown) => unknown): void;
  /** `new Promise(executor)` whose executor may suspend. */
  construct(constructor: unknown, executor: unknown): unknown;
}

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

type State = 'pending' | 'fulfilled' | 'rejected';
type Executor = (resolve: Settle, reject: Settle) => void;

export function createPromises(jobs: JobQueue): Promises {
  function* reactionJob(
    { capability, onFulfilled, onRejected }: Reaction,
    rejected: boolean,
    argument: unknown,
  ): Frame {
    const handler = rejected ? onRejected : onFulfilled;
    let result = argument;
    try {
      if (typeof handler === 'function') {
        const got = c1(undefined, handler, argument);
        result = got === PENDING ? yield got : got;
      } else if (rejected) {
        capability?.reject(argument);
        return undefined;
      }
    } catch (error) {
      if (!capability) throw error;
      capability.reject(error);
      return undefined;
    }
    capability?.resolve(result);
    return undefined;
  }

  function* thenableJob(then: unknown, thenable: unknown, { resolve, reject }: Omit<Capability, 'promise'>): Frame {
    try {
      const got = c2(thenable, then, resolve, reject);
      if (got === PENDING) yield got;
    } catch (error) {
      reject(error);
    }
    return undefined;
  }

  /** For internal promises no capability of the constructor is needed: its executor only hands out the functions. */
  const capture = (constructor: unknown): Capability => {
    if (typeof constructor !== 'function') throw new TypeError('Promise resolve or reject function is not callable');
    let [resolve, reject]: [unknown, unknown] = [undefined, undefined];
    const promise = Reflect.construct(constructor, [
      (yes: unknown, no: unknown) => {
        if (resolve !== undefined || reject !== undefined)
          throw new TypeError('Promise executor has already been invoked with non-undefined arguments');
        [resolve, reject] = [yes, no];
      },
    ]) as unknown;
    if (typeof resolve !== 'function' || typeof reject !== 'function') {
      throw new TypeError('Promise resolve or reject function is not callable');
    }
    return { promise, resolve: resolve as Settle, reject: reject as Settle };
  };

  class GuestPromise {
    #state: State = 'pending';
    #value: unknown;
    #reactions: Reaction[] = [];
    #handled = false;

    constructor(executor: unknown) {
      if (typeof executor !== 'function') {
        throw new TypeError(
          `Promise resolver ${isObject(executor) ? '#<Object>' : String(executor)} is not a function`,
        );
      }
      const { resolve, reject } = this.#functions();
      try {
        (executor as Executor)(resolve, reject);
      } catch (error) {
        reject(error);
      }
    }

    /** The resolving functions of a promise: the first call of either counts. */
    #functions(): Omit<Capability, 'promise'> {
      let done = false;
      return {
        resolve: (value) => {
          if (done) return;
          done = true;
          this.#resolve(value);
        },
        reject: (reason) => {
          if (done) return;
          done = true;
          this.#settle('rejected', reason);
        },
      };
    }

    #resolve(value: unknown): void {
      if (value === this) {
        this.#settle('rejected', new TypeError('Chaining cycle detected for promise #<Promise>'));
        return;
      }
      if (!isObject(value)) {
        this.#settle('fulfilled', value);
        return;
      }
      let then: unknown;
      try {
        then = (value as { then?: unknown }).then;
      } catch (error) {
        this.#settle('rejected', error);
        return;
      }
      if (typeof then === 'function') jobs.add(() => start(thenableJob(then, value, this.#functions())));
      else this.#settle('fulfilled', value);
    }

    #settle(state: 'fulfilled' | 'rejected', value: unknown): void {
      const reactions = this.#reactions;
      this.#reactions = [];
      this.#state = state;
      this.#value = value;
      if (state === 'rejected') {
        jobs.reason(value);
        if (!this.#handled) jobs.rejected(this, value);
      }
      for (const reaction of reactions) this.#schedule(reaction);
    }

    #schedule(reaction: Reaction): void {
      const [rejected, value] = [this.#state === 'rejected', this.#value];
      jobs.add(() => start(reactionJob(reaction, rejected, value)));
    }

    static is(value: unknown): value is GuestPromise {
      return isObject(value) && #state in value;
    }

    /** PerformPromiseThen of ECMA-262. */
    static react(promise: GuestPromise, reaction: Reaction): void {
      if (promise.#state === 'pending') promise.#reactions.push(reaction);
      else {
        if (promise.#state === 'rejected' && !promise.#handled) jobs.handled(promise);
        promise.#schedule(reaction);
      }
      promise.#handled = true;
    }

    then(onFulfilled: unknown, onRejected: unknown): unknown {
      if (!is(this)) {
        throw new TypeError(`Method Promise.prototype.then called on incompatible receiver ${String(this)}`);
      }
      const capability = capture(speciesOf(this));
      react(this, { capability, onFulfilled, onRejected });
      return capability.promise;
    }

    catch(onRejected: unknown): unknown {
      return (this as { then: (a: unknown, b: unknown) => unknown }).then(undefined, onRejected);
    }

    finally(onFinally: unknown): unknown {
      const target = this as unknown as { then: (a: unknown, b: unknown) => unknown };
      if (typeof onFinally !== 'function') return target.then(onFinally, onFinally);
      const constructor = speciesOf(this);
      // Each waits for what the callback gives before it hands its own outcome on.
      const after = (settle: (outcome: unknown) => unknown) =>
        stampFrame(function* (outcome: unknown): Frame {
          const got = c0(undefined, onFinally);
          const result = got === PENDING ? yield got : got;
          const promise = resolveWith(constructor, result) as { then: (a: unknown) => unknown };
          return promise.then(() => settle(outcome));
        });
      return target.then(
        after((value) => value),
        after((reason) => {
          throw reason;
        }),
      );
    }

    static resolve(value: unknown): unknown {
      if (!isObject(this)) throw new TypeError('PromiseResolve called on non-object');
      return resolveWith(this, value);
    }

    static reject(reason: unknown): unknown {
      const { promise, reject } = capture(this);
      reject(reason);
      return promise;
    }

    static all(iterable: unknown): unknown {
      return combine(this, iterable, (slot, { resolve, reject }) => ({
        onFulfilled: slot.fill((value) => value, resolve),
        onRejected: reject,
      }));
    }

    static allSettled(iterable: unknown): unknown {
      return combine(this, iterable, (slot, { resolve }) => ({
        onFulfilled: slot.fill((value) => ({ status: 'fulfilled', value }), resolve),
        onRejected: slot.fill((reason) => ({ status: 'rejected', reason }), resolve),
      }));
    }

    static any(iterable: unknown): unknown {
      return combine(
        this,
        iterable,
        (slot, { resolve, reject }) => ({
          onFulfilled: resolve,
          onRejected: slot.fill(
            (reason) => reason,
            (errors) => {
              reject(new AggregateError(errors as unknown[], 'All promises were rejected'));
            },
          ),
        }),
        (errors, { reject }) => {
          reject(new AggregateError(errors, 'All promises were rejected'));
        },
      );
    }

    static race(iterable: unknown): unknown {
      return combine(
        this,
        iterable,
        (_slot, { resolve, reject }) => ({ onFulfilled: resolve, onRejected: reject }),
        () => undefined,
      );
    }

    static get [Symbol.species](): unknown {
      return this;
    }
  }

  const { is, react } = GuestPromise;
  Reflect.deleteProperty(GuestPromise, 'is');
  Reflect.deleteProperty(GuestPromise, 'react');
  Object.defineProperty(GuestPromise, 'name', { value: 'Promise', configurable: true });
  Object.defineProperty(GuestPromise.prototype, Symbol.toStringTag, { value: 'Promise', configurable: true });

  const speciesOf = (promise: object): unknown => {
    const constructor: unknown = (promise as { constructor?: unknown }).constructor;
    if (constructor === undefined) return GuestPromise;
    if (!isObject(constructor)) throw new TypeError('The .constructor property is not an object');
    return (constructor as { [Symbol.species]?: unknown })[Symbol.species] ?? GuestPromise;
  };

  const resolveWith = (constructor: unknown, value: unknown): unknown => {
    if (is(value) && (value as { constructor: unknown }).constructor === constructor) return value;
    const { promise, resolve } = capture(constructor);
    resolve(value);
    return promise;
  };

  interface Slot {
    /** A function that notes its first argument's outcome here, and calls `finish` when no slot is empty any more. */
    fill(map: (value: unknown) => unknown, finish: Settle): Settle;
  }

  /** The common part of all, allSettled, any and race. */
  const combine = (
    constructor: unknown,
    iterable: unknown,
    handlers: (slot: Slot, capability: Capability) => { onFulfilled: unknown; onRejected: unknown },
    finish: (values: unknown[], capability: Capability) => void = (values, { resolve }) => {
      resolve(values);
    },
  ): unknown => {
    const capability = capture(constructor);
    const values: unknown[] = [];
    let remaining = 1;
    try {
      const { resolve } = constructor as { resolve: unknown };
      if (typeof resolve !== 'function') throw new TypeError('Promise resolve or reject function is not callable');
      for (const item of iterable as Iterable<unknown>) {
        const index = values.length;
        values[index] = undefined;
        let filled = false;
        remaining++;
        const slot: Slot = {
          fill: (map, done) => (value) => {
            if (filled) return;
            filled = true;
            values[index] = map(value);
            if (--remaining === 0) done(values);
          },
        };
        const { onFulfilled, onRejected } = handlers(slot, capability);
        const next = Reflect.apply(resolve, constructor, [item]) as { then: (a: unknown, b: unknown) => unknown };
        next.then(onFulfilled, onRejected);
      }
      if (--remaining === 0) finish(values, capability);
    } catch (error) {
      capability.reject(error);
    }
    return capability.promise;
  };

  return {
    constructor_: GuestPromise,
    deferred: () => capture(GuestPromise) as Deferred,
    is,
    whenSettled: (value, onFulfilled, onRejected) => {
      react(resolveWith(GuestPromise, value) as GuestPromise, { capability: undefined, onFulfilled, onRejected });
    },
    construct: (constructor, executor) => {
      if (constructor !== GuestPromise || typeof executor !== 'function') {
        return Reflect.construct(constructor as typeof GuestPromise, [executor]);
      }
      return start(constructing(capture(GuestPromise), executor));
    },
  };
}

function* constructing({ promise, resolve, reject }: Capability, executor: unknown): Frame {
  try {
    const got = c2(undefined, executor, resolve, reject);
    if (got === PENDING) yield got;
  } catch (error) {
    reject(error);
  }
  return promise;
}

/** A function of one parameter whose suspendable form is given. */
function stampFrame(form: (value: unknown) => Frame): (value: unknown) => unknown {
  return stamp((value: unknown) => runBlocked(form(value)), form as never);
}
