import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { encodeHdr } from '../../../../src/engine/metrics/hdr.ts';
import type { EndLine, RecordLine, SecondLine } from '../../../../src/engine/outputs/record/format.ts';
import { createRecordOutput } from '../../../../src/engine/outputs/record/index.ts';
import { MAX_ENDPOINTS, Recorder } from '../../../../src/engine/outputs/record/recorder.ts';
import { seriesLineSchema } from '../../../../src/results/record.ts';
import type { TestSample } from '../samples.ts';
import { contextWith, END, feed, temporaryFolder } from '../samples.ts';

const T0 = 1_700_000_000_000;
const SYSTEM_TAGS = ['name', 'scenario', 'status'];

function request(name: string, at: number, ms: number, tags: Record<string, string> = {}): TestSample[] {
  const all = { name, scenario: 's', status: '200', ...tags };
  const failed = all.status === '200' ? 0 : 1;
  return [
    { metric: 'http_reqs', value: 1, time: T0 + at, tags: all },
    { metric: 'http_req_failed', value: failed, time: T0 + at, tags: all },
    { metric: 'http_req_duration', value: ms, time: T0 + at, tags: all },
  ];
}

function recorderWith(samples: readonly TestSample[]): Recorder {
  const recorder = new Recorder('9.9.9', SYSTEM_TAGS);
  recorder.begin(T0);
  feed(samples, (batch) => recorder.add(batch));
  return recorder;
}

function seconds(lines: readonly RecordLine[]): SecondLine[] {
  return lines.filter((line) => line.type === 'second');
}

describe('Recorder', () => {
  it('counts requests, failures by kind and latencies per second and endpoint', () => {
    const recorder = recorderWith([
      ...request('list', 100, 10),
      ...request('list', 900, 20, { status: '500' }),
      ...request('one', 950, 5, { status: '0', error_code: '1212' }),
      ...request('list', 2100, 40),
      { metric: 'vus', value: 3, time: T0 + 500 },
      { metric: 'iterations', value: 1, time: T0 + 990, tags: { scenario: 's' } },
      { metric: 'checks', value: 1, time: T0 + 990, tags: { scenario: 's' } },
      { metric: 'checks', value: 0, time: T0 + 990, tags: { scenario: 's' } },
    ]);
    const lines = seconds(recorder.lines(Infinity));
    expect(lines.map(({ t, endpoint, requests, failed, errors }) => [t, endpoint, requests, failed, errors])).toEqual([
      [0, '', 3, 2, { 'status 500': 1, 'error 1212': 1 }],
      [0, 'list', 2, 1, { 'status 500': 1 }],
      [0, 'one', 1, 1, { 'error 1212': 1 }],
      [1, '', 0, 0, {}],
      [2, '', 1, 0, {}],
      [2, 'list', 1, 0, {}],
    ]);
    expect(lines[0]).toMatchObject({ vus: 3, iterations: 1, checksPassed: 1, checksFailed: 1, dropped: 0 });
    expect(lines[3]).toMatchObject({ vus: 3, p50: null, hist: [] });
    expect(lines[1]!.hist.map(([micros, count]) => [Math.round(micros / 100), count])).toEqual([
      [100, 1],
      [200, 1],
    ]);
    expect(lines[0]!.p99).toBeCloseTo(20, 1);
  });

  it('writes seconds that the series of a run record can hold', () => {
    for (const { t, endpoint, requests, failed, p50, p95, p99, hist } of seconds(
      recorderWith(request('a', 0, 3)).lines(Infinity),
    )) {
      const line = { t, endpoint, requests, failed, p50, p95, p99, hist };
      expect(seriesLineSchema.safeParse(line).success).toBe(true);
    }
  });

  it('gives a second out once it is over for a while, and late samples to the next one', () => {
    const recorder = recorderWith(request('a', 100, 1));
    expect(recorder.lines(T0 + 1500).map(({ type }) => type)).toEqual(['start']);
    expect(seconds(recorder.lines(T0 + 2600)).map(({ t, requests }) => [t, requests])).toEqual([
      [0, 1],
      [0, 1],
    ]);
    feed(request('a', 200, 1), (batch) => recorder.add(batch));
    expect(seconds(recorder.lines(Infinity)).map(({ t, requests }) => [t, requests])).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  it('leaves set-up and tear-down out', () => {
    const recorder = recorderWith([
      { metric: 'http_reqs', value: 1, time: T0, tags: { name: 'login' } },
      ...request('a', 5, 1),
    ]);
    const end = recorder.end(END, T0 + 2000, encodeHdr);
    expect([end.total.requests, end.endpoints.map(({ name }) => name)]).toEqual([1, ['a']]);
  });

  it('bounds the endpoints and counts the rest together', () => {
    const recorder = recorderWith(Array.from({ length: MAX_ENDPOINTS + 50 }, (_, i) => request(`e${i}`, i, 1)).flat());
    const end = recorder.end(END, T0 + 2000, encodeHdr);
    expect(end.endpoints).toHaveLength(MAX_ENDPOINTS + 1);
    expect(end.endpoints.at(-1)).toMatchObject({ name: '(other)', requests: 50 });
    expect([end.total.requests, end.otherEndpoints]).toEqual([MAX_ENDPOINTS + 50, 50]);
  });

  it('ends with totals whose histograms every HdrHistogram library reads', () => {
    const durations = Array.from({ length: 6000 }, (_, i) => 1 + (i % 1000) / 10);
    const recorder = recorderWith(durations.flatMap((ms, i) => request(i % 2 === 0 ? 'a' : 'b', i / 10, ms)));
    const end = recorder.end({ ...END, durationMs: 3000 }, T0 + 3000, encodeHdr);
    expect(end.total).toMatchObject({ requests: 6000, rate: 2000, duration: { min: 1, max: 100.9 } });
    expect(end.total.duration!.p95).toBeCloseTo(95.95, 0);
    const histogram = decodeFromCompressedBase64(end.total.histogram!);
    expect(histogram.totalCount).toBe(6000);
    expect(Math.abs(histogram.getValueAtPercentile(95) / 1000 - 95.9)).toBeLessThan(0.3);
    expect(end.endpoints.map(({ histogram: text }) => decodeFromCompressedBase64(text!).totalCount)).toEqual([
      3000, 3000,
    ]);
  });

  it('sums up how the generator fared', () => {
    const recorder = recorderWith([]);
    const reading = { lagP99: 1, lagMax: 2, cpu: 0.5, lateIterations: 0, distortions: 0, plannedRate: 10 };
    for (let i = 0; i < 9; i++) recorder.addReading(reading);
    recorder.addReading({ ...reading, lagP99: 3, lagMax: 80, lateIterations: 4, distortions: 1 });
    const end = recorder.end(END, T0, encodeHdr);
    expect(end.generator).toMatchObject({
      eventLoopLagMax: 80,
      cpu: 0.5,
      lateIterations: 4,
      distortions: 1,
      plannedRate: 10,
    });
    expect(end.generator.eventLoopLagP99).toBeGreaterThan(1);
  });
});

describe('createRecordOutput', () => {
  it('writes a start, seconds and an end', async () => {
    const path = join(temporaryFolder(), 'record.ndjson');
    const output = createRecordOutput(contextWith({ argument: path, now: () => T0 + 60_000 }));
    await output.start();
    output.loadBegins?.(T0);
    feed(request('a', 1200, 7), (batch) => output.addSamples(batch));
    await output.stop({
      ...END,
      exitCode: 99,
      checks: [{ name: 'ok', group: '::g', passes: 1, fails: 2 }],
      thresholds: [
        {
          series: 'checks',
          source: 'rate>0.9',
          aggregation: 'rate',
          operator: '>',
          limit: 0.9,
          abortOnFail: false,
          ok: false,
          observed: 0.5,
        },
      ],
    });
    const lines = readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as RecordLine);
    expect(lines.map(({ type }) => type)).toEqual(['start', 'second', 'second', 'second', 'end']);
    expect(lines.at(-1) as EndLine).toMatchObject({
      exitCode: 99,
      checks: [{ name: 'ok', path: '::g::ok', passes: 1, fails: 2 }],
      thresholds: [{ metric: 'checks', expression: 'rate>0.9', ok: false, value: 0.5, limit: 0.9, abortOnFail: false }],
    });
  });

  it('needs a file', () => {
    expect(() => createRecordOutput(contextWith())).toThrow('record=FILE');
  });
});
