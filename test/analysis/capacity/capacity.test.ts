import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capacityReport, capacityReportSchema, type MeasuredStep } from '../../../src/analysis/capacity/report.ts';
import { decide, defaultSearch, type SearchOptions } from '../../../src/analysis/capacity/search.ts';
import { hasSettled } from '../../../src/analysis/capacity/steady.ts';

/** A target with a true limit: latency rises towards it and explodes beyond. */
const target =
  (capacity: number, generator = Infinity) =>
  (rate: number): MeasuredStep => {
    const load = rate / capacity;
    const p50 = load < 1 ? 20 * (1 + load ** 8) : 1000;
    const limit = rate > generator ? 'event loop late' : undefined;
    return {
      rate,
      achieved: Math.min(rate, capacity),
      p50,
      p95: p50 * 2,
      p99: p50 * 3,
      errorRate: 0,
      dropped: 0,
      generatorLimit: limit,
      server: {},
    };
  };

function search(measure: (rate: number) => MeasuredStep, options: SearchOptions) {
  const steps: MeasuredStep[] = [];
  for (let decision = decide(steps, options); decision.kind === 'step'; decision = decide(steps, options)) {
    steps.push(measure(decision.rate));
  }
  return { steps, report: capacityReportSchema.parse(capacityReport(steps, options, 200)) };
}

describe('capacity search', () => {
  it('finds the true limit to five per cent, in few steps and never beyond the highest rate', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 5000 }), fc.integer({ min: 50, max: 6000 }), (capacity, maxRate) => {
        const { steps, report } = search(target(capacity), { ...defaultSearch, maxRate });
        expect(Math.max(...steps.map(({ rate }) => rate))).toBeLessThanOrEqual(maxRate);
        expect(steps.length).toBeLessThanOrEqual(20);
        expect(new Set(steps.map(({ rate }) => rate)).size).toBe(steps.length);
        if (capacity > maxRate) expect(report).toMatchObject({ knee: maxRate, atLeast: true, stoppedBy: 'max-rate' });
        else expect(report.knee / capacity).toBeGreaterThan(0.94);
        expect(report.knee).toBeLessThanOrEqual(capacity);
      }),
    );
  });

  it('says "at least" when the generator gives out first', () => {
    const { report } = search(target(5000, 700), { ...defaultSearch, maxRate: 10_000 });
    expect(report).toMatchObject({ atLeast: true, stoppedBy: 'generator' });
    expect(report.knee).toBeGreaterThan(650);
    expect(report.knee).toBeLessThanOrEqual(700);
    expect(report.statement).toMatch(
      /^The target holds at least \d+ req\/s; beyond that the load generator was the bottleneck \(event loop late\)\.$/,
    );
  });

  it('fills the rows of the table it comes by and says why others are empty', () => {
    const { report } = search(target(600), defaultSearch);
    expect(report.rows.map(({ rate, verdict }) => [rate, verdict])).toEqual([
      [200, 'holds'],
      [500, 'holds'],
      [1000, 'not run'],
    ]);
    expect(report.rows[2]!.why).toMatch(/^the search ended below, at 5\d\d req\/s$/);
    expect(report.expected).toMatchObject({ rate: 200, enough: true });
  });

  it('says that nothing holds instead of naming a knee', () => {
    const broken = (rate: number): MeasuredStep => ({ ...target(1e9)(rate), errorRate: 0.5 });
    const { report } = search(broken, defaultSearch);
    expect(report).toMatchObject({ knee: 0, stoppedBy: 'nothing-holds', expected: { enough: false } });
  });

  it('does not take an interrupted search for a knee', () => {
    const steps = [50, 80, 128].map(target(1000));
    expect(capacityReport(steps, defaultSearch, 500, 'interrupted')).toMatchObject({
      knee: 128,
      atLeast: true,
      stoppedBy: 'interrupted',
      expected: { enough: null },
    });
  });
});

describe('steady state', () => {
  const seconds = (f: (t: number) => number) => Array.from({ length: 10 }, (_, t) => ({ t, p50: f(t) }));
  it('is reached on a level, also a noisy one', () => {
    expect(
      hasSettled(
        seconds(() => 20),
        6,
      ),
    ).toBe(true);
    expect(
      hasSettled(
        seconds((t) => 20 + (t % 3)),
        6,
      ),
    ).toBe(true);
  });
  it('is not reached while a queue fills', () => {
    expect(
      hasSettled(
        seconds((t) => 20 + 15 * t),
        6,
      ),
    ).toBe(false);
  });
  it('is not reached before there is enough to see', () => {
    expect(hasSettled(seconds(() => 20).slice(0, 2), 6)).toBe(false);
  });
});
