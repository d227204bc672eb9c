/** What a script threw, as strings the host can log. */

/** What a script throws may be anything, whatever its type says. */
const textOf: (value: unknown) => string = String;

export interface Failure {
  /** Empty for a thrown value that is no error; `message` is then the whole text. */
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  /** An unhandled rejection, or the rejected promise of an async function. */
  readonly inPromise: boolean;
}

/**
 * Never throws, whatever getters and proxies the value is made of.
 * @param origin V8's stack of where a value was thrown that is no error
 */
export function failureOf(thrown: unknown, inPromise: boolean, origin = ''): Failure {
  try {
    if (thrown instanceof Error) {
      return {
        name: textOf(thrown.name),
        message: textOf(thrown.message),
        stack: textOf(thrown.stack ?? ''),
        inPromise,
      };
    }
    const message = typeof thrown === 'symbol' ? (thrown.description ?? '') : textOf(thrown);
    return { name: '', message, stack: origin, inPromise };
  } catch {
    return { name: '', message: 'a thrown value that cannot be shown', stack: '', inPromise };
  }
}
