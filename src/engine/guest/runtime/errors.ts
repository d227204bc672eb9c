/** Errors of the script's realm, as k6 words them. */
import type { Outcome } from '../../contracts/host.ts';

/** k6's errors from its own (not the script's) code: `String(e)` is `GoError: message`. */
export class GoError extends Error {}
Object.defineProperty(GoError.prototype, 'name', { value: 'GoError', writable: true, configurable: true });

const constructors: Readonly<Record<string, new (message: string) => Error>> = {
  __proto__: null as never,
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
  GoError,
};

/** @param name a standard error name, `GoError`, or any other name to give to an Error */
export function makeError(name: string, message: string): Error {
  const constructor = constructors[name];
  if (constructor !== undefined) return new constructor(message);
  const error = new Error(message);
  Object.defineProperty(error, 'name', { value: name, writable: true, configurable: true });
  return error;
}

/** The value of an outcome; a failure is thrown as an error of the script's realm. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw makeError(outcome.name, outcome.message);
}
