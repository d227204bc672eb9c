/** Assertions of the module k6-testing, by its public documentation. Those on web pages need a browser and are refused. */
import chai from 'chai';
import exec from 'k6/execution';

interface Config {
  /** Milliseconds; of assertions on pages, which do not exist here. */
  timeout: number;
  interval: number;
  /** Without effect: messages have no colours. */
  colorize: boolean;
  display: 'pretty' | 'inline';
  /** What a failed soft assertion does: mark the test as failed, or end the iteration. */
  softMode: 'fail' | 'throw';
}

type Failure = (message: string) => void;
type Options = Partial<Config>;

export interface Expect {
  (actual: unknown, message?: string): Expectation;
  /** Failed assertions don't end the test. */
  soft(actual: unknown, message?: string): Expectation;
  configure(options: Options): Expect;
}

/** What is used of chai's utilities. */
interface ChaiUtils {
  readonly eql: (a: unknown, b: unknown) => boolean;
  readonly inspect: (value: unknown) => string;
}
let utils: ChaiUtils;
chai.use((_chai, given) => {
  utils = given;
});

const NUMERIC = 'a number';
const ABSENT: unique symbol = Symbol('absent');

/** chai shows 0 as `+0`. */
const show = (value: unknown): string => (Object.is(value, 0) ? '0' : utils.inspect(value));

function parts(path: string | readonly (string | number)[]): readonly (string | number)[] {
  return typeof path === 'string' ? path.split(/[.[\]]+/).filter((part) => part !== '') : path;
}

function valueAt(value: unknown, path: string | readonly (string | number)[]): unknown {
  let current = value;
  for (const part of parts(path)) {
    if (current === null || current === undefined || !(part in (Object(current) as object))) return ABSENT;
    current = (current as Record<string | number, unknown>)[part];
  }
  return current;
}

/** One value under test: every matcher passes silently or reports a failure. */
class Expectation {
  readonly #actual: unknown;
  readonly #message: string | undefined;
  readonly #display: Config['display'];
  readonly #fail: Failure;
  readonly #negated: boolean;

  constructor(
    actual: unknown,
    message: string | undefined,
    display: Config['display'],
    fail: Failure,
    negated = false,
  ) {
    this.#actual = actual;
    this.#message = message;
    this.#display = display;
    this.#fail = fail;
    this.#negated = negated;
  }

  get not(): Expectation {
    return new Expectation(this.#actual, this.#message, this.#display, this.#fail, !this.#negated);
  }

  toBe(expected: unknown): void {
    this.#assert('toBe', Object.is(this.#actual, expected), expected);
  }
  toEqual(expected: unknown): void {
    this.#assert('toEqual', utils.eql(this.#actual, expected), expected);
  }
  toBeTruthy(): void {
    this.#assert('toBeTruthy', Boolean(this.#actual));
  }
  toBeFalsy(): void {
    this.#assert('toBeFalsy', !this.#actual);
  }
  toBeDefined(): void {
    this.#assert('toBeDefined', this.#actual !== undefined);
  }
  toBeUndefined(): void {
    this.#assert('toBeUndefined', this.#actual === undefined);
  }
  toBeNull(): void {
    this.#assert('toBeNull', this.#actual === null);
  }
  toBeNaN(): void {
    this.#assert('toBeNaN', Number.isNaN(this.#actual));
  }
  toBeInstanceOf(expected: new (...args: never[]) => unknown): void {
    this.#assert('toBeInstanceOf', this.#actual instanceof expected, expected.name);
  }
  toBeGreaterThan(expected: number): void {
    this.#compare('toBeGreaterThan', (actual) => actual > expected, expected);
  }
  toBeGreaterThanOrEqual(expected: number): void {
    this.#compare('toBeGreaterThanOrEqual', (actual) => actual >= expected, expected);
  }
  toBeLessThan(expected: number): void {
    this.#compare('toBeLessThan', (actual) => actual < expected, expected);
  }
  toBeLessThanOrEqual(expected: number): void {
    this.#compare('toBeLessThanOrEqual', (actual) => actual <= expected, expected);
  }
  /** @param precision digits after the decimal point */
  toBeCloseTo(expected: number, precision = 2): void {
    this.#compare('toBeCloseTo', (actual) => Math.abs(actual - expected) < 10 ** -precision / 2, expected);
  }
  toHaveLength(expected: number): void {
    const { length } = Object(this.#actual) as { length?: unknown };
    if (typeof length !== 'number') this.#refuse('toHaveLength', 'a value with a length');
    else this.#assert('toHaveLength', length === expected, expected, length);
  }
  toContain(expected: unknown): void {
    const actual = this.#actual;
    if (typeof actual === 'string') this.#assert('toContain', actual.includes(String(expected)), expected);
    else this.#items('toContain', (items) => items.includes(expected), expected);
  }
  toContainEqual(expected: unknown): void {
    this.#items('toContainEqual', (items) => items.some((item) => utils.eql(item, expected)), expected);
  }
  toHaveProperty(path: string | readonly (string | number)[], ...expected: readonly unknown[]): void {
    const found = valueAt(this.#actual, path);
    const holds = found !== ABSENT && (expected.length === 0 || utils.eql(found, expected[0]));
    const wanted = expected.length === 0 ? parts(path).join('.') : { [parts(path).join('.')]: expected[0] };
    this.#assert('toHaveProperty', holds, wanted);
  }

  #compare(matcher: string, holds: (actual: number) => boolean, expected: number): void {
    const actual = this.#actual;
    if (typeof actual === 'number' || typeof actual === 'bigint')
      this.#assert(matcher, holds(Number(actual)), expected);
    else this.#refuse(matcher, NUMERIC);
  }

  #items(matcher: string, holds: (items: readonly unknown[]) => boolean, expected: unknown): void {
    const actual = this.#actual;
    if (Array.isArray(actual) || actual instanceof Set) this.#assert(matcher, holds([...actual]), expected);
    else this.#refuse(matcher, matcher === 'toContain' ? 'an array, a set or a string' : 'an array or a set');
  }

  /** A value this matcher cannot judge fails, also when negated. */
  #refuse(matcher: string, needed: string): void {
    this.#report(matcher, needed, this.#actual);
  }

  #assert(matcher: string, holds: boolean, expected: unknown = ABSENT, actual: unknown = this.#actual): void {
    if (holds !== this.#negated) return;
    const text = expected === ABSENT ? undefined : show(expected);
    this.#report(matcher, text === undefined ? undefined : `${this.#negated ? 'not ' : ''}${text}`, actual);
  }

  #report(matcher: string, expected: string | undefined, actual: unknown): void {
    const call = `expect(received).${this.#negated ? 'not.' : ''}${matcher}(${expected === undefined ? '' : 'expected'})`;
    const values = [...(expected === undefined ? [] : [`Expected: ${expected}`]), `Received: ${show(actual)}`];
    const lines = this.#display === 'inline' ? [call, ...values].join(', ') : [call, '', ...values].join('\n');
    this.#fail(this.#message === undefined ? lines : `${this.#message}: ${lines}`);
  }
}

const PAGE_MATCHERS = [
  ...['Checked', 'Disabled', 'Editable', 'Empty', 'Enabled', 'Hidden', 'Visible'].map((name) => `toBe${name}`),
  ...['toContainText', 'toHaveAttribute', 'toHaveText', 'toHaveTitle', 'toHaveValue'],
];
for (const name of PAGE_MATCHERS) {
  const value = (): never => {
    throw new Error(`${name} judges a page of k6/browser; run the script with --engine k6`);
  };
  Object.defineProperty(Expectation.prototype, name, { value, writable: true, configurable: true });
}

/** A failed assertion ends the test. */
const abort: Failure = (message) => {
  exec.test.abort(message);
};

const SOFT: Readonly<Record<Config['softMode'], Failure>> = {
  throw: (message) => {
    throw new Error(message);
  },
  fail: (message) => {
    exec.test.fail(message);
  },
};

function make(config: Config): Expect {
  const { display } = config;
  const soft = config.softMode === 'throw' ? SOFT.throw : SOFT.fail;
  const base = (actual: unknown, message?: string) => new Expectation(actual, message, display, abort);
  return Object.assign(base, {
    soft: (actual: unknown, message?: string) => new Expectation(actual, message, display, soft),
    configure: (options: Options) => make({ ...config, ...options }),
  });
}

function fromEnvironment(): Config {
  const text = (name: string): string | undefined => __ENV[`K6_TESTING_${name}`];
  return {
    timeout: Number(text('TIMEOUT') ?? 5000),
    interval: Number(text('INTERVAL') ?? 100),
    colorize: text('COLORIZE') !== 'false',
    display: text('DISPLAY') === 'inline' ? 'inline' : 'pretty',
    softMode: text('SOFT_MODE') === 'throw' ? 'throw' : 'fail',
  };
}

export const expect: Expect = make(fromEnvironment());
