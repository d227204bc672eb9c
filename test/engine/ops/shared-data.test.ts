import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SharedData } from '../../../src/engine/ops/shared-data.ts';

it('gives back every element it was given', () => {
  fc.assert(
    fc.property(fc.array(fc.json({ stringUnit: 'binary' })), (elements) => {
      const data = new SharedData();
      expect(data.define('a', elements)).toBe(elements.length);
      expect(elements.map((_, i) => data.get('a', i))).toEqual(elements);
      expect(data.get('a', elements.length)).toBeUndefined();
    }),
    { numRuns: 50 },
  );
});

it('keeps the first definition of a name', () => {
  const data = new SharedData();
  data.define('a', ['1']);
  expect(data.define('a', ['2', '3'])).toBe(1);
  expect(data.get('a', 0)).toBe('1');
  expect(data.length('b')).toBe(-1);
});

it('hands its arrays to another thread without copying them', () => {
  const first = new SharedData();
  first.define('a', ['"é"', '[1]']);
  const image = structuredClone(first.image());
  const second = new SharedData();
  second.adopt(image);
  expect([second.length('a'), second.get('a', 0), second.get('a', 1)]).toEqual([2, '"é"', '[1]']);
  new Uint8Array(image['a']!.bytes)[4] = '('.charCodeAt(0);
  expect(first.get('a', 1)).toBe('(1]');
});
