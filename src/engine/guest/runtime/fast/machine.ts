/* eslint-disable @typescript-eslint/unbound-method -- builtins are taken apart before a script can patch them */
/**
 * Calls that may suspend, and the fiber that waits for them. One machine per realm: everything here runs on one thread, and
 * only one fiber runs at a time.
 *
 * A suspendable form is a generator. Calling it runs it at once; when it comes to its end the call returns the value like any
 * other. When it yields, an operation was started somewhere below: it is kept in `leaving`, and PENDING tells the caller, itself
 * a generator, to yield too. So the generators of a suspended fiber lie on its stack, and resuming goes straight to the
 * innermost, at any depth.
 */
import { PENDING, type ScriptFunction } from '../suspend.ts';
import { type Form, formOf } from './forms.ts';

export type Frame = Generator<unknown, unknown, unknown>;

const { apply } = Reflect;
const { defineProperty } = Object;
// eslint-disable-next-line @typescript-eslint/no-empty-function -- only its prototype is wanted
export const framePrototype = Object.getPrototypeOf(Object.getPrototypeOf((function* () {})())) as Frame;
// Taken before a script can patch them, and used instead of the methods that generators of the script need patched.
const { next: nativeNext, return: nativeReturn, throw: nativeThrow } = framePrototype;
const step = nativeNext;

/** Above zero while a plain entry runs: nothing can suspend then, every wait blocks the thread. */
let blocked = 0;
export const isBlocked = (): boolean => blocked > 0;

/** Generators that have yielded in this turn, innermost first. */
let leaving: Frame[] = [];
/** The call site at which each of them yielded, 0 where that is not known. */
let leavingSites: number[] = [];
export function leave(frame: Frame, site: unknown): typeof PENDING {
  leaving.push(frame);
  leavingSites.push(typeof site === 'number' ? site : 0);
  return PENDING;
}

/** To be called where the host enters the realm: what ran before may have been cut off by the host, without its finally blocks. */
export function beginTurn(): void {
  blocked = 0;
  fault = undefined;
  if (leaving.length > 0) {
    leaving = [];
    leavingSites = [];
  }
  running = undefined;
}

/** An exception to be thrown where the next yield happens: only the yield knows which call site it was. */
let fault: TypeError | undefined;
const UNKNOWN = '(intermediate value)';

/** Rows of callee, line, column, function around by site number, set by the program. */
const ROW = 4;
let sites: () => readonly (string | number)[] = () => [];
export function setSites(table: () => readonly (string | number)[]): void {
  sites = table;
}

export const advance = (frame: Frame, value: unknown): IteratorResult<unknown, unknown> =>
  apply(nativeNext, frame, [value]);
export const advanceReturn = (frame: Frame, value: unknown): IteratorResult<unknown, unknown> =>
  apply(nativeReturn, frame, [value]);
export const advanceThrow = (frame: Frame, error: unknown): IteratorResult<unknown, unknown> =>
  apply(nativeThrow, frame, [error]);

/** For a value that the call site cannot use. The site's own text completes the message. */
export function refuse(what: 'a function' | 'iterable' = 'a function'): typeof PENDING {
  fault = new TypeError(`${UNKNOWN} is not ${what}`);
  return PENDING;
}

/** The pending fault, worded for the call site that yielded. */
export function takeFault(site: unknown): TypeError {
  const error = fault ?? new TypeError('a wait was begun where nothing can suspend');
  fault = undefined;
  const text = typeof site === 'number' ? sites()[(site - 1) * ROW] : undefined;
  if (typeof text === 'string' && text !== '') {
    const stack = error.stack?.replace(UNKNOWN, () => text);
    error.message = error.message.replace(UNKNOWN, () => text);
    Object.defineProperty(error, 'stack', { value: stack, writable: true, configurable: true, enumerable: false });
  }
  return error;
}

export const hasFault = (): boolean => fault !== undefined;

/** Deals with a generator that yielded: throws a fault into it, or notes that it waits. */
export function settleStep(frame: Frame, result: IteratorResult<unknown, unknown>): unknown {
  let at = result;
  while (at.done !== true) {
    if (fault === undefined) {
      return leave(frame, at.value);
    }
    at = advanceThrow(frame, takeFault(at.value));
  }
  return at.value;
}

/** Runs a new suspendable form to its end or to its first wait. */
export function start(frame: Frame): unknown {
  const result = step.call(frame);
  return result.done === true ? result.value : settleStep(frame, result);
}

/** Runs a new suspendable form to its end while the thread stands still: the body of every plain entry. */
export function runBlocked(frame: Frame): unknown {
  blocked++;
  try {
    let result = step.call(frame);
    while (result.done !== true) result = advanceThrow(frame, takeFault(result.value));
    return result.value;
  } finally {
    blocked--;
  }
}

/** Runs host-independent code with nothing able to suspend. */
export function whileBlocked<T>(run: () => T): T {
  blocked++;
  try {
    return run();
  } finally {
    blocked--;
  }
}

/* The helpers of call sites: one per number of arguments, because a list per call would double its cost. */

export function f0(f: unknown): unknown {
  if (typeof f !== 'function') return refuse();
  const form = formOf(f);
  if (form === undefined) return (f as ScriptFunction)();
  return typeof form === 'function' ? start(form()) : form.enter(undefined, []);
}

export function f1(f: unknown, a: unknown): unknown {
  if (typeof f !== 'function') return refuse();
  const form = formOf(f);
  if (form === undefined) return (f as ScriptFunction)(a);
  return typeof form === 'function' ? start((form as (a: unknown) => Frame)(a)) : form.enter(undefined, [a]);
}

export function f2(f: unknown, a: unknown, b: unknown): unknown {
  if (typeof f !== 'function') return refuse();
  const form = formOf(f);
  if (form === undefined) return (f as ScriptFunction)(a, b);
  if (typeof form !== 'function') return form.enter(undefined, [a, b]);
  return start((form as (a: unknown, b: unknown) => Frame)(a, b));
}

export function f3(f: unknown, a: unknown, b: unknown, c: unknown): unknown {
  if (typeof f !== 'function') return refuse();
  const form = formOf(f);
  if (form === undefined) return (f as ScriptFunction)(a, b, c);
  return enter(form, undefined, [a, b, c]);
}

export function f4(f: unknown, a: unknown, b: unknown, c: unknown, d: unknown): unknown {
  if (typeof f !== 'function') return refuse();
  const form = formOf(f);
  if (form === undefined) return (f as ScriptFunction)(a, b, c, d);
  return enter(form, undefined, [a, b, c, d]);
}

export function fs(f: unknown, args: readonly unknown[]): unknown {
  return cs(undefined, f, args);
}

export function c0(self: unknown, f: unknown): unknown {
  if (typeof f !== 'function') return refuse();
  const form = formOf(f);
  return form === undefined ? apply(f, self, []) : enter(form, self, []);
}

export function c1(self: unknown, f: unknown, a: unknown): unknown {
  if (typeof f !== 'function') return refuse();
  const form = formOf(f);
  if (form === undefined) return apply(f, self, [a]);
  return typeof form === 'function' ? start(apply(form, self, [a] as never)) : form.enter(self, [a]);
}

export function c2(self: unknown, f: unknown, a: unknown, b: unknown): unknown {
  if (typeof f !== 'function') return refuse();
  const form = formOf(f);
  if (form === undefined) return apply(f, self, [a, b]);
  return typeof form === 'function' ? start(apply(form, self, [a, b] as never)) : form.enter(self, [a, b]);
}

export function c3(self: unknown, f: unknown, a: unknown, b: unknown, c: unknown): unknown {
  if (typeof f !== 'function') return refuse();
  const form = formOf(f);
  return form === undefined ? apply(f, self, [a, b, c]) : enter(form, self, [a, b, c]);
}

export function c4(self: unknown, f: unknown, a: unknown, b: unknown, c: unknown, d: unknown): unknown {
  if (typeof f !== 'function') return refuse();
  const form = formOf(f);
  return form === undefined ? apply(f, self, [a, b, c, d]) : enter(form, self, [a, b, c, d]);
}

export function cs(self: unknown, f: unknown, args: readonly unknown[]): unknown {
  if (typeof f !== 'function') return refuse();
  const form = formOf(f);
  return form === undefined ? apply(f, self, args) : enter(form, self, args);
}

export function enter(form: Form, self: unknown, args: readonly unknown[]): unknown {
  return typeof form === 'function' ? start(apply(form, self, args as never)) : form.enter(self, args);
}

/** Whose generators run in this turn, when they were resumed. */
let running: FrameStack | undefined;
const completed = new WeakSet();
const { has, add } = WeakSet.prototype;

/**
 * The stack of an error made after a wait ends at the generator that was resumed. Adds those around it, once, and only to an
 * error made in this turn: to be called where one is caught, before the generators around are resumed.
 */
export function completeStack(error: unknown): void {
  if (running === undefined || !(error instanceof Error) || apply(has, completed, [error])) return;
  apply(add, completed, [error]);
  const { stack } = error;
  if (typeof stack !== 'string' || !stack.includes('FrameStack.resume')) return;
  const value = stack + running.around();
  defineProperty(error, 'stack', { value, writable: true, configurable: true, enumerable: false });
}

/** The generators of one line of control that waits, outermost first. */
export class FrameStack {
  readonly #frames: Frame[] = [];
  readonly #sites: number[] = [];

  /** Takes over the generators that yielded in this turn. */
  adopt(): void {
    for (let i = leaving.length - 1; i >= 0; i--) {
      const frame = leaving[i];
      if (frame) this.#frames.push(frame);
      this.#sites.push(leavingSites[i] ?? 0);
    }
    leaving = [];
    leavingSites = [];
  }

  clear(): void {
    this.#frames.length = 0;
    this.#sites.length = 0;
  }

  /** An operation has failed: the error was made while nothing of the script ran, and gets the stack of who waits. */
  locate(error: unknown): void {
    if (!(error instanceof Error) || apply(has, completed, [error])) return;
    apply(add, completed, [error]);
    const value = `${error.stack ?? ''}${this.around(this.#sites.length - 1)}`;
    defineProperty(error, 'stack', { value, writable: true, configurable: true, enumerable: false });
  }

  /** Where the generators around the innermost wait, innermost first, as V8 would put it in a stack. */
  around(last = this.#sites.length - 2): string {
    const table = sites();
    let text = '';
    for (let i = last; i >= 0; i--) {
      const row = ((this.#sites[i] ?? 0) - 1) * ROW;
      if (row < 0) continue;
      text += `\n    at ${String(table[row + 3])} (gravl-k6:program:${String(table[row + 1])}:${String(table[row + 2])})`;
    }
    return text;
  }

  /**
   * Goes on with the innermost generator, then with those around it, until one waits again or all are done.
   * @returns undefined when it waits again
   */
  resume(threw: boolean, value: unknown): { readonly threw: boolean; readonly value: unknown } | undefined {
    let [failed, carried] = [threw, value];
    const before = running;
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- errors made meanwhile ask whose turn it is
    running = this;
    for (let frame = this.#frames.at(-1); frame; frame = this.#frames.at(-1)) {
      let result: IteratorResult<unknown, unknown>;
      try {
        result = failed ? advanceThrow(frame, carried) : advance(frame, carried);
      } catch (error) {
        completeStack(error);
        this.#drop();
        [failed, carried] = [true, error];
        continue;
      }
      if (result.done === true) {
        this.#drop();
        [failed, carried] = [false, result.value];
      } else if (fault !== undefined) [failed, carried] = [true, takeFault(result.value)];
      else {
        this.#sites[this.#sites.length - 1] = typeof result.value === 'number' ? result.value : 0;
        this.adopt();
        running = before;
        return undefined;
      }
    }
    running = before;
    return { threw: failed, value: carried };
  }

  #drop(): void {
    this.#frames.pop();
    this.#sites.pop();
  }
}
