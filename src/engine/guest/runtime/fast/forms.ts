/**
 * The suspendable form of a function, kept in a private field on the function itself: a script cannot see it, copy it with
 * `Object.assign`, inherit it, or reach it through a Proxy, and reading it costs a field access.
 */

/** A suspendable form written as a generator that yields only while the fiber waits. */
export type FrameFunction = (this: unknown, ...args: never[]) => Generator<unknown, unknown, unknown>;

/** Any other suspendable form: answers with the value, or PENDING after the fiber was parked. */
export interface Entry {
  enter(self: unknown, args: readonly unknown[]): unknown;
}

export type Form = FrameFunction | Entry;

/** A constructor that returns its argument, so that a derived class puts its private fields on that. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- what counts is what its constructor returns
class Identity {
  constructor(target: object) {
    return target;
  }
}

/** A private field that can be put on any object, once. */
export function slot<T>(): { get(target: unknown): T | undefined; put(target: object, value: T): void } {
  class Slot extends Identity {
    #value: T;

    constructor(target: object, value: T) {
      super(target);
      this.#value = value;
    }

    static read(target: object): T | undefined {
      return #value in target ? target.#value : undefined;
    }
  }
  return {
    get: (target) =>
      (typeof target === 'object' && target !== null) || typeof target === 'function' ? Slot.read(target) : undefined,
    put: (target, value) => {
      new Slot(target, value);
    },
  };
}

class Carrier extends Identity {
  #form: Form;

  constructor(target: object, form: Form) {
    super(target);
    this.#form = form;
  }

  static formOf(fn: object): Form | undefined {
    return #form in fn ? fn.#form : undefined;
  }
}

export const formOf = (fn: object): Form | undefined => Carrier.formOf(fn);

/** Gives a function its suspendable form. A second one is ignored. */
export function attach(fn: object, form: Form): void {
  if (Carrier.formOf(fn) === undefined) new Carrier(fn, form);
}

/** The same for a function just made, without the check. */
export function stamp<F extends object>(fn: F, form: Form): F {
  new Carrier(fn, form);
  return fn;
}
