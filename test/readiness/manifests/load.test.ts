import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { LoadError } from '../../../src/errors.ts';
import { loadManifests, parseManifests } from '../../../src/readiness/manifests/load.ts';
import { networkOf } from '../../../src/readiness/reach/network.ts';
import { temporaryFolder } from '../../e2e/harness.ts';

function problemsOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof LoadError) return error.problems.length > 0 ? error.problems : [error.message];
    throw error;
  }
  return [];
}

describe('manifests', () => {
  it('come from many documents, Lists and JSON', () => {
    const text = `
apiVersion: v1
kind: List
items:
  - { apiVersion: v1, kind: Namespace, metadata: { name: a } }
  - { apiVersion: v1, kind: Namespace, metadata: { name: b } }
---
# nothing here
---
{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "c"}}
`;
    expect(parseManifests('x.yaml', text).map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c']);
  });

  it('are read as kubectl reads them: YAML 1.1, merge keys, empty lists', () => {
    const text = `
apiVersion: v1
kind: Pod
metadata: { name: a, annotations: { when: 2026-01-01, port: 22:22 } }
spec: { hostNetwork: on, mode: 0644, base: &base { x: 1 }, merged: { <<: *base, z: 2 } }
---
{ apiVersion: v1, kind: PodList, items: }
---
{ apiVersion: kustomize.config.k8s.io/v1beta1, kind: Kustomization, resources: [a.yaml] }
`;
    const [pod, ...others] = parseManifests('x.yaml', text);
    expect(others).toEqual([]);
    expect(pod?.body['spec']).toEqual({ hostNetwork: true, mode: 420, base: { x: 1 }, merged: { x: 1, z: 2 } });
    // Go leaves times and base 60 text.
    expect(pod?.metadata.annotations).toEqual({ when: '2026-01-01', port: '22:22' });
  });

  it('know the line of each field', () => {
    const text =
      'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n    - name: one\n    - name: two\n';
    const [pod] = parseManifests('pod.yaml', `---\n${text}`);
    expect(pod?.where('metadata', 'name')).toBe('pod.yaml:5');
    expect(pod?.where('spec', 'containers', 1, 'name')).toBe('pod.yaml:9');
    expect(pod?.where('spec', 'hostNetwork')).toBe('pod.yaml:6');
  });

  it('name file, line and what is wrong, all problems at once', () => {
    expect(problemsOf(() => parseManifests('x.yaml', 'a: 1\n---\nkind: [\n'))).toEqual([
      expect.stringMatching(/^x\.yaml:1: apiVersion is not that of a Kubernetes object/),
      expect.stringMatching(/^x\.yaml:\d: /),
    ]);
    expect(problemsOf(() => parseManifests('x.yaml', 'just text'))).toEqual([
      expect.stringMatching(/^x\.yaml:1: the document is not that of a Kubernetes object/),
    ]);
  });

  it('cannot swell by aliases', () => {
    const levels = Array.from({ length: 12 }, (_, level) => {
      const items = Array.from({ length: 10 }, () => (level === 0 ? 'x' : `*l${level - 1}`));
      return `l${level}: &l${level} [${items.join(', ')}]`;
    });
    expect(problemsOf(() => parseManifests('bomb.yaml', levels.join('\n')))).toEqual([
      expect.stringMatching(/^bomb\.yaml:1: .*alias/i),
    ]);
  });

  it('are read from folders, without documents of ours, and a missing place is named', async () => {
    const dir = temporaryFolder();
    writeFileSync(path.join(dir, 'a.yaml'), 'apiVersion: v1\nkind: Namespace\nmetadata: { name: a }\n');
    writeFileSync(path.join(dir, 'flows.yaml'), 'schemaVersion: 1\n');
    expect(await loadManifests([dir])).toHaveLength(1);
    await expect(loadManifests([path.join(dir, 'none')])).rejects.toThrow(/none cannot be read/);
  });

  it('name the line of a policy that cannot be', () => {
    const policy = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: p, namespace: a }
spec:
  podSelector: {}
  ingress:
    - from:
        - ipBlock: { cidr: 10.0.0.0/99 }
`;
    expect(problemsOf(() => networkOf(parseManifests('p.yaml', policy)))).toEqual([
      expect.stringMatching(/^p\.yaml:8: NetworkPolicy p: .*not a CIDR/),
    ]);
    expect(problemsOf(() => networkOf(parseManifests('p.yaml', policy.replace('from', 'form'))))).toEqual([
      expect.stringMatching(/^p\.yaml:7: NetworkPolicy p: .*form/),
    ]);
  });
});

describe('the network of manifests', () => {
  it('has a pod for each workload, with the ports of all its containers', () => {
    const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: a }
spec:
  template:
    metadata: { labels: { app: web } }
    spec:
      hostNetwork: true
      initContainers: [{ name: proxy, ports: [{ name: dns, containerPort: 53, protocol: UDP }] }]
      containers: [{ name: web, ports: [{ containerPort: 80 }] }]
`;
    const cronJob = `apiVersion: batch/v1
kind: CronJob
metadata: { name: night }
spec: { jobTemplate: { spec: { template: { spec: { containers: [{ name: job }] } } } } }
`;
    expect(networkOf(parseManifests('x.yaml', `${deployment}---\n${cronJob}`)).pods).toEqual([
      {
        namespace: 'a',
        name: 'web',
        labels: { app: 'web' },
        hostNetwork: true,
        replicated: true,
        ports: [
          { port: 80, protocol: 'TCP' },
          { name: 'dns', port: 53, protocol: 'UDP' },
        ],
      },
      { namespace: 'default', name: 'night', labels: {}, replicated: true, ports: [] },
    ]);
  });
});
