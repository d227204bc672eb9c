/** `run --engine operator` against a real API server; the operator and the node are played, the load is real. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { openCluster } from '../../src/cluster/client.ts';
import { apiOf, type ApiObject } from '../../src/cluster/objects.ts';
import { loadManifests } from '../../src/readiness/manifests/load.ts';
import { gravlLoad, recordOf, target, temporaryFolder, type Options, whenMeasured } from '../e2e/harness.ts';
import { startFakeOperator, type FakeOperator } from './lib/fake-operator.ts';

const kubeconfig = inject('kubeconfig');

const run = (url: string, args: readonly string[], options: Options = {}) =>
  gravlLoad(
    [
      'run',
      '--engine',
      'operator',
      '--kubeconfig',
      kubeconfig,
      '--context',
      'admin',
      '--base-url',
      url,
      '--scenario',
      'health,exercises',
      '--results',
      temporaryFolder(),
      '--json',
      ...args,
    ],
    options,
  );

async function operator(misbehave?: Parameters<typeof startFakeOperator>[2]): Promise<FakeOperator> {
  const running = await startFakeOperator(kubeconfig, inject('certs'), misbehave);
  onTestFinished(() => running.close());
  return running;
}

/** What is left in the namespace: nothing of any run. */
async function leftovers(): Promise<string[]> {
  const cluster = openCluster('admin', kubeconfig);
  const query = `labelSelector=${encodeURIComponent('app.kubernetes.io/managed-by=gravl-load')}`;
  const places = ['/api/v1/namespaces/gravl-load/configmaps', '/apis/k6.io/v1alpha1/namespaces/gravl-load/testruns'];
  const found = await Promise.all(places.map((place) => cluster.get(`${place}?${query}`)));
  return found.flatMap(({ body }) => (body as { items: ApiObject[] }).items.map(({ metadata }) => metadata.name));
}

describe.skipIf(inject('apiServer') === '')('run --engine operator', () => {
  beforeAll(async () => {
    const api = apiOf(openCluster('admin', kubeconfig));
    for (const { body } of await loadManifests(['k8s/load/namespace.yaml'])) await api.apply(body as ApiObject);
  });

  it.each(['json', 'record'])(
    'merges the pods that log %s into one record, and leaves nothing behind',
    async (output) => {
      await operator();
      const { url, requests } = await counted();
      const finished = await run(url, [
        '--parallelism',
        '2',
        '--runner-output',
        output,
        '--iterations',
        '60',
        '--vus',
        '4',
        '--tag',
        'a=b',
      ]);
      expect(finished.stderr).toBe('');
      const record = recordOf(finished);
      expect(finished.exitCode).toBe(record.exitCode);
      expect(record.engine).toEqual({ name: 'operator', version: '2.2.0' });
      expect(record.machine).toMatchObject({ cpus: 2, model: '2 pods of the k6-operator' });
      // Every iteration is one request, on one of the two pods.
      expect(record.iterations).toBe(60);
      expect(record.total.requests).toBe(60);
      // And one question before and one after: is the target there?
      expect(requests()).toBe(62);
      // Seen once a second: a busy machine may miss the moment when all are there.
      expect(record.vusMax).toBeLessThanOrEqual(4);
      expect(record.endpoints.reduce((total, { requests: n }) => total + n, 0)).toBe(60);
      expect(record.total.histogram).not.toBeNull();
      expect(record.checks.reduce((total, { passes, fails }) => total + passes + fails, 0)).toBeGreaterThan(120);
      const p95 = record.thresholds.find(
        ({ metric, expression }) => metric === 'http_req_duration' && expression === 'p(95)<200',
      );
      expect(p95?.value).toBeCloseTo(record.total.duration?.p95 ?? NaN, 0);
      const series = readFileSync(path.join(record.dir, 'series.ndjson'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { endpoint: string; requests: number });
      expect(series.filter(({ endpoint }) => endpoint === '').reduce((total, line) => total + line.requests, 0)).toBe(
        60,
      );
      expect(await leftovers()).toEqual([]);
    },
  );

  it('runs with no more than the role load-runner', async () => {
    const cluster = openCluster('admin', kubeconfig);
    const answer = await cluster.send('POST', '/api/v1/namespaces/gravl-load/serviceaccounts/load-runner/token', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {},
    });
    const { token } = (answer.body as { status: { token: string } }).status;
    const own = path.join(temporaryFolder(), 'kubeconfig');
    const config = parse(readFileSync(kubeconfig, 'utf8')) as { users: { name: string; user: object }[] };
    config.users = config.users.map((user) => (user.name === 'admin' ? { name: 'admin', user: { token } } : user));
    writeFileSync(own, stringify(config));
    await operator();
    const { url } = await target();
    const finished = await run(url, ['--iterations', '4', '--vus', '1', '--kubeconfig', own]);
    expect(finished.stderr).toBe('');
    expect(recordOf(finished).total.requests).toBe(4);
    expect(await leftovers()).toEqual([]);
  });

  it('judges thresholds on the whole, and exits as k6 does', async () => {
    await operator();
    const { url } = await target({ errorRate: 0.5 });
    const finished = await run(url, ['--parallelism', '2', '--iterations', '40', '--vus', '2']);
    const record = recordOf(finished);
    expect(finished.exitCode).toBe(99);
    const failed = record.thresholds.find(({ metric }) => metric === 'http_req_failed');
    expect(failed).toMatchObject({ ok: false, value: record.total.failed / record.total.requests });
    expect(record.samples.length).toBeGreaterThan(0);
  });

  it('Ctrl-C ends the pods, keeps what was measured and cleans up', async () => {
    await operator();
    const { url } = await target();
    const results = temporaryFolder();
    const finished = await run(url, ['--duration', '10m', '--vus', '2', '--results', results], {
      onStart: (child) => whenMeasured(results, child, () => child.kill('SIGINT')),
    });
    expect(finished.exitCode).toBe(130);
    const record = recordOf(finished);
    expect(record.interrupted).toBe(true);
    expect(record.total.requests).toBeGreaterThan(0);
    expect(await leftovers()).toEqual([]);
  });

  it('a pod that dies is no success', async () => {
    const fake = await operator();
    const { url } = await target();
    const results = temporaryFolder();
    const load = ['--parallelism', '2', '--duration', '20s', '--vus', '2', '--results', results];
    const finished = await run(url, load, {
      onStart: (child) => whenMeasured(results, child, () => fake.kill(0)),
    });
    expect(finished.exitCode).toBe(6);
    const record = recordOf(finished);
    expect(record.verdict.state).not.toBe('PASS');
    expect(record.missing['thresholds']).toMatch(/only 1 of 2 pods gave a summary/);
    expect(await leftovers()).toEqual([]);
  });

  it.each([
    ['never-starts', '20s', /0 of 1 runner pods started within 20 s[\s\S]*ImagePullBackOff/],
    ['gives-up', '5m', /the k6-operator gave the TestRun up \(error\)/],
    [undefined, '3s', /not looked at by the operator/],
  ] as const)('an operator that %s: says why, and cleans up', async (how, timeout, message) => {
    if (how !== undefined) await operator(how);
    const { url } = await target();
    const { exitCode, stderr } = await run(url, ['--start-timeout', timeout]);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(6);
    expect(await leftovers()).toEqual([]);
  });

  it('without permission or operator nothing is applied', async () => {
    const { url } = await target();
    const refused = await run(url, ['--context', 'nobody']);
    expect(refused).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(/- create testruns\.k6\.io in gravl-load/) as string,
    });
    const api = apiOf(openCluster('admin', kubeconfig));
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'testruns.k6.io' },
    };
    const kept = await api.read(definition);
    if (kept === undefined) throw new Error('no definition');
    await api.remove(definition);
    try {
      await expect
        .poll(async () => (await api.cluster.get('/apis/k6.io/v1alpha1')).status, { timeout: 300_000 })
        .toBe(404);
      const missing = await run(url, []);
      expect(missing).toMatchObject({ exitCode: 6, stderr: expect.stringMatching(/has no k6-operator/) as string });
    } finally {
      await api.restore({ ...kept, status: undefined });
      await expect
        .poll(async () => (await api.cluster.get('/apis/k6.io/v1alpha1')).status, { timeout: 300_000 })
        .toBe(200);
    }
  });
});

/** A target that counts its requests. */
async function counted(): Promise<{ url: string; requests: () => number }> {
  const { url } = await target();
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    void fetch(`${url}${request.url ?? ''}`).then(async (answer) => {
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
      response.end(await answer.text());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, requests: () => requests };
}
