import { describe, expect, it } from 'vitest';
import { judgePurpose } from '../../../src/analysis/series/purpose.ts';
import { serverThresholds } from '../../../src/analysis/series/server.ts';
import { slidingThresholds } from '../../../src/analysis/series/windows.ts';
import { seededRandom } from '../../../src/analysis/stats/random.ts';
import type { SeriesLine, ThresholdResult } from '../../../src/results/record.ts';

/** A second with ten requests of that latency. */
const second = (t: number, ms: number, changes: Partial<SeriesLine> = {}): SeriesLine => ({
  t,
  endpoint: '',
  requests: 10,
  failed: 0,
  p50: ms,
  p95: ms,
  p99: ms,
  hist: [[Math.round(ms * 1000), 10]],
  ...changes,
});
const seconds = (count: number, ms: (t: number) => number, changes: (t: number) => Partial<SeriesLine> = () => ({})) =>
  Array.from({ length: count }, (_, t) => second(t, ms(t), changes(t)));
const threshold = (metric: string, expression: string, limit: number): ThresholdResult => ({
  metric,
  expression,
  ok: true,
  value: 0,
  limit,
  abortOnFail: false,
});
const p95 = threshold('http_req_duration', 'p(95)<200', 200);
const failed = threshold('http_req_failed', 'rate<0.01', 0.01);

describe('thresholds per window', () => {
  it('find the bad minute that a good hour averages away', () => {
    const series = seconds(600, (t) => (t >= 300 && t < 315 ? 400 : 20));
    const [whole] = slidingThresholds([p95], series, 600);
    expect(whole).toMatchObject({ ok: true, value: 20 });
    const [perWindow] = slidingThresholds([p95], series, 30);
    expect(perWindow).toMatchObject({ ok: false, value: 400, limit: 200 });
    expect(perWindow?.expression).toContain('in every 30 s');
  });

  it('say where the worst window of failures is', () => {
    const series = seconds(
      60,
      () => 5,
      (t) => ({ failed: t === 40 ? 5 : 0 }),
    );
    const [row] = slidingThresholds([failed], series, 10);
    expect(row).toMatchObject({ ok: false, value: 0.05 });
    expect(row?.expression).toContain('worst from 31 s');
  });

  it('take endpoints apart, and a short load as one window', () => {
    const series = [
      second(0, 5),
      second(0, 300, { endpoint: 'slow' }),
      second(1, 5),
      second(1, 300, { endpoint: 'slow' }),
    ];
    const [all, slow] = slidingThresholds([p95, { ...p95, metric: 'http_req_duration{name:slow}' }], series, 60);
    expect([all?.ok, slow?.ok]).toEqual([true, false]);
    expect(slidingThresholds([threshold('checks', 'rate>0.99', 0.99)], series, 60)).toEqual([]);
  });
});

describe('thresholds on the target', () => {
  const series = seconds(
    60,
    () => 5,
    (t) => ({ server: { memory: 100 + t, requests_total: 20 * t, lag: t === 30 ? 9 : 1 } }),
  );

  it.each([
    ['memory', 'growth<0.5', false, 0.59],
    ['memory', 'growth<0.7', true, 0.59],
    ['memory', 'last<200', true, 159],
    ['requests_total', 'rate>=20', true, 20],
    ['lag', 'max<5', false, 9],
    ['lag', 'p(95)<5', true, 1],
  ])('%s %s', (metric, expression, ok, value) => {
    const { thresholds, missing } = serverThresholds({ [metric]: [expression] }, series);
    expect(thresholds).toMatchObject([{ metric: `server ${metric}`, expression, ok }]);
    expect(thresholds[0]?.value).toBeCloseTo(value, 6);
    expect(missing).toEqual([]);
  });

  it('say what was never seen', () => {
    expect(serverThresholds({ heap: ['max<1'] }, series)).toEqual({ thresholds: [], missing: ['heap'] });
  });
});

describe('a profile is judged by its purpose', () => {
  const random = seededRandom(7);
  const noisy = (ms: number) => ms * (0.95 + 0.1 * random());
  const input = { thresholds: [p95, failed], planned: undefined, peakEnds: undefined };

  it('soak: a steady run has no drift, a leak has, with slope and interval', () => {
    const steady = seconds(
      600,
      () => noisy(20),
      () => ({ server: { process_resident_memory_bytes: noisy(1e8) } }),
    );
    expect(judgePurpose({ ...input, profile: 'soak', series: steady }).map(({ ok }) => ok)).toEqual([true, true]);
    const leak = seconds(
      600,
      (t) => noisy(20 + t / 30),
      (t) => ({
        server: { process_resident_memory_bytes: noisy(1e8 + t * 1e5) },
      }),
    );
    const findings = judgePurpose({ ...input, profile: 'soak', series: leak });
    expect(findings).toMatchObject([
      { kind: 'drift', subject: 'p95', ok: false },
      { kind: 'drift', subject: 'server memory', ok: false },
    ]);
    const [drift] = findings;
    expect(drift?.value).toBeGreaterThan(0.9);
    expect(drift?.low).toBeLessThan(drift?.value ?? 0);
    expect(drift?.high).toBeGreaterThan(drift?.value ?? 0);
  });

  const spike = { ...input, profile: 'spike', planned: (t: number) => (t < 30 || t > 70 ? 20 : 500), peakEnds: 70 };

  it('spike: how long it took to recover', () => {
    const series = seconds(140, (t) => (t >= 30 && t < 90 ? 300 : 10));
    expect(judgePurpose({ ...spike, series })).toMatchObject([{ kind: 'recovery', value: 20, ok: true }]);
    const [scaled] = judgePurpose({ ...spike, peakEnds: 70.1 - 1e-9, series });
    expect(scaled?.statement).toContain('recovered within 25 s after the peak');
  });

  it('spike: that it never recovered', () => {
    const [finding] = judgePurpose({ ...spike, series: seconds(140, (t) => (t >= 30 ? 300 : 10)) });
    expect(finding).toMatchObject({ kind: 'recovery', value: null, ok: false });
  });

  it('stress: where it broke and whether it recovered, though the load rises from its first second on', () => {
    const planned = (t: number) => (t < 100 ? 50 + 3.5 * t : 400 - 7 * (t - 100));
    const stress = { ...input, profile: 'stress', planned, peakEnds: 100 };
    const over = (until: number) => seconds(150, (t) => (t >= 60 && t < until ? 400 : 10));
    expect(judgePurpose({ ...stress, series: over(120) })).toMatchObject([
      { kind: 'break', ok: null },
      { kind: 'recovery', value: 20, ok: true },
    ]);
    expect(judgePurpose({ ...stress, series: over(150) })).toMatchObject([
      { kind: 'break', ok: null },
      { kind: 'recovery', value: null, ok: false },
    ]);
  });

  it('breakpoint: where it broke', () => {
    const series = seconds(120, (t) => (t >= 60 ? 500 : 10));
    const [finding] = judgePurpose({ ...input, profile: 'breakpoint', series, planned: (t) => 10 + 5 * t });
    expect(finding).toMatchObject({ kind: 'break', value: 10, ok: null });
    expect(finding?.statement).toContain(
      'broke between 60 and 65 s into the load at 10 req/s, 323/s asked for: p95 500 ms',
    );
  });

  it('breakpoint: whether it recovered, when it was watched after the load', () => {
    const series = seconds(120, (t) => (t >= 60 ? 500 : 10));
    const after = (calmAfterMs: number | null | undefined) =>
      judgePurpose({ ...input, profile: 'breakpoint', series, calmAfterMs }).slice(1);
    expect(after(1240)).toMatchObject([{ kind: 'recovery', value: 1.24, ok: true }]);
    expect(after(1240)[0]?.statement).toContain('1.2 s after the load');
    expect(after(null)).toMatchObject([{ kind: 'recovery', value: null, ok: false }]);
    expect(after(undefined)).toEqual([]);
  });

  it('soak and spike: what cannot be told is said so, not passed', () => {
    const short = judgePurpose({ ...input, profile: 'soak', series: seconds(12, () => noisy(20)) });
    expect(short).toMatchObject([
      { subject: 'p95', ok: null, statement: 'of p95 nothing can be told: the run was too short' },
      { subject: 'server memory', ok: null, statement: expect.stringContaining('not measured') as string },
    ]);
    const wild = seconds(40, () => 20 * (0.5 + random()));
    expect(judgePurpose({ ...input, profile: 'soak', series: wild })[0]).toMatchObject({
      ok: null,
      statement: expect.stringContaining('not settled') as string,
    });
    const cut = judgePurpose({ ...spike, series: seconds(60, () => 300) });
    expect(cut).toMatchObject([
      { kind: 'recovery', ok: null, statement: expect.stringContaining('after the peak') as string },
    ]);
  });

  it('breakpoint: that it held', () => {
    const [finding] = judgePurpose({ ...input, profile: 'breakpoint', series: seconds(60, () => 10) });
    expect(finding).toMatchObject({ kind: 'break', ok: true });
  });

  it('leaves other profiles alone', () => {
    expect(judgePurpose({ ...input, profile: 'baseline', series: seconds(60, () => 500) })).toEqual([]);
  });
});
