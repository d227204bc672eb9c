/** The errors of V8 itself, as a script sees them: with k6's messages, and stacks that show the script's own files. */
import { k6Message, type PropertyUse } from '../../contracts/error-messages.ts';
import type { VuHost } from '../../contracts/host.ts';
import { native } from './api.ts';
import { completeStack } from './fast/machine.ts';

declare module '../../contracts/host.ts' {
  interface CallOps {
    /** How the source uses the property that could not be read, where the stack begins. */
    'script.useOf': { arg: { readonly property: string; readonly stack: string }; result: PropertyUse };
    /** A stack of V8's with the user's files and lines, without the engine's. */
    'script.errorStack': { arg: string; result: string };
  }
}

export interface ErrorWords {
  /** Gives an error of V8's own k6's message. To be called with everything a script catches; never throws. */
  readonly caught: (error: unknown) => void;
  /** To be called with what a `throw` statement throws; gives it back. Notes where a value came from that is no error. */
  readonly thrown: (value: unknown) => unknown;
  /** V8's stack of where the value was thrown; empty when that is not known. */
  readonly originOf: (value: unknown) => string;
  /** What the property `stack` of a value is for the script. */
  readonly stackOf: (value: unknown, optional: unknown) => unknown;
}

const { getOwnPropertyDescriptor, defineProperty } = Object;

/** V8 makes no other errors by itself. */
const ownErrors: readonly (readonly [string, new () => Error])[] = [
  ['TypeError', TypeError],
  ['RangeError', RangeError],
  ['ReferenceError', ReferenceError],
  ['SyntaxError', SyntaxError],
  ['URIError', URIError],
];

const V8_FRAME = '\n    at ';

export function createErrorWords(host: VuHost): ErrorWords {
  // At the end of the stack (a RangeError) nothing may be called.
  const useOf = (property: string, stack: unknown): PropertyUse => {
    if (typeof stack !== 'string') return 'read';
    const answer = host.call('script.useOf', { property, stack });
    return answer.ok ? answer.value : 'read';
  };
  const word = (error: object): void => {
    for (const [name, constructor] of ownErrors) {
      if (!(error instanceof constructor)) continue;
      const property = getOwnPropertyDescriptor(error, 'message');
      const message: unknown = property?.value;
      if (property === undefined || typeof message !== 'string') return;
      const worded = k6Message(name, message, (property) => useOf(property, error.stack));
      if (worded !== message) defineProperty(error, 'message', { ...property, value: worded });
      return;
    }
  };
  let last: { readonly value: unknown; readonly stack: unknown } | undefined;
  return {
    thrown: (value) => {
      if (typeof value !== 'object' || !(value instanceof Error)) last = { value, stack: new Error().stack };
      return value;
    },
    originOf: (value) => {
      const stack = last !== undefined && Object.is(last.value, value) ? last.stack : undefined;
      last = undefined;
      return typeof stack === 'string' ? stack : '';
    },
    caught: (error) => {
      if (typeof error !== 'object' || error === null) return;
      try {
        completeStack(error);
        word(error);
      } catch {
        // A proxy, or a message that cannot be changed: it is shown as it is.
      }
    },
    stackOf: (value, optional) => {
      if (optional === true && (value === undefined || value === null)) return undefined;
      completeStack(value);
      const { stack } = value as { stack?: unknown };
      if (typeof stack !== 'string' || !stack.includes(V8_FRAME) || !(value instanceof Error)) return stack;
      const shown = host.call('script.errorStack', stack);
      return shown.ok ? shown.value : stack;
    },
  };
}

type Callback = (value: unknown) => unknown;
type Then = (this: unknown, onFulfilled: unknown, onRejected: unknown) => unknown;

let patched = false;

/** Rejections are caught by callbacks, too. For the realm's own `Promise`, which exact mode uses. */
export function wordRejections({ caught }: Pick<ErrorWords, 'caught'>): void {
  if (patched) return;
  patched = true;
  const prototype = Promise.prototype as unknown as { then: Then };
  const { then } = prototype;
  const { apply } = Reflect;
  const value = native('then', 2, function (onFulfilled, onRejected) {
    if (typeof onRejected !== 'function') return apply(then, this, [onFulfilled, onRejected]);
    const handler = (reason: unknown): unknown => {
      caught(reason);
      return apply(onRejected as Callback, undefined, [reason]);
    };
    return apply(then, this, [onFulfilled, handler]);
  });
  defineProperty(prototype, 'then', { value, writable: true, enumerable: false, configurable: true });
}
