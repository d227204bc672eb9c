import fc from 'fast-check';
import hdr from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { bucketOf, Measurement, quantile } from '../../src/results/measure.ts';
import type { SeriesLine } from '../../src/results/record.ts';

const t0 = Date.parse('2026-01-01T00:00:00Z');

function measure(feed: (measurement: Measurement) => void): { measurement: Measurement; lines: SeriesLine[] } {
  const lines: SeriesLine[] = [];
  const measurement = new Measurement((closed) => lines.push(...closed));
  feed(measurement);
  measurement.finish();
  return { measurement, lines };
}

describe('a measurement', () => {
  it('counts requests by second and endpoint, the time from the start of the first request', () => {
    const { lines, measurement } = measure((m) => {
      m.request({ endpoint: 'a', time: t0 + 10, durationMs: 10, failure: undefined });
      m.request({ endpoint: 'b', time: t0 + 999, durationMs: 20, failure: 'status 500' });
      m.request({ endpoint: 'a', time: t0 + 1500, durationMs: 30, failure: undefined });
      m.vus(t0 + 500, 3);
      m.count('checksFailed', t0 + 999, 2);
    });
    expect(lines.map((line) => ({ ...line, hist: undefined }))).toEqual([
      { t: 0, endpoint: '', requests: 2, failed: 1, errors: { 'status 500': 1 }, p50: 10, p95: 20, p99: 20, vus: 3, iterations: 0, dropped: 0, checksPassed: 0, checksFailed: 2 },
      { t: 0, endpoint: 'a', requests: 1, failed: 0, p50: 10, p95: 10, p99: 10 },
      { t: 0, endpoint: 'b', requests: 1, failed: 1, errors: { 'status 500': 1 }, p50: 20, p95: 20, p99: 20 },
      { t: 1, endpoint: '', requests: 1, failed: 0, p50: 30, p95: 30, p99: 30, vus: 3, iterations: 0, dropped: 0, checksPassed: 0, checksFailed: 0 },
      { t: 1, endpoint: 'a', requests: 1, failed: 0, p50: 30, p95: 30, p99: 30 },
    ].map((line) => ({ ...line, ...rounded(line), hist: undefined })));
    const { total, endpoints, durationSeconds } = measurement.totals();
    expect(durationSeconds).toBe(1.5);
    expect(total).toMatchObject({ requests: 3, failed: 1, errors: { 'status 500': 1 }, duration: { min: 10, avg: 20, max: 30 } });
    expect(endpoints.map(({ name, requests }) => [name, requests])).toEqual([['a', 2], ['b', 1]]);
  });

  it('hands a second out when later samples show that it is over, and keeps what comes later still', () => {
    const lines: SeriesLine[] = [];
    const measurement = new Measurement((closed) => lines.push(...closed));
    const at = (second: number): void =>
      measurement.request({ endpoint: 'a', time: t0 + second * 1000 + 1, durationMs: 1, failure: undefined });
    at(0);
    at(20);
    expect(lines.filter(({ endpoint }) => endpoint === '').map(({ t }) => t)).toEqual([0]);
    at(0);
    measurement.finish();
    const totals = lines.filter(({ endpoint }) => endpoint === '');
    expect(totals.reduce((sum, { requests }) => sum + requests, 0)).toBe(3);
    expect(totals.map(({ t }) => t)).toEqual([...totals.map(({ t }) => t)].sort((a, b) => a - b));
  });

  it('gives a histogram that others can merge', () => {
    const { measurement } = measure((m) => {
      for (let ms = 1; ms <= 1000; ms++) m.request({ endpoint: 'a', time: t0 + ms, durationMs: ms, failure: undefined });
    });
    const { histogram, duration } = measurement.totals().total;
    const decoded = hdr.decodeFromCompressedBase64(histogram!);
    decoded.add(hdr.decodeFromCompressedBase64(histogram!));
    expect(decoded.totalCount).toBe(2000);
    expect(duration!.p95).toBeGreaterThan(949);
    expect(duration!.p95).toBeLessThan(951.1);
  });

  it('says nothing of durations when there was no request', () => {
    expect(measure(() => undefined).measurement.totals()).toMatchObject({
      durationSeconds: 0,
      total: { requests: 0, rate: 0, duration: null, histogram: null },
      endpoints: [],
    });
  });

  it("adds up an engine's own seconds, and yields to its exact totals", () => {
    const lines: SeriesLine[] = [];
    const measurement = new Measurement((closed) => lines.push(...closed));
    const second = { requests: 2, failed: 1, errors: { 'status 500': 1 }, p50: 1, p95: 2, p99: 2, hist: [[1000, 1], [2000, 1]] as const };
    measurement.engineSecond({ t: 0, endpoint: 'a', ...second });
    measurement.engineSecond({ t: 0, endpoint: '', ...second, vus: 4, iterations: 2 });
    expect(lines).toHaveLength(2);
    expect(measurement.users).toEqual({ now: 4, max: 4 });
    expect(measurement.totals()).toMatchObject({ durationSeconds: 1, total: { requests: 2, duration: { min: 1, max: 2 } } });
    const exact = { ...measurement.totals(), durationSeconds: 0.75, vusMax: 5 };
    measurement.settle(exact);
    expect(measurement.totals().durationSeconds).toBe(0.75);
    expect(measurement.users.max).toBe(5);
  });
});

it('buckets hold values within 0.1 %', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3_600_000_000 }), (micros) => Math.abs(bucketOf(micros) - micros) <= micros / 1000),
  );
});

it('finds the quantile of value and count pairs', () => {
  const hist: [number, number][] = [[1000, 50], [2000, 49], [9000, 1]];
  expect([0.5, 0.95, 0.99, 1].map((q) => quantile(hist, 100, q))).toEqual([1, 2, 2, 9]);
  expect(quantile([], 0, 0.5)).toBeNull();
});

function rounded(line: { p50: number; p95: number; p99: number }): Partial<SeriesLine> {
  const value = (ms: number): number => bucketOf(ms * 1000) / 1000;
  return { p50: value(line.p50), p95: value(line.p95), p99: value(line.p99) };
}
