/** `golive apply` against a real API server: permissions, dry run, rollout, rollback. */
import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { openCluster } from '../../src/cluster/client.ts';
import { apiOf, type Api, type ApiObject } from '../../src/cluster/objects.ts';
import { gravlLoad, root, temporaryFolder } from '../e2e/harness.ts';

const kubeconfig = inject('kubeconfig');
const accept = (...steps: string[]): string[] => steps.flatMap((step) => ['--accept', `${step}=not part of this test`]);

interface Entry {
  readonly step: string;
  readonly state: string;
  readonly evidence: string;
  readonly findings: readonly string[];
}

function project(): { args: string[]; last: (step: string) => Entry | undefined } {
  const dir = temporaryFolder();
  cpSync(path.join(root, 'k8s'), path.join(dir, 'k8s'), { recursive: true });
  const args = [
    '--manifests',
    path.join(dir, 'k8s'),
    '--results',
    path.join(dir, 'results'),
    '--release',
    'v1',
    '--kubeconfig',
    kubeconfig,
    '--env',
    'staging',
  ];
  const journal = path.join(dir, 'results/golive/staging/v1/journal.json');
  return {
    args,
    last: (step) =>
      (JSON.parse(readFileSync(journal, 'utf8')) as { entries: Entry[] }).entries.findLast(
        (entry) => entry.step === step,
      ),
  };
}

/** Plays the controllers: whatever is there is ready. */
async function playControllers(
  api: Api,
  running: { on: boolean },
  ready: (object: ApiObject) => boolean,
): Promise<void> {
  const places: readonly (readonly [string, (object: ApiObject) => object])[] = [
    ['/apis/apps/v1/deployments', replicas],
    ['/apis/apps/v1/statefulsets', replicas],
    ['/apis/cert-manager.io/v1/clusterissuers', () => conditions('Ready')],
    ['/apis/cert-manager.io/v1/certificates', () => conditions('Ready')],
    ['/apis/bitnami.com/v1alpha1/sealedsecrets', () => conditions('Synced')],
  ];
  while (running.on) {
    for (const [place, status] of places) {
      const { body } = await api.cluster.get(place).catch(() => ({ body: {} }));
      for (const item of (body as { items?: ApiObject[] }).items ?? []) {
        if (!ready(item)) continue;
        const [prefix, plural] = [place.slice(0, place.lastIndexOf('/')), place.slice(place.lastIndexOf('/'))];
        const space = item.metadata.namespace === undefined ? '' : `/namespaces/${item.metadata.namespace}`;
        await api.cluster
          .send(
            'PATCH',
            `${prefix}${space}${plural}/${item.metadata.name}/status`,
            { status: status(item) },
            'application/merge-patch+json',
          )
          .catch(() => undefined);
      }
    }
    await delay(300);
  }
}

const conditions = (type: string): object => ({
  conditions: [{ type, status: 'True', reason: 'Played', message: '', lastTransitionTime: new Date().toISOString() }],
});
function replicas({ spec, metadata }: ApiObject): object {
  const wanted = (spec as { replicas: number }).replicas;
  const all = { replicas: wanted, updatedReplicas: wanted, readyReplicas: wanted, availableReplicas: wanted };
  return { ...all, observedGeneration: metadata['generation'] };
}

describe.skipIf(inject('apiServer') === '')('golive on a real API server', () => {
  const api = kubeconfig === '' ? undefined : apiOf(openCluster('admin', kubeconfig));

  beforeAll(async () => {
    for (const name of ['cert-manager', 'ingress-nginx']) {
      await api?.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
  });

  it('asks for permissions, rolls out and waits; a rollout that does not become ready is rolled back', async () => {
    if (api === undefined) throw new Error('no cluster');
    const { args, last } = project();
    const preflight = (...more: string[]) => gravlLoad(['golive', 'preflight', ...args, ...more]);
    await preflight('--context', 'nobody', ...accept('dns', 'backups', 'gates', 'notify'));
    expect(last('access')).toMatchObject({
      state: 'fail',
      findings: expect.arrayContaining(['not allowed: patch deployments.apps in gravl-staging']) as string[],
    });
    expect((await preflight('--context', 'admin')).exitCode).toBe(0);
    expect(last('access')).toMatchObject({ state: 'pass' });

    const backend = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'backend', namespace: 'gravl-staging' },
    };
    const before = await api.read(backend);
    const apply = (...more: string[]) => gravlLoad(['golive', 'apply', ...args, '--context', 'admin', ...more]);
    const stuck = { on: true };
    const playing = playControllers(api, stuck, ({ metadata }) => metadata.name !== 'backend');
    const failed = await apply('--rollout-timeout', '4s');
    stuck.on = false;
    await playing;
    expect(failed.exitCode).toBe(5);
    const step = ['policies', 'secrets', 'workloads'].map(last).find((entry) => entry?.state === 'fail');
    expect(step?.evidence).toBe('failed, and rolled back');
    // As it was: what did not exist is gone again.
    expect((await api.read(backend))?.['spec']).toEqual(before?.['spec']);

    const fine = { on: true };
    const controllers = playControllers(api, fine, () => true);
    const done = await apply('--rollout-timeout', '10m');
    fine.on = false;
    await controllers;
    expect(done.stdout).toMatch(/apply is complete/);
    expect(last('workloads')).toMatchObject({ state: 'pass' });
    expect(await api.read(backend)).toBeDefined();
  });
});
