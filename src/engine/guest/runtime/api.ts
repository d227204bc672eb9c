/**
 * How modules define functions that take time. A module is written once; exact mode calls the plain entries, which
 * block the thread; fast mode calls the suspendable entries, which park the fiber. See docs/architecture.md.
 *
 * A script may have patched any builtin. So nothing of the host (its objects, arrays, buffers, functions) may be passed
 * to a builtin's method or to the script: read fields of host data directly and copy them.
 */
import type { ArgOf, AsyncOp, AsyncOps, Outcome, ResultOf } from '../../contracts/host.ts';
import type { GuestContext } from './context.ts';
import { unwrap } from './errors.ts';
import { type Frame, PENDING, type ScriptFunction } from './suspend.ts';

export type { GuestContext, GuestScenario, IterationNumbers, ModuleFactory, Stage } from './context.ts';
export type { EventLoop } from './event-loop.ts';
export { GoError, makeError, unwrap } from './errors.ts';
export { type Frame, PENDING, type ScriptFunction } from './suspend.ts';

const { apply } = Reflect;

type Result<O extends AsyncOp> = ResultOf<AsyncOps[O]>;

/** What `prepare` of a blocking function decides: no I/O needed after all. */
export class Immediate<T> {
  readonly value: T;
  constructor(value: T) {
    this.value = value;
  }
}

export interface BlockingSpec<O extends AsyncOp, T> {
  readonly op: O;
  /** Makes the operation's argument of the call's, or an {@link Immediate} result. May throw. `this` is the call's. */
  readonly prepare: (this: unknown, ...args: unknown[]) => ArgOf<AsyncOps[O]> | Immediate<T>;
  /** Makes the call's result; gets failures too unless `fail` is left to the default, which throws them. */
  finish(result: Result<O>, arg: ArgOf<AsyncOps[O]>): T;
  /** Decides what a failed operation means; throws, or returns the call's result. */
  fail?(outcome: Extract<Outcome<never>, { ok: false }>, arg: ArgOf<AsyncOps[O]>): T;
}

/** A function of one blocking operation, such as `http.get` or `sleep`. */
export function blocking<O extends AsyncOp, T>(
  ctx: GuestContext,
  name: string,
  length: number,
  spec: BlockingSpec<O, T>,
): ScriptFunction {
  const { host, fibers } = ctx;
  const settle = (outcome: Outcome<Result<O>>, arg: ArgOf<AsyncOps[O]>): T => {
    if (outcome.ok) return spec.finish(outcome.value, arg);
    return spec.fail === undefined ? unwrap(outcome) : spec.fail(outcome, arg);
  };
  const { prepare } = spec;
  const fn = native(name, length, function (...args) {
    const arg = apply(prepare, this, args);
    if (arg instanceof Immediate) return arg.value;
    return settle(host.blockThread(spec.op, arg), arg);
  });
  fibers?.attachLeaf(fn, function (...args) {
    const arg = apply(prepare, this, args);
    if (arg instanceof Immediate) return arg.value;
    return fibers.park(spec.op, arg, settle);
  });
  return fn;
}

/** What the body of a {@link suspendable} function may wait for, always with `yield*`. */
export interface Steps {
  /** Calls a function of the script (or any other). */
  call(fn: ScriptFunction, self: unknown, args: readonly unknown[]): Frame;
  /** The same without a generator, for the hot path: PENDING must be yielded, and the result is what comes back. */
  readonly enter: (fn: ScriptFunction, self: unknown, args: readonly unknown[]) => unknown;
  /** Runs an operation and gives its outcome. */
  attempt<O extends AsyncOp>(op: O, arg: ArgOf<AsyncOps[O]>): Frame<Outcome<Result<O>>>;
  /** Runs an operation; a failure is thrown. */
  invoke<O extends AsyncOp>(op: O, arg: ArgOf<AsyncOps[O]>): Frame<Result<O>>;
}

/** A function that calls back into the script or needs several operations: `group`, `check`, `batch`, `ws.connect`. */
export function suspendable(
  ctx: GuestContext,
  name: string,
  length: number,
  body: (this: unknown, steps: Steps, ...args: unknown[]) => Frame,
): ScriptFunction {
  const { fibers } = ctx;
  const plain = (ctx.steps.plain ??= plainSteps(ctx));
  const fn = native(name, length, function (...args) {
    const { done, value } = apply(body, this, [plain, ...args]).next();
    if (done !== true) throw new Error(`${name} was suspended where nothing can suspend`);
    return value;
  });
  if (fibers !== undefined) {
    const steps = (ctx.steps.fiber ??= fiberSteps(fibers));
    fibers.attachFrame(fn, function (...args) {
      return apply(body, this, [steps, ...args]);
    });
  }
  return fn;
}

/** What a {@link resumable} function does, given what its call has come to. */
export interface Resumable<S> {
  begin(args: readonly unknown[]): S;
  /** Goes on to the end, and gives the call's result; PENDING as soon as `enter` does. */
  advance(state: S, enter: Steps['enter']): unknown;
  /** Takes what the awaited function returned. */
  accept(state: S, value: unknown): void;
  /** The awaited function threw; the exception goes on to the caller. */
  fail(state: S): void;
}

/**
 * A function that calls back into the script for what is hardly ever suspended: `check`. It runs without a generator, and
 * gets one when it has to wait.
 */
export function resumable<S>(ctx: GuestContext, name: string, length: number, body: Resumable<S>): ScriptFunction {
  const { fibers } = ctx;
  const plain = (ctx.steps.plain ??= plainSteps(ctx));
  const fn = native(name, length, (...args) => body.advance(body.begin(args), plain.enter));
  if (fibers === undefined) return fn;
  const { enter } = (ctx.steps.fiber ??= fiberSteps(fibers));
  function* rest(state: S): Frame {
    let result: unknown = PENDING;
    while (result === PENDING) {
      let value: unknown;
      try {
        value = yield PENDING;
      } catch (thrown) {
        body.fail(state);
        throw thrown;
      }
      body.accept(state, value);
      result = body.advance(state, enter);
    }
    return result;
  }
  fibers.attachLeaf(fn, (...args) => {
    const state = body.begin(args);
    const result = body.advance(state, enter);
    return result === PENDING ? fibers.start(rest(state)) : result;
  });
  return fn;
}

function plainSteps({ host }: GuestContext): Steps {
  return {
    *call(fn, self, args): Frame {
      return apply(fn, self, args);
    },
    enter: (fn, self, args) => apply(fn, self, args),
    *attempt<O extends AsyncOp>(op: O, arg: ArgOf<AsyncOps[O]>): Frame<Outcome<Result<O>>> {
      return host.blockThread(op, arg);
    },
    *invoke<O extends AsyncOp>(op: O, arg: ArgOf<AsyncOps[O]>): Frame<Result<O>> {
      return unwrap(host.blockThread(op, arg));
    },
  };
}
function fiberSteps(fibers: NonNullable<GuestContext['fibers']>): Steps {
  return {
    *call(fn, self, args) {
      const value = fibers.call(fn, self, args);
      return value === PENDING ? yield PENDING : value;
    },
    enter: (fn, self, args) => fibers.call(fn, self, args),
    *attempt<O extends AsyncOp>(op: O, arg: ArgOf<AsyncOps[O]>): Frame<Outcome<Result<O>>> {
      return (yield fibers.park(op, arg, (outcome) => outcome)) as Outcome<Result<O>>;
    },
    *invoke<O extends AsyncOp>(op: O, arg: ArgOf<AsyncOps[O]>): Frame<Result<O>> {
      return (yield fibers.park(op, arg, unwrap)) as Result<O>;
    },
  };
}

/** Starts an operation and returns a promise of the script's realm. The iteration waits for it. */
export function startAsync<O extends AsyncOp, T>(
  ctx: GuestContext,
  op: O,
  arg: ArgOf<AsyncOps[O]>,
  finish: (result: Result<O>) => T,
): Promise<T> {
  const { promise, resolve, reject } = ctx.loop.deferred();
  ctx.loop.begin(op, arg, (outcome) => {
    try {
      resolve(finish(unwrap(outcome)));
    } catch (error) {
      reject(error);
    }
  });
  return promise as Promise<T>;
}

/** A promise already settled with what `compute` returns or throws: for API functions that are async only in form. */
export function promiseOf<T>(ctx: GuestContext, compute: () => T): Promise<T> {
  const { promise, resolve, reject } = ctx.loop.deferred();
  try {
    resolve(compute());
  } catch (error) {
    reject(error);
  }
  return promise as Promise<T>;
}

/* eslint-disable prefer-rest-params, @typescript-eslint/no-unused-vars -- the parameters are there for the length alone, and no list is made per call */
/**
 * A function that looks to the script like one of the engine's own: a name, a length, not a constructor. Name and length
 * come from how it is written: defining them later would give every function a shape of its own, for thousands of VUs.
 */
export function native(name: string, length: number, call: ScriptFunction): ScriptFunction {
  type List = unknown[];
  const made: Record<string, ScriptFunction | undefined> =
    length === 0
      ? {
          [name](this: unknown): unknown {
            return apply(call, this, arguments as unknown as List);
          },
        }
      : length === 1
        ? {
            [name](this: unknown, _a?: unknown): unknown {
              return apply(call, this, arguments as unknown as List);
            },
          }
        : {
            [name](this: unknown, _a?: unknown, _b?: unknown): unknown {
              return apply(call, this, arguments as unknown as List);
            },
          };
  return made[name] as ScriptFunction;
}
/* eslint-enable prefer-rest-params, @typescript-eslint/no-unused-vars */

// Taken before scripts run: neither a patched `set` nor a patched global may get hold of the host's bytes.
const Bytes = Uint8Array;

/** Copies bytes of the host into an ArrayBuffer of the script's realm. */
export function copyBytes(bytes: Uint8Array): ArrayBuffer {
  return new Bytes(bytes).buffer;
}

/** The text of anything a script hands over; throws what the value's own conversion throws. */
export const textOf: (value: unknown) => string = String;

const { isArray } = Array;

/** Copies plain data of the host (primitives, arrays, objects) into objects of the script's realm. */
export function copyData(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isArray(value)) {
    const list: unknown[] = [];
    for (let i = 0; i < value.length; i++) list[i] = copyData(value[i]);
    return list;
  }
  const copy: Record<string, unknown> = {};
  for (const key in value) copy[key] = copyData((value as Record<string, unknown>)[key]);
  return copy;
}

// eslint-disable-next-line @typescript-eslint/unbound-method -- taken before a script can patch it
const { toString } = Object.prototype;

/** Written as an async function: k6 refuses those where it calls back synchronously. */
export function isAsyncFunction(ctx: GuestContext, value: unknown): boolean {
  if (typeof value !== 'function') return false;
  if (ctx.fibers !== undefined) return ctx.fibers.isAsync(value as ScriptFunction);
  return apply(toString, value, []) === '[object AsyncFunction]';
}
