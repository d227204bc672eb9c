/** Chai assertions as k6 checks: the module k6chaijs, on the npm package chai. Runs inside scripts. */
import chai from 'chai';
import { check, group } from 'k6';

/** chai's settings, and those k6chaijs adds. */
interface Config {
  /** Warn on the console with the values of each failed assertion. */
  logFailures?: boolean;
  /** Let whatever is thrown in a `describe` out of it. */
  exitOnError?: boolean;
  /** Longest name of a check. */
  truncateMsgThreshold?: number;
  /** Longest value in the name of a check. */
  truncateVariableThreshold?: number;
}

/** What is used of chai's utilities; its types say that objDisplay returns nothing. */
interface ChaiUtils {
  readonly flag: (assertion: object, key: string) => unknown;
  readonly objDisplay: (value: unknown) => string;
}

type Assert = (
  this: Chai.AssertionStatic,
  holds: unknown,
  message: string | (() => string),
  negated?: string | (() => string),
  ...rest: unknown[]
) => void;

export const config = chai.config as unknown as Config;
config.truncateMsgThreshold ??= 300;
config.truncateVariableThreshold ??= 100;

/**
 * Runs a test case as a group. A failed assertion ends the case only, not the iteration; anything else that is thrown
 * becomes a failed check of its own.
 * @returns whether nothing was thrown
 */
export function describe(name: string, body: (t?: unknown) => void): boolean {
  let passed = true;
  group(name, () => {
    try {
      body();
    } catch (error) {
      passed = false;
      const { name: kind, message } = error as Error;
      if (kind !== 'AssertionError') {
        console.error(`Exception raised in test "${name}". Failing the test and continuing. \n${message}`);
        check(null, { [cut(`Exception raised "${message}"`, config.truncateMsgThreshold)]: () => false });
      }
      if (config.exitOnError === true) throw error;
    }
  });
  return passed;
}

function cut(text: string, limit = Infinity): string {
  return text.length > limit ? `${text.slice(0, limit)}...` : text;
}

chai.use(({ Assertion }, utils) => {
  const { flag, objDisplay } = utils as unknown as ChaiUtils;
  const proto = Assertion.prototype as unknown as { assert: Assert };
  const original = proto.assert;
  const show = (value: unknown): string => cut(objDisplay(value), config.truncateVariableThreshold);

  // Every assertion of every chain goes through here: it becomes a check, and then chai throws when it does not hold.
  proto.assert = function (holds, message, negated, ...rest) {
    const not = flag(this, 'negate') === true;
    const passed = not ? !holds : Boolean(holds);
    const template = not ? (negated ?? message) : message;
    const [expected, actual] = rest;
    const label = flag(this, 'message') as string | undefined;
    const fill = (text: string): string =>
      text
        .replace(/#\{this\}/g, () => label ?? show(flag(this, 'object')))
        .replace(/#\{act\}/g, () => show(actual))
        .replace(/#\{exp\}/g, () => show(expected));
    const text = typeof template === 'function' ? template() : template;
    // What was observed instead must not be part of the name: one assertion is one check.
    check(null, { [cut(fill(text.replace(/,? but .*#\{act\}.*$/, '')), config.truncateMsgThreshold)]: () => passed });
    if (!passed && config.logFailures === true) console.warn(fill(text));
    original.call(this, holds, message, negated, ...rest);
  };

  Assertion.addMethod('validJsonBody', function () {
    const response = flag(this, 'object') as { json(): unknown };
    let valid = true;
    try {
      response.json();
    } catch {
      valid = false;
    }
    this.assert(valid, 'has valid json body', 'has no valid json body', true);
  });
});

export const { expect } = chai;
export { chai };
export default chai;
