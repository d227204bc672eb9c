import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createJsonOutput, JsonEncoder } from '../../../src/engine/outputs/json.ts';
import { contextWith, END, feed, temporaryFolder } from './samples.ts';

const TIME = Date.UTC(2026, 10, 24, 3, 0, 0) + 0.5;

function lines(text: string): unknown[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

function encode(samples: Parameters<typeof feed>[0], thresholds = {}): unknown[] {
  let text = '';
  const encoder = new JsonEncoder(thresholds);
  feed(samples, (batch) => encoder.encode(batch, (piece) => (text += piece)));
  return lines(text);
}

describe('JsonEncoder', () => {
  it('declares a metric once, before its first point', () => {
    const sample = { metric: 'iterations', value: 1 };
    const types = encode([sample, { metric: 'vus', value: 3 }, sample]).map((line) => {
      const { type, metric } = line as { type: string; metric: string };
      return `${type} ${metric}`;
    });
    expect(types).toEqual(['Metric iterations', 'Point iterations', 'Metric vus', 'Point vus', 'Point iterations']);
  });

  it('gives points their time, value, tags and metadata', () => {
    const [, point] = encode([
      { metric: 'http_reqs', value: 1.5, time: TIME, tags: { url: 'a"b\n', group: '' }, metadata: { vu: '1' } },
    ]);
    const { data, ...rest } = point as { data: { time: string } };
    expect(rest).toEqual({ type: 'Point', metric: 'http_reqs' });
    expect(data).toEqual({ time: data.time, value: 1.5, tags: { group: '', url: 'a"b\n' }, metadata: { vu: '1' } });
    expect(new Date(data.time).getTime()).toBe(Math.floor(TIME));
    expect(data.time).toMatch(/:00\.0005(Z|[+-]\d\d:\d\d)$/);
  });

  it('tells the thresholds and the series with tags of a metric', () => {
    const thresholds = { 'vus{ a:b }': [{ threshold: 'value<2' }], vus: [{ threshold: 'value<1' }], 'x{': [] };
    expect(encode([{ metric: 'vus', value: 1 }], thresholds)[0]).toEqual({
      type: 'Metric',
      metric: 'vus',
      data: {
        name: 'vus',
        type: 'gauge',
        contains: 'default',
        thresholds: ['value<1'],
        submetrics: [{ name: 'vus{a:b}', suffix: 'a:b', tags: { a: 'b' } }],
      },
    });
  });

  it('stays valid JSON for numbers JSON does not have', () => {
    const values = encode([Infinity, -0, 1e300].map((value) => ({ metric: 'vus', value }))).slice(1);
    expect(values).toMatchObject([{ data: { value: null } }, { data: { value: 0 } }, { data: { value: 1e300 } }]);
  });
});

describe('createJsonOutput', () => {
  it.each(['plain.json', 'packed.json.gz'])('writes all points to %s', async (name) => {
    const path = join(temporaryFolder(), name);
    const output = createJsonOutput(contextWith({ argument: path }));
    await output.start();
    for (let round = 0; round < 3; round++) {
      feed(
        Array.from({ length: 5000 }, (_, i) => ({ metric: 'iterations', value: i })),
        (batch) => output.addSamples(batch),
      );
      await new Promise((resolve) => setImmediate(resolve));
    }
    await output.stop(END);
    const bytes = readFileSync(path);
    const text = name.endsWith('.gz') ? gunzipSync(bytes).toString() : bytes.toString();
    expect(lines(text)).toHaveLength(15_001);
  });

  it('refuses a file it cannot create', async () => {
    const output = createJsonOutput(contextWith({ argument: join(temporaryFolder(), 'no', 'such', 'x.json') }));
    await expect(output.start()).rejects.toThrow(/cannot write the output file .*no\/such\/x\.json/);
  });
});
