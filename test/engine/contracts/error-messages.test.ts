import { describe, expect, it } from 'vitest';
import { k6Message } from '../../../src/engine/contracts/error-messages.ts';

const thrownBy = (code: () => unknown): Error => {
  try {
    code();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
};
const nothing = undefined as unknown as { foo: { bar(): void }; bar(): void };
const object = {} as { absent(): void; inner: { absent(): void } };

describe('V8’s own messages in k6’s words', () => {
  it.each([
    ["Cannot read property 'foo' of undefined", () => nothing.foo],
    ["Cannot read property 'bar' of undefined", () => nothing.bar()],
    ["Object has no member 'absent'", () => object.absent()],
    ['Cannot convert undefined or null to object', () => ((nothing.foo as unknown) = 1)],
    ["Cannot assign to read only property 'x'", () => ((Object.freeze({ x: 1 }) as { x: number }).x = 2)],
    [
      'Cannot access a variable before initialization',
      () => eval('let f = () => early; f(); let early = 1;') as unknown,
    ],
    ['missing is not defined', () => eval('missing') as unknown],
  ])('%s', (expected, code) => {
    const { name, message } = thrownBy(code);
    expect(k6Message(name, message)).toBe(expected);
  });

  it('tells a property that was to be called from one that was read', () => {
    const { name, message } = thrownBy(() => nothing.bar());
    expect(k6Message(name, message, (property) => (property === 'bar' ? 'call' : 'read'))).toBe(
      "Cannot read property 'bar' of undefined or null",
    );
  });

  const run = (code: string) => (): unknown => eval(`'use strict'; ${code}`) as unknown;
  it.each([
    ["Cannot read property 'q' of undefined", run("let u; u[Symbol('q')]")],
    ["Object has no member 'foo bar'", run("const o = {}; o['foo bar']()")],
    ["Object has no member '0'", run('const a = []; a[0]()')],
    ['Value is not an object: abc', run("'abc'()")],
    ['Value is not an object: 5', run('new (5)()')],
    ['Value is not an object: null', run('new (null)()')],
    ['Value is not a constructor', run('new (() => {})()')],
    ['Value is not an object: undefined', run('let Absent; new Absent()')],
    ['object is not iterable', run('for (const [a] of [5]) {}')],
    ['Value is not a constructor', run('new JSON.parse()')],
    ['BigInt is not a constructor', run('new BigInt(1)')],
    ['Super constructor is not a constructor', run('class A extends null {} new A()')],
    ['Class extends value is not a constructor or null', run('class A extends 5 {}')],
    ["Constructor Promise requires 'new'", run('Promise()')],
    ["Constructor TypedArray requires 'new'", run('Uint8Array(5)')],
    ['length is not writable', run('Object.freeze([1]).length = 0')],
    ['', run('Object.freeze([1])[0] = 5')],
    ["Cannot assign to read only property '0'", run('Object.freeze({ 0: 1 })[0] = 5')],
    ["Cannot delete property 'length' of [object Array]", run('delete [].length')],
    ['Value is not object coercible', run('Object.setPrototypeOf(undefined, {})')],
    ['Value is not an object: 5', run('Reflect.apply(5, null, [])')],
    ['Value is not an object: 5', run("Object.defineProperty({}, 'a', { get: 5 })")],
    ['String.prototype.toString is called on incompatible receiver', run('String.prototype.toString.call(5)')],
    ['Method Boolean.prototype.valueOf is called on incompatible receiver', run('Boolean.prototype.valueOf.call(5)')],
    ['Value is not a number', run("Number.prototype.toString.call('x')")],
    ['Cannot convert Symbol to a BigInt', run("BigInt(Symbol('x'))")],
    ['exponent must be positive', run('2n ** -1n')],
    ['The normalization form should be one of NFC, NFD, NFKC, NFKD', run("'a'.normalize('x')")],
    ['Source is too large', run('new Uint8Array(2).set([1, 2, 3])')],
    ['Invalid group', run("new RegExp('(?x)')")],
    [
      'Invalid regular expression (re2): *a (error parsing regexp: missing argument to repetition operator: `*`)',
      run("new RegExp('*a')"),
    ],
    [
      'Invalid regular expression (re2): a\\ (error parsing regexp: trailing backslash at end of expression: ``)',
      run("new RegExp('a\\\\')"),
    ],
  ])('%s in k6’s words', (expected, code) => {
    const { name, message } = thrownBy(code);
    expect(k6Message(name, message)).toBe(expected);
  });

  it('does not call an element of nothing a member that was to be called', () => {
    const { name, message } = thrownBy(run('let u; u[0]()'));
    expect(k6Message(name, message, () => 'call')).toBe("Cannot read property '0' of undefined");
  });

  it('leaves a script’s own messages alone', () => {
    expect(k6Message('Error', 'a.b is not a function')).toBe('a.b is not a function');
    expect(k6Message('TypeError', 'my own words')).toBe('my own words');
  });
});
