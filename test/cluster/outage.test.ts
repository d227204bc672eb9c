/** An API server that goes away in the middle: said clearly, nothing half-applied, nothing left behind. */
import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openCluster } from '../../src/cluster/client.ts';
import { apiOf, type Api, type ApiObject } from '../../src/cluster/objects.ts';
import { loadManifests } from '../../src/readiness/manifests/load.ts';
import { gravlLoad, recordOf, root, target, temporaryFolder, whenMeasured } from '../e2e/harness.ts';
import { startControlPlane, type ControlPlane } from './lib/control-plane.ts';
import { startFakeOperator } from './lib/fake-operator.ts';
import { installDefinitions } from './lib/setup.ts';

interface Entry {
  readonly step: string;
  readonly state: string;
  readonly evidence: string;
  readonly findings: readonly string[];
}

const accept = (...steps: string[]): string[] => steps.flatMap((step) => ['--accept', `${step}=not part of this test`]);

describe.skipIf(inject('apiServer') === '')('an API server that goes away', () => {
  let plane: ControlPlane;
  let api: Api;
  beforeAll(async () => {
    plane = await startControlPlane(inject('apiServer'));
    await installDefinitions(plane.kubeconfig);
    api = apiOf(openCluster('admin', plane.kubeconfig));
    for (const name of ['cert-manager', 'ingress-nginx']) {
      await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
  });
  afterAll(() => plane.stop());

  const deployment = (name: string): ApiObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'gravl-staging' },
  });

  it('during a rollout: it is waited for, and everything is rolled back', async () => {
    const dir = temporaryFolder();
    cpSync(path.join(root, 'k8s'), path.join(dir, 'k8s'), { recursive: true });
    const args = ['--manifests', path.join(dir, 'k8s'), '--results', path.join(dir, 'results'), '--release', 'v1'];
    const where = ['--kubeconfig', plane.kubeconfig, '--context', 'admin', '--env', 'staging'];
    const preflight = accept('dns', 'access', 'backups', 'gates', 'notify');
    await gravlLoad(['golive', 'preflight', ...args, ...where, ...preflight]);
    let outage: Promise<void> | undefined;
    // Nobody plays the controllers: the workloads are waited for when the server dies.
    const finished = await gravlLoad(['golive', 'apply', ...args, ...where, '--rollout-timeout', '100s'], {
      onStart: () => {
        const timer = setInterval(() => {
          void api.read(deployment('frontend')).then(
            (found) => {
              if (found === undefined || outage !== undefined) return;
              clearInterval(timer);
              outage = plane.kill().then(() => new Promise((resolve) => setTimeout(resolve, 6000)));
              outage = outage.then(() => plane.restart());
            },
            () => undefined,
          );
        }, 300);
      },
    });
    await outage;
    expect(outage).toBeDefined();
    expect(finished.exitCode).toBe(5);
    expect(finished.stdout + finished.stderr).not.toMatch(/^\s+at /m);
    const journal = path.join(dir, 'results/golive/staging/v1/journal.json');
    const { entries } = JSON.parse(readFileSync(journal, 'utf8')) as { entries: Entry[] };
    expect(entries.findLast(({ step }) => step === 'workloads')).toMatchObject({
      state: 'fail',
      evidence: 'failed, and rolled back',
      findings: [expect.stringMatching(/cannot be reached/)],
    });
    for (const name of ['backend', 'frontend']) expect(await api.read(deployment(name)), name).toBeUndefined();
    // What was complete before stays, and is not done again.
    const policy = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' };
    const metadata = { name: 'gravl-default-deny', namespace: 'gravl-staging' };
    expect(await api.read({ ...policy, metadata })).toBeDefined();
  });

  it('for good, before anything was done: one line, exit code, no stack', async () => {
    const { url } = await target();
    const where = ['--kubeconfig', plane.kubeconfig, '--context', 'admin'];
    await plane.kill();
    try {
      for (const args of [
        ['run', '--engine', 'operator', '--base-url', url, '--results', temporaryFolder(), ...where],
        ['ready', ...where, '--results', temporaryFolder()],
        ['reach', ...where],
        ['secrets', 'seal', ...where, '--namespace', 'a', '--name', 'b', '--generate', 'c=8'],
      ]) {
        const finished = await gravlLoad(args);
        expect([args[0], finished.exitCode]).toEqual([args[0], 6]);
        expect(finished.stderr).toMatch(/the API server at https:\/\/127\.0\.0\.1:\d+ cannot be reached/);
        expect(finished.stderr).not.toMatch(/^\s+at /m);
      }
    } finally {
      await plane.restart();
    }
  });

  it('during a distributed load: what was measured is kept, and nothing is left in the cluster', async () => {
    for (const { body } of await loadManifests(['k8s/load/namespace.yaml'])) await api.apply(body as ApiObject);
    const fake = await startFakeOperator(plane.kubeconfig, path.join(plane.dir, 'certs'));
    try {
      const { url } = await target();
      const results = temporaryFolder();
      let outage: Promise<void> | undefined;
      const args = ['run', '--engine', 'operator', '--kubeconfig', plane.kubeconfig, '--context', 'admin', '--json'];
      const load = ['--base-url', url, '--scenario', 'health', '--duration', '20s', '--vus', '2'];
      const finished = await gravlLoad([...args, ...load, '--results', results], {
        onStart: (child) =>
          whenMeasured(results, child, () => {
            outage = plane
              .kill()
              .then(() => new Promise<void>((resolve) => setTimeout(resolve, 4000)))
              .then(() => plane.restart());
          }),
      });
      await outage;
      expect(finished.stderr).not.toMatch(/^\s+at /m);
      const record = recordOf(finished);
      expect(record.total.requests).toBeGreaterThan(0);
      // Either all of it was seen in spite of the outage, or the record says that it was not.
      expect(record.verdict.state === 'PASS').toBe(finished.exitCode === 0);
      const query = `labelSelector=${encodeURIComponent('app.kubernetes.io/managed-by=gravl-load')}`;
      for (const place of [
        '/api/v1/namespaces/gravl-load/configmaps',
        '/apis/k6.io/v1alpha1/namespaces/gravl-load/testruns',
      ]) {
        expect(((await api.cluster.get(`${place}?${query}`)).body as { items: unknown[] }).items).toEqual([]);
      }
    } finally {
      await fake.close();
    }
  });
});
