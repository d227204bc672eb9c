/** The errors of V8 itself, as a script sees them: with k6's messages, and stacks that show the script's own files. */
import { k6Message } from '../../contracts/error-messages.ts';
import type { VuHost } from '../../contracts/host.ts';

declare module '../../contracts/host.ts' {
  interface CallOps {
    /** Whether the property that could not be read, where the stack begins, was to be called. */
    'script.isCall': { arg: { readonly property: string; readonly stack: string }; result: boolean };
    /** A stack of V8's with the user's files and lines, without the engine's. */
    'script.errorStack': { arg: string; result: string };
  }
}

export interface ErrorWords {
  /** Gives an error of V8's own k6's message. To be called with everything a script catches; never throws. */
  caught(error: unknown): void;
  /** What the property `stack` of a value is for the script. */
  stackOf(value: unknown, optional: unknown): unknown;
}

const { getOwnPropertyDescriptor, defineProperty } = Object;

/** V8 makes no other errors by itself. */
const native: readonly (readonly [string, new () => Error])[] = [
  ['TypeError', TypeError],
  ['RangeError', RangeError],
  ['ReferenceError', ReferenceError],
  ['SyntaxError', SyntaxError],
  ['URIError', URIError],
];

const V8_FRAME = '\n    at ';

export function createErrorWords(host: VuHost): ErrorWords {
  // At the end of the stack (a RangeError) nothing may be called.
  const isCall = (property: string, stack: unknown): boolean => {
    if (typeof stack !== 'string') return false;
    const answer = host.call('script.isCall', { property, stack });
    return answer.ok && answer.value;
  };
  const word = (error: object): void => {
    for (const [name, constructor] of native) {
      if (!(error instanceof constructor)) continue;
      const property = getOwnPropertyDescriptor(error, 'message');
      const message: unknown = property?.value;
      if (property === undefined || typeof message !== 'string') return;
      const worded = k6Message(name, message, (property) => isCall(property, error.stack));
      if (worded !== message) defineProperty(error, 'message', { ...property, value: worded });
      return;
    }
  };
  return {
    caught: (error) => {
      if (typeof error !== 'object' || error === null) return;
      try {
        word(error);
      } catch {
        // A proxy, or a message that cannot be changed: it is shown as it is.
      }
    },
    stackOf: (value, optional) => {
      if (optional === true && (value === undefined || value === null)) return undefined;
      const { stack } = value as { stack?: unknown };
      if (typeof stack !== 'string' || !stack.includes(V8_FRAME) || !(value instanceof Error)) return stack;
      const shown = host.call('script.errorStack', stack);
      return shown.ok ? shown.value : stack;
    },
  };
}

const patched = new WeakSet();

/** Rejections are caught by callbacks, too. For the realm's own `Promise`, which exact mode uses. */
export function wordRejections({ caught }: Pick<ErrorWords, 'caught'>): void {
  const prototype = Promise.prototype;
  if (patched.has(prototype)) return;
  patched.add(prototype);
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called on the promise
  const { then } = prototype;
  const { apply } = Reflect;
  type Callback = (value: unknown) => unknown;
  const worded = {
    then(this: Promise<unknown>, onFulfilled: unknown, onRejected: unknown): unknown {
      const handler: unknown =
        typeof onRejected === 'function'
          ? (reason: unknown): unknown => {
              caught(reason);
              return apply(onRejected as Callback, undefined, [reason]);
            }
          : onRejected;
      return apply(then, this, [onFulfilled as Callback, handler as Callback]);
    },
  }.then;
  defineProperty(prototype, 'then', { value: worded, writable: true, enumerable: false, configurable: true });
}
