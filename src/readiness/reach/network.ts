/** The network that manifests describe: one pod a workload, because all its pods are alike to the policies. */
import type { z } from 'zod';
import { LoadError } from '../../errors.ts';
import type { KubeObject } from '../manifests/load.ts';
import { containersOf, workloadsOf } from '../manifests/workloads.ts';
import { AddressBlock } from './address.ts';
import { policySchema, type Network, type Pod, type Policy } from './model.ts';

/** Manifests do not say which addresses pods get; where clusters take them from as a rule. */
const privateRanges = ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'];

/** @throws LoadError manifests.invalid with every problem of every policy */
export function networkOf(objects: readonly KubeObject[]): Network {
  const namespaces = objects
    .filter(({ kind }) => kind === 'Namespace')
    .map(({ metadata }) => ({ name: metadata.name, labels: { ...metadata.labels } }));
  const problems: string[] = [];
  const policies = objects.flatMap((object) => policyOf(object, problems));
  if (problems.length > 0) {
    const [first = ''] = problems;
    throw new LoadError('manifests.invalid', problems.length === 1 ? first : `${problems.length} problems:`, {
      problems: problems.length === 1 ? [] : problems,
    });
  }
  return { namespaces, pods: podsOf(objects), policies, podCidrs: privateRanges };
}

function podsOf(objects: readonly KubeObject[]): Pod[] {
  const pods = new Map<string, Pod>();
  const kinds = new Map<string, string>();
  for (const workload of workloadsOf(objects)) {
    const { object, namespace, name, template } = workload;
    const { metadata, spec } = template;
    const { kind } = object;
    const taken = kinds.get(`${namespace}/${name}`) ?? kind;
    // Kinds may share a name; of one kind the last one counts, as for kubectl apply.
    const unique = taken === kind ? name : `${name}-${kind.toLowerCase()}`;
    kinds.set(`${namespace}/${unique}`, kind);
    pods.set(`${namespace}/${unique}`, {
      namespace,
      name: unique,
      labels: metadata?.labels ?? {},
      ports: containersOf(workload).flatMap(({ ports }) =>
        (ports ?? []).map((port) => ({
          ...(port.name == null ? {} : { name: port.name }),
          port: port.containerPort,
          protocol: port.protocol ?? 'TCP',
        })),
      ),
      ...(spec.hostNetwork === true ? { hostNetwork: true } : {}),
      ...(kind === 'Pod' ? {} : { replicated: true }),
    });
  }
  return [...pods.values()];
}

function policyOf(object: KubeObject, problems: string[]): Policy[] {
  if (object.kind !== 'NetworkPolicy' || !object.apiVersion.startsWith('networking.k8s.io/')) return [];
  const parsed = policySchema.safeParse(object.body);
  const report = (keys: readonly (string | number)[], message: string): void => {
    problems.push(`${object.where(...keys)}: NetworkPolicy ${object.metadata.name}: ${keys.join('.')}: ${message}`);
  };
  if (!parsed.success) {
    for (const issue of parsed.error.issues) report(keysOf(issue), issue.message);
    return [];
  }
  checkAddresses(parsed.data, report);
  return [parsed.data];
}

function checkAddresses({ spec }: Policy, report: (keys: (string | number)[], message: string) => void): void {
  const rules = [
    ...(spec.ingress ?? []).map((rule, index) => ({ peers: rule?.from ?? [], keys: ['ingress', index, 'from'] })),
    ...(spec.egress ?? []).map((rule, index) => ({ peers: rule?.to ?? [], keys: ['egress', index, 'to'] })),
  ];
  for (const { peers, keys } of rules) {
    for (const [index, { ipBlock }] of peers.entries()) {
      if (ipBlock == null) continue;
      try {
        for (const stray of new AddressBlock(ipBlock.cidr, ipBlock.except ?? []).strayExceptions) {
          report(
            ['spec', ...keys, index, 'ipBlock'],
            `${stray} is not a part of ${ipBlock.cidr}; except takes parts out`,
          );
        }
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        report(['spec', ...keys, index, 'ipBlock'], error.message);
      }
    }
  }
}

const keysOf = (issue: z.core.$ZodIssue): (string | number)[] =>
  issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
