import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import snappy from 'snappyjs';
import { afterEach, describe, expect, it } from 'vitest';
import { createRemoteWriteOutput } from '../../../../src/engine/outputs/remote-write/index.ts';
import { nativeHistogram } from '../../../../src/engine/outputs/remote-write/native-histogram.ts';
import { TrendSink } from '../../../../src/engine/metrics/trend.ts';
import { freePort } from '../../../e2e/harness.ts';
import type { TestSample } from '../samples.ts';
import { contextWith, END, feed, temporaryFolder } from '../samples.ts';

const { root } = protobuf.parse(`
syntax = "proto3";
message WriteRequest { repeated TimeSeries timeseries = 1; }
message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; }
message Label { string name = 1; string value = 2; }
message Sample { double value = 1; int64 timestamp = 2; }
`);

type Row = readonly [series: string, value: number];

/** Time series as Prometheus shows them: `name{label="value"}`. */
function decode(body: Buffer): Row[] {
  const type = root.lookupType('WriteRequest');
  const { timeseries } = type.toObject(type.decode(snappy.uncompress(body)), { longs: Number }) as {
    timeseries: { labels: { name: string; value: string }[]; samples: { value: number }[] }[];
  };
  return timeseries.map(({ labels, samples }): Row => {
    const [name, ...rest] = labels;
    return [`${name!.value}{${rest.map((label) => `${label.name}="${label.value}"`).join(',')}}`, samples[0]!.value];
  });
}

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function receiver(answer: () => number = () => 204) {
  const received: { headers: IncomingHttpHeaders; rows: Row[] }[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      received.push({ headers: request.headers, rows: decode(Buffer.concat(parts)) });
      response.writeHead(answer()).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/write`, received };
}

const SAMPLES: readonly TestSample[] = [
  { metric: 'http_reqs', value: 1, tags: { name: 'a', group: '', 'my-tag': 'x' } },
  { metric: 'http_reqs', value: 1, tags: { name: 'a', group: '', 'my-tag': 'x' } },
  { metric: 'vus', value: 3 },
  { metric: 'checks', value: 1 },
  { metric: 'checks', value: 0 },
  { metric: 'http_req_duration', value: 1500 },
  { metric: 'http_req_duration', value: 500 },
  { metric: 'size', value: 10, type: 'trend', contains: 'data' },
  { metric: 'age', value: 2000, type: 'gauge', contains: 'time' },
];

async function run(env: Record<string, string>, samples = SAMPLES, now = 1_700_000_000_000) {
  const context = contextWith({ env, now: () => now });
  const output = createRemoteWriteOutput(context);
  await output.start();
  feed(samples, (batch) => output.addSamples(batch));
  await output.stop(END);
  return context;
}

describe('createRemoteWriteOutput', () => {
  it('warns of the old variable for native histograms', () => {
    const context = contextWith({ env: { K6_PROMETHEUS_RW_TREND_AS_NATIVE_HISTOGRAM: 'true' } });
    createRemoteWriteOutput(context);
    expect(context.logged).toEqual([expect.stringContaining('--features native-histograms')]);
  });

  it('sends series under the names and units k6 documents', async () => {
    const { url, received } = await receiver();
    await run({ K6_PROMETHEUS_RW_SERVER_URL: url, K6_PROMETHEUS_RW_TREND_STATS: 'p(90),max,count,p(99.9)' });
    expect(received).toHaveLength(1);
    expect(Object.fromEntries(received[0]!.rows)).toEqual({
      'k6_http_reqs_total{my_tag="x",name="a"}': 2,
      'k6_vus{}': 3,
      'k6_checks_rate{}': 0.5,
      'k6_http_req_duration_p90{}': 1.4,
      'k6_http_req_duration_max{}': 1.5,
      'k6_http_req_duration_count{}': 2,
      'k6_http_req_duration_p99_9{}': 1.499,
      'k6_size_p90{}': 10,
      'k6_size_max{}': 10,
      'k6_size_count{}': 1,
      'k6_size_p99_9{}': 10,
      'k6_age_seconds{}': 2,
    });
    expect(received[0]!.headers).toMatchObject({
      'content-encoding': 'snappy',
      'content-type': 'application/x-protobuf',
      'x-prometheus-remote-write-version': '0.1.0',
    });
  });

  it('adds headers, credentials and static labels', async () => {
    const { url, received } = await receiver();
    await run(
      {
        K6_PROMETHEUS_RW_SERVER_URL: url,
        K6_PROMETHEUS_RW_USERNAME: 'me',
        K6_PROMETHEUS_RW_PASSWORD: 'secret',
        'K6_PROMETHEUS_RW_HEADERS_X-Scope': 'team',
        K6_PROMETHEUS_RW_HTTP_HEADERS: 'a:1,b:2',
        K6_PROMETHEUS_RW_LABELS: 'server=srv1,name=static,__name__=no',
      },
      [{ metric: 'http_reqs', value: 1, tags: { name: 'own' } }],
    );
    expect(received[0]!.rows).toEqual([['k6_http_reqs_total{name="own",server="srv1"}', 1]]);
    const authorization = `Basic ${Buffer.from('me:secret').toString('base64')}`;
    expect(received[0]!.headers).toMatchObject({ authorization, 'x-scope': 'team', a: '1', b: '2' });
  });

  it('sends again what a failing receiver did not take', async () => {
    let answers = 0;
    const { url, received } = await receiver(() => (answers++ === 0 ? 500 : 204));
    const context = contextWith({ env: { K6_PROMETHEUS_RW_SERVER_URL: url, K6_PROMETHEUS_RW_PUSH_INTERVAL: '20ms' } });
    const output = createRemoteWriteOutput(context);
    await output.start();
    feed([{ metric: 'vus', value: 1 }], (batch) => output.addSamples(batch));
    await expect.poll(() => received.length).toBeGreaterThan(1);
    await output.stop(END);
    expect(received.slice(0, 2).map(({ rows }) => rows)).toEqual([[['k6_vus{}', 1]], [['k6_vus{}', 1]]]);
    expect(context.logged).toEqual([
      expect.stringContaining('answered 500'),
      expect.stringContaining('1 pushes failed'),
    ]);
  });

  it('marks every series as stale at the end when asked to', async () => {
    const { url, received } = await receiver();
    await run({ K6_PROMETHEUS_RW_SERVER_URL: url, K6_PROMETHEUS_RW_STALE_MARKERS: 'true' }, [
      { metric: 'vus', value: 1 },
    ]);
    expect(received.map(({ rows }) => rows)).toEqual([[['k6_vus{}', 1]], [['k6_vus{}', NaN]]]);
  });

  it.each([
    { K6_PROMETHEUS_RW_SERVER_URL: 'no url' },
    { K6_PROMETHEUS_RW_TREND_STATS: 'p(95),mean' },
    { K6_PROMETHEUS_RW_PUSH_INTERVAL: '5' },
    { K6_PROMETHEUS_RW_STALE_MARKERS: 'perhaps' },
    { K6_PROMETHEUS_RW_SIGV4_REGION: 'eu' },
    { K6_PROMETHEUS_RW_TLS_MIN_VERSION: '1.0' },
    { K6_PROMETHEUS_RW_CLIENT_CERTIFICATE: '/no/such/file' },
  ])('refuses %j', (env) => {
    expect(() => createRemoteWriteOutput(contextWith({ env }))).toThrow(
      expect.objectContaining({ exitCode: 104, message: expect.stringContaining('K6_PROMETHEUS_RW_') as string }),
    );
  });
});

describe('nativeHistogram', () => {
  it('counts every value once, in buckets that grow by 2^(1/8)', () => {
    const sink = new TrendSink();
    for (const value of [0, 1000, 1000, 1050, 4000, -500]) sink.add(value);
    const { count, sum, zeroCount, positive, negative } = nativeHistogram(sink, 1000);
    expect([count, sum, zeroCount]).toEqual([6, 6.55, 1]);
    expect(positive).toEqual({
      spans: [
        { offset: 0, length: 2 },
        { offset: 14, length: 1 },
      ],
      deltas: [2, -1, 0],
    });
    expect(negative).toEqual({ spans: [{ offset: -8, length: 1 }], deltas: [1] });
  });
});

function hasPrometheus(): boolean {
  try {
    execFileSync('prometheus', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const prometheus = hasPrometheus();
if (!prometheus) console.log('skipped: needs prometheus');

describe.skipIf(!prometheus)('remote write to a real Prometheus', () => {
  it('stores values, native histograms and the end of series', async () => {
    const folder = temporaryFolder();
    const port = await freePort();
    writeFileSync(join(folder, 'prometheus.yml'), 'global: {}\n');
    const child = spawn(
      'prometheus',
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${folder}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--web.enable-remote-write-receiver',
        '--enable-feature=native-histograms',
      ],
      { stdio: 'ignore' },
    );
    closers.push(() => child.kill());
    const base = `http://127.0.0.1:${port}`;
    const ready = async (): Promise<boolean> => (await fetch(`${base}/-/ready`).catch(() => undefined))?.ok ?? false;
    await expect.poll(ready, { timeout: 300_000, interval: 200 }).toBe(true);
    const query = async (expression: string): Promise<unknown[]> => {
      const response = await fetch(`${base}/api/v1/query?query=${encodeURIComponent(expression)}`);
      const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
      return data.result.map(({ value }) => Number(value[1]));
    };
    const env = { K6_PROMETHEUS_RW_SERVER_URL: `${base}/api/v1/write` };
    const now = Date.now() - 2000;
    const { logged } = await run(env, SAMPLES, now);
    await run({ ...env, K6_PROMETHEUS_RW_TREND_AS_NATIVE_HISTOGRAM: 'true' }, SAMPLES, now + 10);
    expect(logged).toEqual([]);
    expect(await query('k6_http_reqs_total{name="a",my_tag="x"}')).toEqual([2]);
    expect(await query('k6_http_req_duration_p99')).toEqual([1.49]);
    const [median] = await query('histogram_quantile(0.5, k6_http_req_duration_seconds)');
    expect(Math.abs((median as number) - 0.5)).toBeLessThan(0.05);
    await run({ ...env, K6_PROMETHEUS_RW_STALE_MARKERS: 'true' }, SAMPLES, now + 1000);
    expect(await query('k6_vus')).toEqual([]);
  });
});
