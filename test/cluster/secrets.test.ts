/** Sealing keys and policies out of a real API server. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { openCluster } from '../../src/cluster/client.ts';
import { apiOf, type ApiObject } from '../../src/cluster/objects.ts';
import { loadManifests } from '../../src/readiness/manifests/load.ts';
import { gravlLoad, root, temporaryFolder } from '../e2e/harness.ts';

const kubeconfig = inject('kubeconfig');
const where = ['--kubeconfig', kubeconfig, '--context', 'admin'];
const fixture = (name: string): string => path.join(root, 'test/fixtures/sealing', name);

describe.skipIf(inject('apiServer') === '')('secrets and reach on a real API server', () => {
  const api = kubeconfig === '' ? undefined : apiOf(openCluster('admin', kubeconfig));
  const base64 = (name: string): string => readFileSync(fixture(name)).toString('base64');

  beforeAll(async () => {
    await api?.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/tls',
      metadata: {
        name: 'sealed-secrets-key1',
        namespace: 'kube-system',
        labels: { 'sealedsecrets.bitnami.com/sealed-secrets-key': 'active' },
      },
      data: { 'tls.crt': base64('test.crt'), 'tls.key': base64('test.key') },
    });
  });

  it('saves the active keys encrypted, and checks what was sealed with keys of the cluster or of the backup', async () => {
    const dir = temporaryFolder();
    const passphrase = path.join(dir, 'passphrase');
    writeFileSync(passphrase, 'correct horse battery staple\n', { mode: 0o600 });
    const backup = path.join(dir, 'keys.backup');
    const saved = await gravlLoad([
      'secrets',
      'backup-key',
      ...where,
      '--output',
      backup,
      '--passphrase-file',
      passphrase,
      '--results',
      dir,
    ]);
    expect([saved.exitCode, saved.stderr]).toEqual([0, '']);
    expect(statSync(backup).mode & 0o777).toBe(0o600);
    expect(readFileSync(backup, 'utf8')).not.toMatch(/PRIVATE KEY|tls\.key/);
    const sealed = path.join(dir, 'sealed.yaml');
    const place = ['--namespace', 'gravl-prod', '--name', 's', '--output', sealed];
    await gravlLoad(['secrets', 'seal', '--cert', fixture('test.crt'), ...place, '--generate', 'a=16']);
    for (const keys of [where, ['--key', backup, '--passphrase-file', passphrase]]) {
      const verified = await gravlLoad(['secrets', 'verify', sealed, ...keys]);
      expect([verified.exitCode, verified.stderr]).toEqual([0, '']);
    }
  });

  it('does not show the keys to who may not see them, and says when there is no controller', async () => {
    const refused = await gravlLoad(['secrets', 'verify', 'k8s', '--kubeconfig', kubeconfig, '--context', 'nobody']);
    expect(refused).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(/nobody does not show the sealing keys: .*forbidden/) as string,
    });
    const seal = await gravlLoad(['secrets', 'seal', ...where, '--namespace', 'a', '--name', 'b', '--generate', 'c=8']);
    expect(seal.exitCode).not.toBe(0);
    expect(seal.stderr).toMatch(/the sealed-secrets controller of admin shows no certificate/);
  });

  it('reach proves the flows of the cluster, and what differs from the manifests', async () => {
    const objects = (await loadManifests(['k8s'])).map(({ body }) => body as ApiObject);
    const namespaces = ['cert-manager', 'ingress-nginx'].map((name): ApiObject => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    }));
    for (const object of [...namespaces, ...objects.filter(({ kind }) => kind === 'Namespace'), ...objects])
      await api?.apply(object);
    const flows = await gravlLoad(['reach', ...where, '--flows', 'k8s/flows.yaml']);
    expect(flows).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^(\d+) of \1 flows hold\n$/) as string });
    const question = ['--from', 'gravl-prod/frontend', '--to', 'gravl-prod/postgres:5432/TCP'];
    expect((await gravlLoad(['reach', ...where, ...question])).stdout).toMatch(/DENIED/);
    const policy = objects.find(
      ({ metadata }) => metadata.name === 'allow-backend-to-db' && metadata.namespace === 'gravl-prod',
    );
    if (policy === undefined) throw new Error('no policy');
    await api?.remove(policy);
    try {
      const broken = await gravlLoad(['reach', ...where, '--flows', 'k8s/flows.yaml']);
      expect(broken.exitCode).toBe(5);
      expect(broken.stdout).toMatch(/BROKEN gravl-prod\/backend → gravl-prod\/postgres:5432\/TCP: must be allowed/);
      expect((await gravlLoad(['reach', ...where, '--against', 'k8s'])).stdout).toMatch(
        /gravl-prod\/backend.*gravl-prod\/postgres.*5432/,
      );
    } finally {
      await api?.apply(policy);
    }
    expect((await gravlLoad(['reach', 'k8s', ...where])).exitCode).toBe(2);
  });
});
