import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as d from '../../../src/analysis/stats/distributions.ts';
import { clopperPearson, fisherGreater } from '../../../src/analysis/stats/proportions.ts';
import { theilSen } from '../../../src/analysis/stats/trend.ts';

// Made by scripts/stats-reference.py with SciPy.
const table = JSON.parse(readFileSync('test/fixtures/stats/reference.json', 'utf8')) as Record<string, number[][]> & {
  theilSen: { y: number[]; slope: number; low: number; high: number };
};

const functions: Record<string, (...args: number[]) => number> = {
  logGamma: d.logGamma,
  incompleteBeta: d.incompleteBeta,
  studentCdf: d.studentCdf,
  studentQuantile: d.studentQuantile,
  normalCdf: d.normalCdf,
  normalQuantile: d.normalQuantile,
  binomialCdf: d.binomialCdf,
  fisherGreater: (a, n, b, m) => fisherGreater({ events: a, trials: n }, { events: b, trials: m }),
};

const closeTo = (actual: number, expected: number): void =>
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-9 * Math.abs(expected) + 1e-14);

describe('statistics against SciPy', () => {
  it.each(Object.keys(functions))('%s', (name) => {
    const rows = table[name]!;
    expect(rows.length).toBeGreaterThan(3);
    for (const row of rows) closeTo(functions[name]!(...row.slice(0, -1)), row.at(-1)!);
  });

  it('clopperPearson', () => {
    for (const [events, trials, low, high] of table['clopperPearson']!) {
      const interval = clopperPearson({ events: events!, trials: trials! }, 0.95);
      closeTo(interval.low, low!);
      closeTo(interval.high, high!);
    }
  });

  it('theilSen', () => {
    const { y, slope, low, high } = table.theilSen;
    const fit = theilSen(
      y.map((value, x) => [x, value] as const),
      0.95,
    )!;
    closeTo(fit.slope, slope);
    closeTo(fit.low, low);
    closeTo(fit.high, high);
  });
});
