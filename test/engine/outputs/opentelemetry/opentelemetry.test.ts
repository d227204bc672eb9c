import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { createOpenTelemetryOutput } from '../../../../src/engine/outputs/opentelemetry/index.ts';
import type { TestSample } from '../samples.ts';
import { contextWith, END, feed } from '../samples.ts';
import type { DecodedMetric } from '../otlp-proto.ts';
import { decodeExport } from '../otlp-proto.ts';

const SAMPLES: readonly TestSample[] = [
  { metric: 'http_reqs', value: 1, tags: { name: 'a' } },
  { metric: 'http_reqs', value: 1, tags: { name: 'a' } },
  { metric: 'http_reqs', value: 1, tags: { name: 'b' } },
  { metric: 'vus', value: 4 },
  { metric: 'checks', value: 1 },
  { metric: 'checks', value: 1 },
  { metric: 'checks', value: 0 },
  { metric: 'http_req_duration', value: 7 },
  { metric: 'http_req_duration', value: 20_000 },
];

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function httpReceiver(status = 200) {
  const received: { url: string | undefined; headers: IncomingHttpHeaders; body: Buffer }[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      received.push({ url: request.url, headers: request.headers, body: Buffer.concat(parts) });
      response.writeHead(status).end('not today');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return { endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

async function grpcReceiver() {
  const received: Buffer[] = [];
  const server = new Server();
  const bytes = (value: Buffer): Buffer => value;
  server.addService(
    {
      export: {
        path: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
        requestStream: false,
        responseStream: false,
        requestSerialize: bytes,
        requestDeserialize: bytes,
        responseSerialize: bytes,
        responseDeserialize: bytes,
      },
    },
    {
      export: (call: { request: Buffer }, callback: (error: null, value: Buffer) => void) => {
        received.push(call.request);
        callback(null, Buffer.alloc(0));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  closers.push(() => server.forceShutdown());
  return { endpoint: `127.0.0.1:${port}`, received };
}

async function run(env: Record<string, string>) {
  const context = contextWith({ env });
  const output = createOpenTelemetryOutput(context);
  await output.start();
  feed(SAMPLES, (batch) => output.addSamples(batch));
  await output.stop(END);
  return context;
}

function httpEnv(endpoint: string, more: Record<string, string> = {}): Record<string, string> {
  return {
    K6_OTEL_EXPORTER_PROTOCOL: 'http/protobuf',
    K6_OTEL_HTTP_EXPORTER_ENDPOINT: endpoint,
    K6_OTEL_HTTP_EXPORTER_INSECURE: 'true',
    ...more,
  };
}

function metricsOf(body: Uint8Array): Map<string, DecodedMetric> {
  return new Map(decodeExport(body).resourceMetrics[0].scopeMetrics[0].metrics.map((metric) => [metric.name, metric]));
}

describe('createOpenTelemetryOutput', () => {
  it('sends every kind of metric as OpenTelemetry has it, over HTTP', async () => {
    const { endpoint, received } = await httpReceiver();
    await run(
      httpEnv(endpoint, { K6_OTEL_HEADERS: 'x-tenant=me', K6_OTEL_METRIC_PREFIX: 'k6_', K6_OTEL_SERVICE_NAME: 'load' }),
    );
    expect(received).toHaveLength(1);
    const { url, headers, body } = received[0]!;
    expect([url, headers['x-tenant'], headers['content-type']]).toEqual([
      '/v1/metrics',
      'me',
      'application/x-protobuf',
    ]);
    expect(decodeExport(body).resourceMetrics[0].resource.attributes).toEqual([
      { key: 'service.name', value: { stringValue: 'load' } },
      { key: 'service.version', value: { stringValue: '1.2.3' } },
    ]);
    const metrics = metricsOf(body);
    expect([...metrics.keys()].sort()).toEqual(['k6_checks', 'k6_http_req_duration', 'k6_http_reqs', 'k6_vus']);
    const counter = metrics.get('k6_http_reqs')!.sum!;
    expect([counter.aggregationTemporality, counter.isMonotonic]).toEqual([2, true]);
    expect(
      counter.dataPoints.map(({ asDouble, attributes }) => [asDouble, attributes?.[0]?.value.stringValue]),
    ).toEqual([
      [2, 'a'],
      [1, 'b'],
    ]);
    expect(metrics.get('k6_vus')!.gauge!.dataPoints[0]).toMatchObject({
      asDouble: 4,
      timeUnixNano: '1700000000000000000',
    });
    expect(metrics.get('k6_checks')!.sum!.dataPoints.map(({ asInt, attributes }) => [asInt, attributes])).toEqual([
      ['2', [{ key: 'condition', value: { stringValue: 'nonzero' } }]],
      ['1', [{ key: 'condition', value: { stringValue: 'zero' } }]],
    ]);
    const { unit, histogram } = metrics.get('k6_http_req_duration')!;
    expect([unit, histogram!.dataPoints[0]]).toMatchObject(['ms', { count: '2', sum: 20_007, min: 7, max: 20_000 }]);
    const counts = histogram!.dataPoints[0]!.bucketCounts!;
    expect([counts.length, counts[2], counts.at(-1)]).toEqual([16, '1', '1']);
  });

  it('sends the same over gRPC', async () => {
    const { endpoint, received } = await grpcReceiver();
    const { logged } = await run({ K6_OTEL_GRPC_EXPORTER_ENDPOINT: endpoint, K6_OTEL_GRPC_EXPORTER_INSECURE: 'true' });
    expect(logged).toEqual([]);
    expect(received.map((body) => [...metricsOf(body).keys()].sort())).toEqual([
      ['checks', 'http_req_duration', 'http_reqs', 'vus'],
    ]);
  });

  it('has the two counters of a rate that older versions had, when asked to', async () => {
    const { endpoint, received } = await httpReceiver();
    await run(httpEnv(endpoint, { K6_OTEL_SINGLE_COUNTER_FOR_RATE: 'false' }));
    const metrics = metricsOf(received[0]!.body);
    expect(metrics.get('checks.occurred')?.sum?.dataPoints[0]?.asInt).toBe('2');
    expect(metrics.get('checks.total')?.sum?.dataPoints[0]?.asInt).toBe('3');
  });

  it('tells what the receiver answered and lets the run go on', async () => {
    const { endpoint } = await httpReceiver(503);
    const { logged } = await run(httpEnv(endpoint));
    expect(logged).toEqual([
      `error: opentelemetry: ${endpoint} answered 503: not today`,
      'warning: opentelemetry: 1 pushes failed in all',
    ]);
  });

  it.each([
    { K6_OTEL_EXPORTER_PROTOCOL: 'carrier pigeon' },
    { K6_OTEL_EXPORT_INTERVAL: 'soon' },
    { K6_OTEL_EXPORTER_TYPE: 'http', K6_OTEL_HTTP_EXPORTER_ENDPOINT: 'http://x:1/y' },
    { K6_OTEL_TLS_CERTIFICATE: '/no/such/file' },
    { K6_OTEL_HEADERS: 'nonsense' },
  ])('refuses %j with the name of the variable', (env) => {
    const name = Object.keys(env).at(-1)!;
    expect(() => createOpenTelemetryOutput(contextWith({ env }))).toThrow(
      expect.objectContaining({ exitCode: 104, message: expect.stringContaining(name) as string }),
    );
  });
});
