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
    expect(k6Message(name, message, (property) => property === 'bar')).toBe(
      "Cannot read property 'bar' of undefined or null",
    );
  });

  it('leaves a script’s own messages alone', () => {
    expect(k6Message('Error', 'a.b is not a function')).toBe('a.b is not a function');
    expect(k6Message('TypeError', 'my own words')).toBe('my own words');
  });
});
