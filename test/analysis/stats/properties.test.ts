import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changePoints } from '../../../src/analysis/stats/change-points.ts';
import { normalQuantile } from '../../../src/analysis/stats/distributions.ts';
import { holm } from '../../../src/analysis/stats/holm.ts';
import { clopperPearson, differenceInterval, fisherGreater } from '../../../src/analysis/stats/proportions.ts';
import { seededRandom } from '../../../src/analysis/stats/random.ts';
import { autocorrelation, effectiveShare, theilSen } from '../../../src/analysis/stats/trend.ts';
import { fitUsl } from '../../../src/analysis/stats/usl.ts';

const proportion = fc
  .integer({ min: 1, max: 5000 })
  .chain((trials) => fc.record({ events: fc.integer({ min: 0, max: trials }), trials: fc.constant(trials) }));

describe('Holm', () => {
  it('is the published example: 0.01 0.04 0.03 0.005 become 0.03 0.06 0.06 0.02', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005]).map((p) => Number(p.toFixed(12)))).toEqual([0.03, 0.06, 0.06, 0.02]);
  });

  it('never makes a p-value smaller, keeps their order and lies between raw and Bonferroni', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 }), (raw) => {
        const adjusted = holm(raw);
        for (const [i, p] of raw.entries()) {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p);
          expect(adjusted[i]).toBeLessThanOrEqual(Math.min(1, p * raw.length) + 1e-9);
          for (const [j, q] of raw.entries()) if (p < q) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j]!);
        }
      }),
    );
  });
});

describe('rates', () => {
  it('have intervals that contain the observed rate and shrink with confidence', () => {
    fc.assert(
      fc.property(proportion, (p) => {
        const wide = clopperPearson(p, 0.99);
        const narrow = clopperPearson(p, 0.9);
        const rate = p.events / p.trials;
        expect(wide.low).toBeLessThanOrEqual(narrow.low);
        expect(wide.high).toBeGreaterThanOrEqual(narrow.high);
        expect(narrow.low).toBeLessThanOrEqual(rate);
        expect(narrow.high).toBeGreaterThanOrEqual(rate);
      }),
    );
  });

  it('have difference intervals that contain the observed difference and change sign with the roles', () => {
    fc.assert(
      fc.property(proportion, proportion, (a, b) => {
        const forth = differenceInterval(a, b, 0.95);
        const back = differenceInterval(b, a, 0.95);
        const difference = b.events / b.trials - a.events / a.trials;
        expect(forth.low).toBeLessThanOrEqual(difference);
        expect(forth.high).toBeGreaterThanOrEqual(difference);
        expect(forth.low).toBeCloseTo(-back.high, 10);
      }),
    );
  });

  it('have a Fisher p-value that falls as the candidate has more events', () => {
    fc.assert(
      fc.property(proportion, fc.integer({ min: 2, max: 500 }), (base, trials) => {
        const ps = [0, 0.3, 0.6, 1].map((share) => fisherGreater(base, { events: Math.round(share * trials), trials }));
        expect(ps[0]).toBeCloseTo(1, 8);
        for (const [i, p] of ps.slice(1).entries()) expect(p).toBeLessThanOrEqual(ps[i]! + 1e-9);
      }),
    );
  });
});

const noise = (seed: number): (() => number) => {
  const random = seededRandom(seed);
  return () => normalQuantile(Math.max(1e-12, random()));
};

describe('change points', () => {
  it('are found where a series shifts, and nowhere else', () => {
    const next = noise(7);
    const values = Array.from({ length: 60 }, (_, i) => (i < 25 ? 100 : i < 45 ? 120 : 110) + 2 * next());
    const found = changePoints(values);
    expect(found.map(({ index }) => index)).toEqual([25, 45]);
    expect(found[0]!.before).toBeCloseTo(100, -1);
    expect(found[0]!.after).toBeCloseTo(120, -1);
  });

  it('are rare in pure noise, at the chosen significance', () => {
    let alarms = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const next = noise(seed);
      if (changePoints(Array.from({ length: 30 }, next), { seed }).length > 0) alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(4);
  });

  it('need enough values on both sides', () => {
    expect(changePoints([1, 1, 9, 9])).toEqual([]);
  });
});

describe('trend', () => {
  it('recovers a slope in spite of outliers', () => {
    const next = noise(3);
    const points = Array.from({ length: 80 }, (_, x) => [x, 5 + 0.3 * x + next() + (x % 13 === 0 ? 80 : 0)] as const);
    const fit = theilSen(points, 0.95)!;
    expect(fit.low).toBeLessThan(0.3);
    expect(fit.high).toBeGreaterThan(0.3);
    expect(fit.high - fit.low).toBeLessThan(0.05);
  });

  it('has a wider interval when points depend on each other', () => {
    const next = noise(4);
    let walk = 0;
    const points = Array.from({ length: 60 }, (_, x) => [x, (walk = 0.9 * walk + next())] as const);
    const share = effectiveShare(points.map(([, y]) => y));
    expect(autocorrelation(points.map(([, y]) => y))).toBeGreaterThan(0.5);
    const wide = theilSen(points, 0.95, share)!;
    const narrow = theilSen(points, 0.95)!;
    expect(wide.high - wide.low).toBeGreaterThan(1.5 * (narrow.high - narrow.low));
  });
});

describe('USL', () => {
  it('recovers the coefficients of a known curve', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 5, max: 500, noNaN: true }),
        fc.double({ min: 0.001, max: 0.3, noNaN: true }),
        fc.double({ min: 1e-5, max: 1e-3, noNaN: true }),
        (lambda, sigma, kappa) => {
          const points = [1, 2, 4, 8, 16, 32, 64, 128].map((n) => ({
            n,
            x: (lambda * n) / (1 + sigma * (n - 1) + kappa * n * (n - 1)),
          }));
          const fit = fitUsl(points)!;
          expect(fit.rSquared).toBeGreaterThan(0.9999);
          expect(fit.peakN / Math.sqrt((1 - sigma) / kappa)).toBeCloseTo(1, 1);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('refuses fewer than three different loads', () => {
    expect(
      fitUsl([
        { n: 1, x: 10 },
        { n: 2, x: 19 },
        { n: 2, x: 20 },
      ]),
    ).toBeUndefined();
  });
});
