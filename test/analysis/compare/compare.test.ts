import { describe, expect, it } from 'vitest';
import { gravlWorld, simulateRun, type Change, type World } from '../../../bench/verdict/simulate.ts';
import { compareRuns } from '../../../src/analysis/compare/compare.ts';
import { comparisonReportSchema, type ComparisonReport } from '../../../src/analysis/compare/types.ts';

const calm: World = { ...gravlWorld, drift: 0.01, windowNoise: 0.01 };
let seed = 1;
const runs = (count: number, change: Change = {}, world = calm) =>
  Array.from({ length: count }, () => simulateRun(world, seed++, change));
const row = (report: ComparisonReport, endpoint: string, metric: string) =>
  report.comparisons.find((c) => c.endpoint === endpoint && c.metric === metric)!;

describe('compareRuns', () => {
  it('finds a slower candidate, with effect, interval and p-value', () => {
    const report = comparisonReportSchema.parse(compareRuns(runs(5), runs(3, { latency: 1.2 })));
    expect(report.outcome).toBe('worse');
    const p95 = row(report, 'exercises', 'p95');
    expect(p95.outcome).toBe('worse');
    expect(p95.effect.low).toBeGreaterThan(0.05);
    expect(p95.effect.low).toBeLessThan(0.2);
    expect(p95.effect.high).toBeGreaterThan(0.15);
    expect(p95.candidate / p95.baseline).toBeCloseTo(1 + p95.effect.value, 6);
    expect(row(report, 'exercises', 'throughput').outcome).not.toBe('worse');
  });

  it('finds a faster candidate', () => {
    expect(compareRuns(runs(5), runs(3, { latency: 0.7 })).outcome).toBe('better');
  });

  it('calls an unchanged target the same', () => {
    const steady: World = { ...calm, endpoints: [{ name: 'health', rate: 100, median: 20, sigma: 0.3 }] };
    const report = compareRuns(runs(5, {}, steady), runs(3, {}, steady));
    expect(report.outcome).toBe('same');
    expect(report.weak).toBe(false);
    // Two tests of 5 % each amount to the 90 % interval; the one shown has 95 %.
    const p95 = row(report, '', 'p95');
    expect(p95.effect.low).toBeGreaterThan(-2 * p95.margin);
    expect(compareRuns(runs(5, {}, steady), runs(3, { latency: 1.06 }, steady)).outcome).not.toBe('same');
  });

  it('does not call a change below one millisecond worse, however large in per cent', () => {
    const fast: World = { ...calm, endpoints: [{ name: 'health', rate: 50, median: 0.4, sigma: 0.3 }] };
    const report = compareRuns(runs(6, {}, fast), runs(4, { latency: 1.5 }, fast));
    expect(row(report, 'health', 'p95').effect.value).toBeGreaterThan(0.4);
    expect(report.outcome).toBe('same');
  });

  it('finds errors that were not there before, by exact test', () => {
    const report = compareRuns(runs(5), runs(1, { errorRate: 0.03 }));
    expect(report.outcome).toBe('worse');
    const total = row(report, '', 'errorRate');
    expect(total).toMatchObject({ outcome: 'worse', baseline: 0, unit: 'share' });
    expect(total.effect.low).toBeGreaterThan(0.005);
  });

  it('says what an open question would take', () => {
    const noisy: World = { ...gravlWorld, drift: 0.08 };
    const report = compareRuns(runs(5, {}, noisy), runs(1, {}, noisy));
    const open = row(report, '', 'p95');
    expect(open.outcome).toBe('inconclusive');
    expect(open.detectable).toBeGreaterThan(open.margin);
    expect(open.moreRuns === null || open.moreRuns > 0).toBe(true);
  });

  it('says that a short series of runs is a weak baseline', () => {
    const report = compareRuns(runs(2), runs(1));
    expect(report.weak).toBe(true);
    expect(report.notes[0]).toBe('weak baseline: 2 of the 5 runs it takes to know the noise between runs');
  });

  it('names endpoints that only one side has', () => {
    const more: World = { ...calm, endpoints: [...calm.endpoints, { name: 'new', rate: 5, median: 3, sigma: 0.2 }] };
    expect(compareRuns(runs(5), runs(1, {}, more)).notes).toEqual(['not compared: "new" is not in the baseline']);
    expect(compareRuns(runs(5, {}, more), runs(1)).notes).toEqual([
      'not compared: "new" has no requests in the candidate',
    ]);
  });

  it('counts failed checks on the total', () => {
    const checked = (fails: number) => runs(5).map((run) => ({ ...run, checks: { passes: 3000 - fails, fails } }));
    const report = compareRuns(checked(0), checked(90));
    expect(row(report, '', 'checkRate')).toMatchObject({ outcome: 'worse', baseline: 1, candidate: 0.97 });
    expect(report.comparisons.filter(({ metric }) => metric === 'checkRate')).toHaveLength(1);
  });

  it('refuses an empty side', () => {
    expect(() => compareRuns([], runs(1))).toThrow(RangeError);
  });

  it('raises few false alarms between unchanged runs and misses few real ones (the full study: bench/verdict)', () => {
    let alarms = 0;
    let found = 0;
    const studies = 20;
    for (let i = 0; i < studies; i++) {
      const baseline = runs(5, {}, gravlWorld);
      if (compareRuns(baseline, runs(3, {}, gravlWorld)).outcome === 'worse') alarms++;
      if (compareRuns(baseline, runs(3, { latency: 1.35 }, gravlWorld)).outcome === 'worse') found++;
    }
    expect(alarms).toBeLessThanOrEqual(1);
    expect(found).toBeGreaterThanOrEqual(18);
  });
});
