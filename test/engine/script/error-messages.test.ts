import { describe, expect, it } from 'vitest';
import { k6Message } from '../../../src/engine/script/error-messages.ts';

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
    ["Cannot read property 'foo' of undefined or null", () => nothing.foo],
    ["Cannot read property 'bar' of undefined or null", () => nothing.bar()],
    ["Object has no member 'absent'", () => object.absent()],
    ["Cannot set property 'foo' of undefined or null", () => ((nothing.foo as unknown) = 1)],
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

  it('leaves a script’s own messages alone', () => {
    expect(k6Message('Error', 'a.b is not a function')).toBe('a.b is not a function');
    expect(k6Message('TypeError', 'my own words')).toBe('my own words');
  });
});
