import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXACT_LIMIT, TrendSink } from '../../../src/engine/metrics/trend.ts';

function sinkOf(values: Iterable<number>): TrendSink {
  const sink = new TrendSink();
  for (const value of values) sink.add(value);
  return sink;
}

/** The naive reference: sort everything, interpolate between the closest ranks. */
function exactQuantile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = p * (sorted.length - 1);
  const low = sorted[Math.floor(rank)]!;
  const high = sorted[Math.ceil(rank)]!;
  return low === high ? low : low + (high - low) * (rank - Math.floor(rank));
}

const QUANTILES = [0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1];
const latency = fc.double({ min: 1e-4, max: 1e6, noNaN: true });
const anyValue = fc.oneof(latency, fc.constant(0), fc.double({ min: -1e4, max: 0, noNaN: true }), fc.integer());

describe('TrendSink', () => {
  it('gives 0 for everything while it is empty', () => {
    const sink = new TrendSink();
    expect([sink.count, sink.avg, sink.quantile(0.5)]).toEqual([0, 0, 0]);
  });

  it('interpolates between the closest ranks as k6 does', () => {
    const sink = sinkOf(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(sink.quantile(0.99)).toBeCloseTo(99.01, 10);
    expect(sink.quantile(0.999)).toBeCloseTo(99.901, 10);
    expect([sink.quantile(0), sink.quantile(0.5), sink.quantile(1), sink.avg]).toEqual([1, 50.5, 100, 50.5]);
  });

  it('is exact for few values, in any order and with any sign', () => {
    fc.assert(
      fc.property(
        fc.array(anyValue, { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, p) => {
          const sink = sinkOf(values);
          expect(sink.exact).toBe(true);
          expect(sink.quantile(p)).toBeCloseTo(exactQuantile(values, p), 6);
          // Adding 0 makes -0 equal to 0.
          expect([sink.min + 0, sink.max + 0]).toEqual([Math.min(...values) + 0, Math.max(...values) + 0]);
        },
      ),
    );
  });

  it('stays exact when values come after a quantile was read', () => {
    const sink = sinkOf([5, 1, 3]);
    expect(sink.quantile(0.5)).toBe(3);
    sink.add(0);
    expect(sink.quantile(0.5)).toBe(2);
  });

  it('is within 0.1 % beyond the exact range; minimum, maximum, count and sum stay exact', () => {
    fc.assert(
      fc.property(
        fc.infiniteStream(latency),
        fc.integer({ min: EXACT_LIMIT + 1, max: EXACT_LIMIT + 500 }),
        (stream, n) => {
          const values = [...stream.take(n)];
          const sink = sinkOf(values);
          expect(sink.exact).toBe(false);
          for (const p of QUANTILES) {
            const exact = exactQuantile(values, p);
            expect(Math.abs(sink.quantile(p) - exact)).toBeLessThanOrEqual(exact * 0.001);
          }
          expect([sink.count, sink.min, sink.max]).toEqual([n, Math.min(...values), Math.max(...values)]);
          expect(sink.sum).toBe(values.reduce((sum, value) => sum + value, 0));
        },
      ),
      { numRuns: 8 },
    );
  });

  it('gives the same quantiles for any partition of the values that is merged', () => {
    const parts = fc.array(fc.array(anyValue, { maxLength: 700 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(parts, fc.integer({ min: 1, max: 5 }), (lists, repeat) => {
        const all = Array.from({ length: repeat }, () => lists).flat();
        const whole = sinkOf(all.flat());
        const merged = new TrendSink();
        for (const list of all) merged.merge(sinkOf(list));
        const tree = all.map(sinkOf).reduceRight((right, left) => {
          left.merge(right);
          return left;
        });
        for (const other of [merged, tree]) {
          expect(other.count).toBe(whole.count);
          expect(QUANTILES.map((p) => other.quantile(p) + 0)).toEqual(QUANTILES.map((p) => whole.quantile(p) + 0));
        }
      }),
      { numRuns: 40 },
    );
  });

  it('gives the same quantiles when parts beyond the exact range are merged', () => {
    const values = Array.from({ length: 20_000 }, (_, i) => Math.sin(i) ** 2 * 800 - 40);
    const whole = sinkOf(values);
    const merged = sinkOf(values.slice(0, 9000));
    merged.merge(sinkOf(values.slice(9000, 9010)));
    merged.merge(sinkOf(values.slice(9010)));
    expect(QUANTILES.map((p) => merged.quantile(p))).toEqual(QUANTILES.map((p) => whole.quantile(p)));
  });

  it('crosses threads as plain data', () => {
    for (const n of [3, EXACT_LIMIT + 1]) {
      const sink = sinkOf(Array.from({ length: n }, (_, i) => (i % 7) - 2));
      const copy = new TrendSink();
      copy.mergeState(structuredClone(sink.state()));
      expect(QUANTILES.map((p) => copy.quantile(p))).toEqual(QUANTILES.map((p) => sink.quantile(p)));
    }
  });

  it('begins anew after a reset, also when it was no longer exact', () => {
    const sink = sinkOf(Array.from({ length: EXACT_LIMIT + 10 }, (_, i) => i));
    sink.reset();
    expect(sink.empty).toBe(true);
    sink.add(7);
    expect([sink.quantile(0.5), sink.min, sink.max, sink.exact]).toEqual([7, 7, 7, true]);
    for (let i = 0; i < EXACT_LIMIT + 10; i++) sink.add(2);
    expect(sink.quantile(0.5)).toBeCloseTo(2, 2);
  });

  it('lists its values as buckets whose counts add up', () => {
    const sink = sinkOf([...Array.from({ length: 5000 }, (_, i) => i / 10), -3, 0]);
    const buckets = [...sink.buckets()];
    expect(buckets.reduce((sum, [, count]) => sum + count, 0)).toBe(5002);
    expect(buckets.map(([value]) => value)).toEqual(buckets.map(([value]) => value).sort((a, b) => a - b));
  });
});
