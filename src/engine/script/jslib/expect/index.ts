/** The older assertion modules `expect` and `functional` of jslib.k6.io, by their public documentation. Runs inside scripts. */
import { check, group } from 'k6';

class FailedExpectation extends Error {}

interface Test {
  expect(value: unknown): Expectation;
}

/** One value under test; every matcher is a check, and the first that fails ends its test case. */
class Expectation {
  readonly #value: unknown;
  #label: string | undefined;

  constructor(value: unknown) {
    this.#value = value;
  }

  /** Names the value in the checks that follow. */
  as(label: string): this {
    this.#label = label;
    return this;
  }

  and(value: unknown): Expectation {
    return new Expectation(value);
  }

  toEqual(expected: unknown): this {
    return this.#is(this.#value === expected, `is ${String(expected)}`);
  }
  toBeGreaterThan(expected: number): this {
    return this.#is(this.#number() > expected, `is greater than ${expected}`);
  }
  toBeGreaterThanOrEqual(expected: number): this {
    return this.#is(this.#number() >= expected, `is greater or equal to ${expected}`);
  }
  toBeLessThan(expected: number): this {
    return this.#is(this.#number() < expected, `is less than ${expected}`);
  }
  toBeLessThanOrEqual(expected: number): this {
    return this.#is(this.#number() <= expected, `is less or equal to ${expected}`);
  }
  toBeBetween(from: number, to: number): this {
    return this.#is(this.#number() >= from && this.#number() <= to, `is between ${from} - ${to}`);
  }
  toBeTruthy(): this {
    return this.#is(Boolean(this.#value), 'is truthy');
  }
  toInclude(part: string): this {
    return this.#is(String(this.#value).includes(part), `includes ${part}`);
  }
  toMatchAPISchema(schema: { readonly required?: readonly string[] }): this {
    const body = this.#json() as Readonly<Record<string, unknown>> | undefined;
    const missing = (schema.required ?? []).filter((key) => body === undefined || !(key in body));
    return this.#is(body !== undefined && missing.length === 0, 'matches the schema');
  }
  toHaveValidJson(): this {
    return this.#is(this.#json() !== undefined, 'has valid json');
  }

  #json(): unknown {
    try {
      return (this.#value as { json(): unknown }).json();
    } catch {
      return undefined;
    }
  }

  #number(): number {
    return this.#value as number;
  }

  #is(holds: boolean, what: string): this {
    const name = `${this.#label ?? ''} ${what}`.trim();
    check(null, { [name]: () => holds });
    if (!holds) throw new FailedExpectation(`${name}: got ${String(this.#value)}`);
    return this;
  }
}

/** A test case as a group: a failed expectation ends it, not the iteration. */
export function describe(name: string, body: (test: Test) => void): boolean {
  let passed = true;
  group(name, () => {
    try {
      body({ expect: (value) => new Expectation(value) });
    } catch (error) {
      passed = false;
      if (!(error instanceof FailedExpectation)) {
        const { message } = error as Error;
        console.error(`test case "${name}" raised an exception: ${message}`);
        check(null, { [`${name} raised exception "${message}"`]: () => false });
      }
    }
  });
  return passed;
}

/** The name of `describe` in the module `functional`. */
export const test: typeof describe = (name, body) => describe(name, body);
export const expect = (value: unknown): Expectation => new Expectation(value);
