/** What a script threw, as strings the host can log. */

export interface Failure {
  /** Empty for a thrown value that is no error; `message` is then the whole text. */
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  /** An unhandled rejection, or the rejected promise of an async function. */
  readonly inPromise: boolean;
}

/** Never throws, whatever getters and proxies the value is made of. */
export function failureOf(thrown: unknown, inPromise: boolean): Failure {
  try {
    if (thrown instanceof Error) {
      return {
        name: String(thrown.name),
        message: String(thrown.message),
        stack: String(thrown.stack ?? ''),
        inPromise,
      };
    }
    return { name: '', message: String(thrown), stack: '', inPromise };
  } catch {
    return { name: '', message: 'a thrown value that cannot be shown', stack: '', inPromise };
  }
}
