/** The steps of validate, and the backups of preflight, against an API server and a Prometheus that tests play. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { gravlK6, gravlLoad, root, target, unhurriedFolder } from '../../e2e/harness.ts';

interface Entry {
  readonly step: string;
  readonly state: string;
  readonly evidence: string;
  readonly findings: readonly string[];
}

type Answer = readonly [status: number, body: unknown];

async function web(answer: (method: string, url: URL) => Answer): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    const [status, body] = answer(request.method ?? '', new URL(request.url ?? '', 'http://x'));
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const pods = '/api/v1/namespaces/gravl-staging/pods';
const pod = (name: string) => ({
  metadata: { name, namespace: 'gravl-staging' },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
});

/** What the steps ask of a cluster; each test changes what it is about. */
async function cluster() {
  const state = {
    backend: ['backend-1', 'backend-2'],
    replaces: true,
    log: 'line\n',
    lastSuccess: new Date().toISOString() as string | undefined,
    deleted: [] as string[],
  };
  const resources = (...kinds: readonly string[]): Answer => [
    200,
    { resources: kinds.map((kind) => ({ kind, name: `${kind.toLowerCase()}s`, namespaced: kind !== 'Namespace' })) },
  ];
  const server = await web((method, { pathname, searchParams }) => {
    if (pathname === '/api/v1') return resources('Pod', 'Service', 'Namespace');
    if (pathname === '/apis/batch/v1') return resources('CronJob');
    if (pathname.endsWith('/cronjobs/postgres-backup')) {
      return [200, { metadata: {}, status: { lastSuccessfulTime: state.lastSuccess } }];
    }
    if (pathname.endsWith('/log')) return [200, state.log];
    if (method === 'DELETE' && pathname.startsWith(`${pods}/`)) {
      const name = pathname.split('/').at(-1) ?? '';
      state.deleted.push(name);
      state.backend = state.backend.filter((one) => one !== name);
      if (state.replaces) state.backend.push(`backend-new-${state.deleted.length}`);
      return [200, {}];
    }
    if (pathname === pods) {
      const names = searchParams.get('labelSelector') === 'app=backend' ? state.backend : ['frontend-1'];
      return [200, { items: names.map(pod) }];
    }
    return [404, { message: `no ${pathname}` }];
  });
  return { state, server };
}

/** Everything accepted but the steps of this test, on a project of its own. */
function project(server: string, change: (place: Record<string, unknown>) => void = () => undefined) {
  const dir = unhurriedFolder();
  cpSync(path.join(root, 'k8s'), path.join(dir, 'k8s'), { recursive: true });
  const file = path.join(dir, 'k8s/golive.yaml');
  const declared = parse(readFileSync(file, 'utf8')) as { environments: { staging: Record<string, unknown> } };
  change(declared.environments.staging);
  writeFileSync(file, stringify(declared));
  const kubeconfig = path.join(dir, 'kubeconfig');
  writeFileSync(
    kubeconfig,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server } }],
      users: [{ name: 'u', user: {} }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    }),
  );
  const common = ['--env', 'staging', '--release', 'v1', '--manifests', path.join(dir, 'k8s')];
  const args = [...common, '--results', path.join(dir, 'results'), '--context', 'c', '--kubeconfig', kubeconfig];
  const accept = (...steps: string[]) => steps.flatMap((step) => ['--accept', `${step}=not part of this test`]);
  const all = {
    preflight: ['dns', 'access', 'backups', 'gates', 'notify'],
    apply: ['namespaces', 'server-dry-run', 'policies', 'secrets', 'workloads', 'ingress'],
    validate: ['services', 'gates-live', 'smoke', 'metrics', 'logs'],
  };
  const golive = (phase: keyof typeof all, steps: readonly string[], ...more: string[]) =>
    gravlLoad(['golive', phase, ...args, ...accept(...all[phase].filter((step) => !steps.includes(step))), ...more]);
  const journal = path.join(dir, 'results/golive/staging/v1/journal.json');
  const last = (step: string): Entry | undefined =>
    (JSON.parse(readFileSync(journal, 'utf8')) as { entries: Entry[] }).entries.findLast((one) => one.step === step);
  return { dir, args, accept, golive, last };
}

async function applied(...args: Parameters<typeof project>) {
  const made = project(...args);
  await made.golive('preflight', []);
  await made.golive('apply', [], '--yes');
  return made;
}

describe('golive against a cluster', () => {
  it('backups pass when keys and data were saved lately, and fail when one was not', async () => {
    const { state, server } = await cluster();
    const { dir, golive, last } = project(server);
    const passphrase = path.join(dir, 'passphrase');
    writeFileSync(passphrase, 'correct horse battery staple\n');
    const keys = path.join(dir, 'keys.yaml');
    const data = (name: string) => readFileSync(path.join(root, 'test/fixtures/sealing', name)).toString('base64');
    writeFileSync(
      keys,
      stringify({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'k', labels: { 'sealedsecrets.bitnami.com/sealed-secrets-key': 'active' } },
        data: { 'tls.crt': data('test.crt'), 'tls.key': data('test.key') },
      }),
    );
    const output = ['--output', path.join(dir, 'keys.backup'), '--results', path.join(dir, 'results')];
    await gravlLoad(['secrets', 'backup-key', '--input', keys, '--passphrase-file', passphrase, ...output]);
    await golive('preflight', ['backups']);
    expect(last('backups')).toMatchObject({
      state: 'pass',
      evidence: expect.stringMatching(/sealing keys of .*, database of /) as string,
    });
    state.lastSuccess = new Date(Date.now() - 25 * 3_600_000).toISOString();
    await golive('preflight', ['backups'], '--again');
    expect(last('backups')).toMatchObject({ state: 'fail', findings: [expect.stringMatching(/last succeeded at/)] });
    state.lastSuccess = undefined;
    await golive('preflight', ['backups'], '--again');
    expect(last('backups')?.findings).toEqual([expect.stringMatching(/never succeeded/)]);
  });

  it('logs, metrics and gates are what cluster and Prometheus say', async () => {
    const { state, server } = await cluster();
    let up = '1';
    let traffic = '5';
    const prometheus = await web((_, { searchParams }) => {
      const scraped = searchParams.get('query')?.startsWith('up{') === true;
      const sample = { metric: { app: 'backend', instance: 'i' }, value: [0, scraped ? up : traffic] };
      return [200, { data: { result: [sample], groups: [] } }];
    });
    const { golive, last } = await applied(server);
    const validate = () => golive('validate', ['logs', 'metrics', 'gates-live'], '--prometheus', prometheus, '--again');
    await validate();
    // The cluster that is played has neither pods nor policies of its own: the gates say so, and nothing goes on after.
    expect(last('gates-live')).toMatchObject({ state: 'fail', evidence: expect.stringMatching(/\d+ fail/) as string });
    expect(last('gates-live')?.findings.join('\n')).toMatch(/services-healthy: fail/);
    const rest = () => golive('validate', ['logs', 'metrics'], '--prometheus', prometheus, '--again');
    await rest();
    expect(last('metrics')).toMatchObject({ state: 'pass', evidence: '1 targets' });
    expect(last('logs')).toMatchObject({ state: 'pass', evidence: 'backend, frontend' });
    state.log = '';
    await rest();
    expect(last('logs')?.findings).toContain('backend has logged nothing in the last 15 minutes');
    [up, traffic] = ['0', '0'];
    await rest();
    expect(last('metrics')).toMatchObject({
      state: 'fail',
      findings: ['backend i is not scraped', expect.stringMatching(/no traffic is counted/)],
    });
  });

  it('the failover drill deletes one pod, asks meanwhile, and waits for another', async () => {
    const { state, server } = await cluster();
    let healthy = true;
    const site = await web(() => [healthy ? 200 : 503, 'ok']);
    const made = await applied(server, (place) => (place['checks'] = [{ name: 'API', url: `${site}/health` }]));
    const drill = (...more: string[]) => made.golive('validate', [], '--again', '--drill', ...more);
    await drill();
    expect(made.last('failover')).toMatchObject({
      state: 'pass',
      evidence: expect.stringMatching(/^backend-1 was deleted; \d+ questions meanwhile, 0 failed$/) as string,
    });
    expect(state.deleted).toEqual(['backend-1']);
    healthy = false;
    await drill();
    expect(made.last('failover')).toMatchObject({ state: 'fail', findings: [expect.stringMatching(/answers 503/)] });
    [healthy, state.replaces] = [true, false];
    await drill('--rollout-timeout', '1s');
    expect(made.last('failover')?.findings).toEqual(['1 of 2 pods are ready again']);
    // One pod is left: its loss would be an outage, so it is left alone.
    await drill();
    expect(made.last('failover')?.findings).toEqual(['backend has one pod: its loss is an outage']);
    expect(state.deleted).toHaveLength(3);
  });

  it('the smoke load is a run of its own, with its verdict', async () => {
    const { server } = await cluster();
    const made = await applied(server);
    const smoke = async (url: string) =>
      gravlLoad(
        ['golive', 'validate', ...made.args, ...made.accept('services', 'gates-live', 'metrics', 'logs'), '--again'],
        // The k6 command does not tell how busy the machine was: nothing but the target is judged.
        { cwd: made.dir, env: { GRAVL_API_URL: url, GRAVL_LOAD_ITERATIONS: '30', K6_BIN: gravlK6 } },
      );
    await smoke((await target()).url);
    expect(made.last('smoke')).toMatchObject({
      state: 'pass',
      evidence: expect.stringMatching(/^run \S+-smoke-\w+: \d+ requests, p95 /) as string,
    });
    await smoke((await target({ errorRate: 0.9 })).url);
    expect(made.last('smoke')).toMatchObject({ state: 'fail', findings: [expect.stringMatching(/^FAIL: /)] });
    await smoke('http://127.0.0.1:1');
    expect(made.last('smoke')).toMatchObject({ state: 'fail' });
  });
});
