/**
 * What the fiber runtime of fast mode (`./fast`) gives the modules, and nothing else: modules are written once, against
 * this interface and `./api.ts`, and run under both strategies.
 */
import type { ArgOf, AsyncOp, AsyncOps, Outcome, ResultOf, VuHost } from '../../contracts/host.ts';

/** Returned by a suspendable entry whose fiber now waits: the caller must yield it, and is resumed with the result. */
export const PENDING: unique symbol = Symbol('pending');
export type Pending = typeof PENDING;

// The widest function type: scripts call with anything, and the guest checks what it gets.
export type ScriptFunction = (this: unknown, ...args: unknown[]) => unknown;

/**
 * The body of a function that can be suspended. It yields PENDING, and only after a callee has returned PENDING;
 * it is resumed with the callee's result (`next`) or exception (`throw`).
 */
export type Frame<T = unknown> = Generator<Pending, T, unknown>;

export interface Deferred {
  readonly promise: Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** One per VU of fast mode. */
export interface FiberRuntime {
  /** Gives `fn` a suspendable entry that returns its value or, after `park`, PENDING. */
  attachLeaf(fn: ScriptFunction, entry: ScriptFunction): void;
  /** Gives `fn` a suspendable entry whose body is a frame. */
  attachFrame(fn: ScriptFunction, body: (this: unknown, ...args: unknown[]) => Frame): void;
  /** Runs a frame to its end, or to its first wait: then the answer is PENDING. */
  start(frame: Frame): unknown;
  /** Calls the suspendable entry of `fn` if there is one, else `fn` itself. */
  call(fn: ScriptFunction, self: unknown, args: readonly unknown[]): unknown;
  /**
   * Starts the operation and lets the running fiber wait for it. The fiber goes on with what `finish` returns or throws,
   * which is given the outcome and `arg`.
   * No microtask, timer or other job of the VU runs in between.
   */
  park<O extends AsyncOp>(
    op: O,
    arg: ArgOf<AsyncOps[O]>,
    finish: (outcome: Outcome<ResultOf<AsyncOps[O]>>, arg: ArgOf<AsyncOps[O]>) => unknown,
  ): Pending;
  /**
   * When `value` is a promise of the class the script knows as `Promise`: gives its result to one of the callbacks,
   * as `then` would (which makes the promise handled), and returns true.
   */
  observe(value: unknown, settle: (value: unknown) => void, fail: (reason: unknown) => void): boolean;
  /** The function was written as an async one. */
  isAsync(fn: ScriptFunction): boolean;
  /** A promise of the class the script knows as `Promise`. */
  deferred(): Deferred;
  /**
   * Runs a function (its suspendable entry if it has one) as a macrotask of the VU on a fiber of its own, then the VU's
   * microtasks, then `done` with the value it returned or the exception it threw. `done` may be called before `run`
   * returns. The caller makes sure that the VU is idle. A rejection nobody handles by then goes to the callback given
   * to {@link CreateFibers}.
   */
  run(
    fn: ScriptFunction,
    self: unknown,
    args: readonly unknown[],
    done: (threw: boolean, value: unknown) => void,
  ): void;
}

/** Forgets everything that is suspended or queued; nothing of it runs any more. */
export interface FiberControl {
  readonly runtime: FiberRuntime;
  /** What the program finds as `$env.fast`. */
  readonly env: unknown;
  /** The script's `Promise`. */
  readonly promise: unknown;
  halt(): void;
}

/** @param reason told every reason a promise is rejected with, before any code sees it */
export type CreateFibers = (
  host: VuHost,
  unhandled: (reason: unknown) => void,
  reason?: (reason: unknown) => void,
) => FiberControl;
