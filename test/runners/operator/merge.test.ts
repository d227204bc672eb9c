import { describe, expect, it } from 'vitest';
import { Measurement, toMicros } from '../../../src/results/measure.ts';
import { mergeEndpoint } from '../../../src/results/merge.ts';
import { mergeExitCodes, mergeSummaries } from '../../../src/runners/operator/merge.ts';
import { MergedSeconds } from '../../../src/runners/operator/seconds.ts';
import type { SeriesLine } from '../../../src/results/record.ts';
import type { SummaryData } from '../../../src/suite/summary/index.ts';

/** A pod's measurement of these durations. */
function measured(...durations: number[]): Measurement {
  const measurement = new Measurement(() => undefined);
  for (const [index, durationMs] of durations.entries()) {
    measurement.request({
      endpoint: 'a',
      time: 1000 + index,
      durationMs,
      failure: index === 0 ? 'status 500' : undefined,
    });
  }
  return measurement;
}

function summary(p95: number, ok: boolean, fails: number): SummaryData {
  return {
    metrics: {
      http_req_duration: {
        type: 'trend',
        contains: 'time',
        values: { 'p(95)': p95, count: 10, avg: p95, min: 1, max: p95 },
        thresholds: { 'p(95)<200': { ok } },
      },
      http_req_failed: {
        type: 'rate',
        contains: 'default',
        values: { passes: fails, fails: 10 - fails, rate: fails / 10 },
        thresholds: { 'rate<0.5': { ok: fails < 5 } },
      },
      own: {
        type: 'trend',
        contains: 'time',
        values: { 'p(95)': 5, count: 1, avg: 5, min: 5, max: 5 },
        thresholds: { 'p(95)<9': { ok } },
      },
      vus: { type: 'gauge', contains: 'default', values: { value: 2, min: 1, max: 3 } },
    },
    root_group: {
      name: '',
      path: '',
      groups: [{ name: 'g', path: '::g', groups: [], checks: [{ name: 'c', path: '::g::c', passes: 9, fails: 1 }] }],
      checks: [],
    },
    options: {},
    state: { testRunDurationMs: 1000, isStdOutTTY: false, isStdErrTTY: false },
  };
}

describe('mergeSummaries', () => {
  // 95 % of all requests are fast, though one pod alone was slow.
  const whole = measured(...new Array<number>(200).fill(10), ...new Array<number>(5).fill(900));

  it('judges thresholds on what was measured of all pods, not on the pods’ own verdicts', () => {
    const merged = mergeSummaries([summary(10, true, 1), summary(900, false, 6)], whole);
    const { http_req_duration: duration, http_req_failed: failed, own, vus } = merged?.metrics ?? {};
    expect(duration?.values['p(95)']).toBeCloseTo(10, 1);
    expect(duration?.thresholds).toEqual({ 'p(95)<200': { ok: true } });
    expect(failed?.values).toMatchObject({ passes: 7, fails: 13, rate: 7 / 20 });
    expect(failed?.thresholds).toEqual({ 'rate<0.5': { ok: true } });
    // A percentile of parts is no percentile of the whole: unknown, and judged by the worst pod.
    expect(own?.values['p(95)']).toBeUndefined();
    expect(own?.thresholds).toEqual({ 'p(95)<9': { ok: false } });
    expect(vus?.values).toEqual({ value: 4, min: 2, max: 6 });
    expect(merged?.root_group.groups).toMatchObject([{ path: '::g', checks: [{ passes: 18, fails: 2 }] }]);
    expect(mergeSummaries([], whole)).toBeUndefined();
  });

  it('makes one exit code of many', () => {
    const merged = mergeSummaries([summary(10, true, 1), summary(10, true, 1)], whole);
    expect(mergeExitCodes([0, 0], merged, false)).toBe(0);
    expect(mergeExitCodes([0, 99], merged, false)).toBe(0);
    expect(mergeExitCodes([0, 99], merged, true)).toBe(99);
    expect(mergeExitCodes([99, 107], merged, false)).toBe(107);
    expect(mergeExitCodes([0, null], merged, false)).toBeNull();
    expect(mergeExitCodes([0, 99], undefined, false)).toBe(99);
  });
});

describe('merged histograms', () => {
  it('give the quantiles of all samples together', () => {
    const low = Array.from({ length: 500 }, (_, index) => 1 + index / 100);
    const high = Array.from({ length: 300 }, (_, index) => 50 + index);
    const parts = [measured(...low), measured(...high)].map(({ total }) => total.result(10));
    const merged = mergeEndpoint('', parts, 10);
    const direct = measured(...low, ...high).total.result(10);
    expect(merged).toMatchObject({ requests: 800, rate: 80, failed: 2, errors: { 'status 500': 2 } });
    expect(merged.duration).toMatchObject({
      med: direct.duration?.med,
      p95: direct.duration?.p95,
      p99: direct.duration?.p99,
      min: 1,
      max: 349,
    });
    expect(merged.duration?.avg).toBeCloseTo(direct.duration?.avg ?? NaN, 6);
    expect(merged.histogram).toBe(direct.histogram);
    expect(mergeEndpoint('none', [], 10)).toMatchObject({ requests: 0, duration: null, histogram: null });
  });

  it('give those from the intended start as well, and none where a part cannot tell', () => {
    const at = (...durations: number[]) => {
      const { duration, histogram, ...counts } = measured(...durations).total.result(10);
      return { ...counts, duration, histogram, fromIntended: duration, fromIntendedHistogram: histogram };
    };
    const low = Array.from({ length: 90 }, (_, index) => 10 + index / 10);
    const high = Array.from({ length: 10 }, (_, index) => 2000 + index);
    const whole = measured(...low, ...high).total.result(10).duration;
    const merged = mergeEndpoint('', [at(...low), at(...high), at()], 10);
    expect(merged.fromIntended).toMatchObject({ ...whole, avg: expect.closeTo(whole?.avg ?? NaN, 6) as number });
    expect(merged).not.toHaveProperty('fromIntendedHistogram');
    expect(mergeEndpoint('', [at(...low), measured(...high).total.result(10)], 10).fromIntended).toMatchObject({
      max: low.at(-1),
    });
    const older = { ...at(...high), fromIntendedHistogram: undefined };
    expect(mergeEndpoint('', [at(...low), older], 10).fromIntended).toBeNull();
  });
});

describe('MergedSeconds', () => {
  const second = (t: number, requests: number, ms: number) => ({
    t,
    endpoint: '',
    requests,
    failed: 0,
    errors: {},
    p50: ms,
    p95: ms,
    p99: ms,
    hist: [[toMicros(ms), requests] as const],
    vus: 1,
    iterations: requests,
  });

  it('lays the seconds of pods side by side by the clock, and tells one when every pod is past it', () => {
    const lines: SeriesLine[] = [];
    const measurement = new Measurement((told) => lines.push(...told));
    const merged = new MergedSeconds(measurement, 2);
    const [first, late] = [merged.sink(0), merged.sink(1)];
    first.begin(10_000);
    late.begin(11_100);
    first.engineSecond(second(0, 5, 10));
    first.engineSecond(second(1, 5, 10));
    expect(lines).toEqual([]);
    // Its second 0 is the other's second 1.
    late.engineSecond(second(0, 3, 30));
    late.engineSecond(second(1, 3, 30));
    first.engineSecond(second(2, 5, 10));
    expect(lines.map(({ t, requests, vus }) => [t, requests, vus])).toEqual([
      [0, 5, 1],
      [1, 8, 2],
    ]);
    expect(lines[1]).toMatchObject({ p50: 10, p99: 30, iterations: 8 });
    merged.finish();
    expect(lines.at(-1)).toMatchObject({ t: 2, requests: 8 });
    expect(measurement.total.requests).toBe(21);
    expect(measurement.startedAt).toBe(10_000);
  });

  it('does not wait for a pod that died', () => {
    const told: number[] = [];
    const merged = new MergedSeconds(new Measurement((lines) => told.push(...lines.map(({ t }) => t))), 2);
    const alive = merged.sink(0);
    merged.sink(1).begin(0);
    alive.begin(0);
    for (let t = 0; t < 15; t++) alive.engineSecond(second(t, 1, 1));
    expect(told).toEqual([0, 1, 2, 3]);
  });
});
