/** Every manifest of k8s/ against a real API server: strict validation, then for real; then what we read back. */
import { inject, describe, expect, it, beforeAll } from 'vitest';
import { openCluster } from '../../src/cluster/client.ts';
import { apiOf, titleOf, type ApiObject } from '../../src/cluster/objects.ts';
import type { GateReport } from '../../src/readiness/gates/evaluate.ts';
import { loadManifests } from '../../src/readiness/manifests/load.ts';
import { gravlLoad, temporaryFolder } from '../e2e/harness.ts';

const kubeconfig = inject('kubeconfig');
const objectsOf = async (): Promise<ApiObject[]> => (await loadManifests(['k8s'])).map(({ body }) => body as ApiObject);

/** Namespaces of other teams, which a real cluster has. */
const foreign = ['cert-manager', 'ingress-nginx'];

describe.skipIf(inject('apiServer') === '')('manifests on a real API server', () => {
  const api = kubeconfig === '' ? undefined : apiOf(openCluster('admin', kubeconfig));

  beforeAll(async () => {
    for (const name of foreign) {
      await api?.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
  });

  it('takes every object, strictly, with pod security and quotas', async () => {
    const objects = await objectsOf();
    expect(objects.length).toBeGreaterThan(60);
    const namespaces = objects.filter(({ kind }) => kind === 'Namespace');
    for (const object of [...namespaces, ...objects]) {
      expect((await api?.apply(object, { dryRun: namespaces.length > 0 && object.kind !== 'Namespace' }))?.kind).toBe(
        object.kind,
      );
    }
    for (const object of objects) await api?.apply(object);
    for (const object of objects) expect(await api?.read(object), titleOf(object)).toBeDefined();
  });

  it('refuses a field that does not exist and a container that the namespace does not allow', async () => {
    const [deployment] = (await objectsOf()).filter(({ kind }) => kind === 'Deployment');
    if (deployment === undefined || api === undefined) throw new Error('no deployment');
    const wrong = { ...deployment, spec: { ...(deployment['spec'] as object), replicaz: 2 } };
    await expect(api.apply(wrong, { dryRun: true })).rejects.toMatchObject({
      code: 'cluster.rejected',
      message: expect.stringMatching(/replicaz/) as string,
    });
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'root', namespace: 'gravl-prod' },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    };
    await expect(api.apply(pod, { dryRun: true })).rejects.toMatchObject({ code: 'cluster.refused' });
  });

  it('ready reads the cluster: what controllers did not do yet is no pass', async () => {
    const args = ['ready', '--context', 'admin', '--kubeconfig', kubeconfig, '--json', '--results', temporaryFolder()];
    const { exitCode, stdout } = await gravlLoad(args);
    expect(exitCode).toBe(5);
    const report = JSON.parse(stdout) as GateReport;
    expect(report.live).toBe(true);
    const states = Object.fromEntries(report.results.map(({ id, state }) => [id, state]));
    expect(states).toMatchObject({
      'policy-flows': 'pass',
      'rbac-declared': 'pass',
      'rbac-no-wildcards': 'pass',
      'pod-security': 'pass',
      certificates: 'fail',
      'services-healthy': 'fail',
    });
  });

  it('says what is wrong with kubeconfig, permissions and connection, without a stack', async () => {
    const ready = (...args: string[]) => gravlLoad(['ready', '--results', temporaryFolder(), ...args]);
    expect(await ready('--context', 'elsewhere', '--kubeconfig', kubeconfig)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/no context "elsewhere"; it has: admin, nobody, down/) as string,
    });
    expect(await ready('--context', 'admin', '--kubeconfig', '/nowhere/config')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/kubeconfig cannot be read/) as string,
    });
    expect(await ready('--context', 'nobody', '--kubeconfig', kubeconfig)).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(/nobody does not show namespaces: .*forbidden/) as string,
    });
    const down = await ready('--context', 'down', '--kubeconfig', kubeconfig);
    expect(down).toMatchObject({ exitCode: 6, stderr: expect.stringMatching(/cannot be reached/) as string });
    expect(down.stderr).not.toMatch(/^\s+at /m);
  });
});
