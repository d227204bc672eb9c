import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeSplit, parseSegment, type Split } from '../../../src/engine/executors/segment.ts';

const weights = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 });
const parts = (all: readonly number[], within: Split = makeSplit()): Split[] =>
  all.map((_, index) => within.divide({ weights: all, index }));
const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

describe('splits', () => {
  it('add up to the whole', () => {
    fc.assert(
      fc.property(weights, fc.nat(5000), (all, total) => {
        expect(sum(parts(all).map((part) => part.scale(total)))).toBe(total);
      }),
    );
  });

  it('give every item to exactly one part, each in ascending order', () => {
    fc.assert(
      fc.property(weights, fc.nat(300), (all, total) => {
        const items = parts(all).map((part) => Array.from({ length: part.scale(total) }, (_, n) => part.global(n)));
        for (const own of items) expect(own).toEqual([...own].sort((a, b) => a - b));
        expect(items.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, n) => n));
      }),
    );
  });

  it('stay within one item of proportion at any length', () => {
    fc.assert(
      fc.property(weights, fc.nat(2000), (all, total) => {
        for (const [index, part] of parts(all).entries()) {
          const exact = (total * (all[index] ?? 0)) / sum(all);
          expect(Math.abs(part.scale(total) - exact)).toBeLessThanOrEqual(all.length);
        }
      }),
    );
  });

  it('divide a part again without changing it', () => {
    fc.assert(
      fc.property(weights, weights, fc.nat(1000), fc.nat(), (outer, inner, total, pick) => {
        const part = makeSplit([{ weights: outer, index: pick % outer.length }]);
        expect(sum(parts(inner, part).map((thread) => thread.scale(total)))).toBe(part.scale(total));
      }),
    );
  });

  it('divide iterations in proportion to VUs, and give none to a part without a VU', () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 20 }), fc.nat(1000), (all, vus, iterations) => {
        const shares = parts(all).map((part) => ({
          vus: part.scale(vus),
          iterations: part.inProportionTo(vus).scale(iterations),
        }));
        expect(sum(shares.map((share) => share.iterations))).toBe(iterations);
        for (const share of shares) if (share.vus === 0) expect(share.iterations).toBe(0);
      }),
    );
  });

  it('stripe equal segments', () => {
    const part = makeSplit([{ weights: [1, 1, 1], index: 1 }]);
    expect([0, 1, 2].map((n) => part.global(n))).toEqual([1, 4, 7]);
  });
});

describe('stripes of unequal segments', () => {
  const positions = (sequence: string, segment: string, period: number): number[] => {
    const part = parseSegment(segment, sequence);
    return Array.from({ length: part.scale(period) }, (_, n) => part.global(n));
  };

  // Worked out by hand from the rule: the heaviest segment that has an item due takes the position.
  it.each([
    ['0,0.3,0.5,0.6,0.7,0.8,0.9,1', 10, [[0, 4, 7], [1, 5], [2], [3], [6], [8], [9]]],
    ['0,0.2,0.5,0.6,0.7,0.8,0.9,1', 10, [[1, 5], [0, 4, 7], [2], [3], [6], [8], [9]]],
    [
      '0,1/2,1',
      4,
      [
        [0, 2],
        [1, 3],
      ],
    ],
    ['0,1/6,1/2,1', 6, [[5], [1, 3], [0, 2, 4]]],
    ['0,2/3,1', 3, [[0, 2], [1]]],
  ])('%s', (sequence, period, expected) => {
    const bounds = sequence.split(',');
    const segments = bounds.slice(1).map((to, index) => `${bounds[index] ?? ''}:${to}`);
    expect(segments.map((segment) => positions(sequence, segment, period))).toEqual(expected);
  });
});

describe('parseSegment', () => {
  it('reads fractions, decimals and percentages', () => {
    for (const text of ['0:1/4', '1/4', '0.25', '25%', '0:25%']) expect(parseSegment(text, undefined).scale(8)).toBe(2);
  });

  it('finds its place in a sequence', () => {
    const sequence = '0,1/4,1/2,1';
    const shares = ['0:1/4', '1/4:1/2', '1/2:1'].map((segment) => parseSegment(segment, sequence).scale(10));
    expect(sum(shares)).toBe(10);
    expect(shares[2]).toBe(5);
  });

  it('completes a sequence that does not reach 0 or 1', () => {
    expect(parseSegment('1/4:1/2', '1/4,1/2').scale(8)).toBe(2);
    expect(parseSegment('0:1/4', '1/4,1/2').scale(8)).toBe(2);
  });

  it('adds up for any sequence of fractions', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 59 }), { maxLength: 5 }), fc.nat(500), (cuts, total) => {
        const bounds = [0, ...cuts.sort((a, b) => a - b), 60].map((bound) => (bound === 60 ? '1' : `${bound}/60`));
        const sequence = bounds.join(',');
        const segments = bounds.slice(1).map((to, index) => parseSegment(`${bounds[index] ?? ''}:${to}`, sequence));
        expect(sum(segments.map((part) => part.scale(total)))).toBe(total);
      }),
    );
  });

  it('refuses what is no segment', () => {
    for (const text of ['1/2:1/4', '0:2', 'x', '1/0', '0:0']) {
      expect(() => parseSegment(text, undefined)).toThrow(/segment|fraction/);
    }
    expect(() => parseSegment('0:1/2', '0,1/3,1')).toThrow(/isn't part of/);
    for (const sequence of ['0', '1/2,0', '0,2']) {
      expect(() => parseSegment('0:1/2', sequence)).toThrow(/ascend from 0 to 1/);
    }
  });
});
