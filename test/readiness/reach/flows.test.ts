import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadManifests } from '../../../src/readiness/manifests/load.ts';
import { checkFlows, flowsSchema, loadFlows } from '../../../src/readiness/reach/flows.ts';
import { networkSchema } from '../../../src/readiness/reach/model.ts';
import { networkOf } from '../../../src/readiness/reach/network.ts';
import { root, temporaryFolder } from '../../e2e/harness.ts';

const k8s = path.join(root, 'k8s');

describe('the declared flows of Gravl', () => {
  it('hold in both environments, and nothing else passes', async () => {
    const network = networkOf(await loadManifests([k8s]));
    const results = checkFlows(network, await loadFlows(path.join(k8s, 'flows.yaml')));
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
    expect(results.filter(({ expected }) => expected === 'allowed').length).toBeGreaterThan(40);
    expect(results.filter(({ expected }) => expected === 'denied').length).toBeGreaterThan(1000);
  });
});

describe('checkFlows', () => {
  const network = networkSchema.parse({
    pods: [
      { namespace: 'a', name: 'x', ports: [{ name: 'web', port: 80 }] },
      { namespace: 'a', name: 'host', hostNetwork: true },
    ],
    policies: [],
  });
  const check = (flows: object) => checkFlows(network, flowsSchema.parse({ schemaVersion: 1, ...flows }));

  it('finds a broken flow of either kind', () => {
    const flow = { from: '1.2.3.4', to: 'a/x', port: 'web', why: 'w' };
    expect(check({ must: [flow], mustNot: [flow] }).map(({ ok }) => ok)).toEqual([true, false]);
  });

  it('proves nothing from what is undefined or not there', () => {
    const results = check({
      must: [
        { from: 'a/host', to: 'a/x', port: 80, why: 'w' },
        { from: 'a/typo', to: 'a/x', port: 80, why: 'w' },
        { from: 'a/host', to: 'a/x', port: 'none', why: 'w' },
      ],
      mustNot: [{ from: 'a/host', to: 'a/x', port: 80, why: 'w' }],
    });
    expect(results.map(({ ok, answer }) => [ok, answer])).toEqual([
      [false, 'unknown'],
      [false, undefined],
      [false, undefined],
      [false, 'unknown'],
    ]);
  });

  it('denies the rest of pairs that touch a namespace', () => {
    const results = check({
      namespaces: ['a'],
      assume: [{ namespace: 'b', name: 'y' }],
      must: [{ from: 'b/y', to: 'NAMESPACE/x', port: 80, why: 'w' }],
      denyRest: { pods: ['NAMESPACE/x', 'b/y'], ports: ['80/TCP', '81/TCP'] },
    });
    expect(results.map(({ expected, from, to, port }) => `${expected} ${from} ${to} ${port}`)).toEqual([
      'allowed b/y a/x 80',
      'denied a/x b/y 80',
      'denied a/x b/y 81',
      'denied b/y a/x 81',
    ]);
  });

  it('wants each end of ours to deny by itself', () => {
    const isolated = { podSelector: {}, policyTypes: ['Egress'] };
    const half = networkSchema.parse({
      pods: network.pods.concat({ namespace: 'a', name: 'y', labels: {}, ports: [] }),
      policies: [{ metadata: { name: 'out', namespace: 'a' }, spec: isolated }],
    });
    const flows = { schemaVersion: 1, mustNot: [{ from: 'a/y', to: 'a/x', port: 80, why: 'w' }] };
    const parsed = flowsSchema.parse({ ...flows, namespaces: ['a'] });
    expect(checkFlows(half, parsed)).toMatchObject([
      { answer: 'denied', ok: false, why: expect.stringMatching(/only one of its ends/) as string },
    ]);
    expect(checkFlows(half, flowsSchema.parse(flows))).toMatchObject([{ answer: 'denied', ok: true }]);
  });

  it('refuses a file that does not declare flows, naming the field', async () => {
    const file = path.join(temporaryFolder(), 'flows.yaml');
    writeFileSync(file, 'schemaVersion: 1\nmusst: []\n');
    await expect(loadFlows(file)).rejects.toMatchObject({
      exitCode: 2,
      problems: [expect.stringMatching(/flows\.yaml: .*musst/)],
    });
    expect(readFileSync(file, 'utf8')).toContain('musst');
  });
});
