import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binOf, PositiveHistogram, valueOf } from '../../../src/engine/metrics/histogram.ts';

const positive = fc.double({ min: 2 ** -1000, max: Number.MAX_VALUE, noNaN: true });

describe('bins', () => {
  it('stand for each of their values within 0.1 %', () => {
    fc.assert(
      fc.property(positive, (value) => {
        expect(Math.abs(valueOf(binOf(value)) - value) / value).toBeLessThanOrEqual(0.001);
      }),
      { numRuns: 2000 },
    );
  });

  it('are in the order of the values', () => {
    fc.assert(
      fc.property(positive, positive, (a, b) => {
        expect(Math.sign(binOf(a) - binOf(b)) * Math.sign(a - b)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('hold powers of two and infinity', () => {
    expect(valueOf(binOf(1))).toBeGreaterThanOrEqual(1);
    expect(valueOf(binOf(Infinity))).toBe(Infinity);
    expect(binOf(2) - binOf(1)).toBe(512);
  });
});

describe('PositiveHistogram', () => {
  it('counts what it was given, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(positive, { maxLength: 60 }), (values) => {
        const histogram = new PositiveHistogram();
        for (const value of values) histogram.add(value);
        const expected = new Map<number, number>();
        for (const value of values) expected.set(binOf(value), (expected.get(binOf(value)) ?? 0) + 1);
        expect([...histogram.bins()]).toEqual([...expected].sort(([a], [b]) => a - b));
      }),
      { numRuns: 100 },
    );
  });

  it('keeps counting beyond 32 bits', () => {
    const histogram = new PositiveHistogram();
    histogram.addToBin(binOf(5), 4_294_967_295);
    histogram.add(5);
    histogram.add(0.001);
    expect([...histogram.bins()].map(([, count]) => count)).toEqual([1, 4_294_967_296]);
  });

  it('takes memory for the range in use only', () => {
    const histogram = new PositiveHistogram();
    for (let i = 0; i < 10_000; i++) histogram.add(50 + (i % 100));
    expect(histogram.bytes).toBeLessThanOrEqual(8 * 128 * 4);
  });
});
