import { describe, expect, it } from 'vitest';
import { Measurement } from '../../src/results/measure.ts';
import { JsonOutputReader } from '../../src/runners/json-output.ts';

const point = (metric: string, value: number, tags: Record<string, string> = {}, second = 0): string =>
  JSON.stringify({
    metric,
    type: 'Point',
    data: { time: `2026-11-24T03:00:0${second}.123456789+01:00`, value, tags },
  });

const request = (durationMs: number, tags: Record<string, string> = {}): string =>
  point('http_req_duration', durationMs, {
    name: 'health',
    method: 'GET',
    status: '200',
    expected_response: 'true',
    url: 'http://u:p@t.test/health?token=abc',
    ...tags,
  });

function read(lines: readonly string[]): { reader: JsonOutputReader; measurement: Measurement } {
  const measurement = new Measurement(() => undefined);
  const reader = new JsonOutputReader(measurement);
  for (const line of lines) reader.line(line);
  measurement.finish();
  return { reader, measurement };
}

describe("k6's json output", () => {
  it('becomes requests by endpoint, with failures by status or error code', () => {
    const { measurement } = read([
      '{"type":"Metric","data":{"name":"http_req_duration","type":"trend"},"metric":"http_req_duration"}',
      request(10),
      request(20, { status: '500', expected_response: 'false' }),
      request(30, { status: '0', expected_response: 'false', error_code: '1212', error: 'connection refused' }),
    ]);
    expect(measurement.totals().endpoints).toMatchObject([
      { name: 'health', requests: 3, failed: 2, errors: { 'status 500': 1, 'error 1212': 1 }, duration: { avg: 20 } },
    ]);
  });

  it('becomes users, iterations, drops and checks', () => {
    const { measurement } = read([
      point('vus', 4),
      point('vus', 2, {}, 1),
      point('iterations', 1),
      point('dropped_iterations', 3),
      point('checks', 1, { check: 'x' }),
      point('checks', 0, { check: 'x' }),
      point('group_duration', 7),
    ]);
    expect(measurement.users).toEqual({ now: 2, max: 4 });
    expect(measurement.counted).toEqual({ iterations: 1, dropped: 3, checksPassed: 1, checksFailed: 1 });
  });

  it('keeps one sample per endpoint and kind of failure, without secrets', () => {
    const failed = request(5, { status: '500', expected_response: 'false' });
    const { reader } = read([failed, failed, failed]);
    expect(reader.result().samples).toEqual([
      {
        endpoint: 'health',
        method: 'GET',
        url: 'http://t.test/health?token=***',
        status: 500,
        error: '',
        body: '',
        count: 3,
      },
    ]);
    const many = Array.from({ length: 50 }, (_, i) =>
      request(5, { name: `e${i}`, status: '500', expected_response: 'false' }),
    );
    expect(read(many).reader.result().samples).toHaveLength(20);
  });

  it('is read up to a line that was cut off', () => {
    const { measurement } = read([request(10), request(10).slice(0, 150)]);
    expect(measurement.totals().total.requests).toBe(1);
  });

  it('says what k6 cannot give, and why', () => {
    const { generator, missing } = read([]).reader.result();
    for (const key of Object.keys(generator)) expect(missing[`generator.${key}`]).toEqual(expect.any(String));
  });
});
