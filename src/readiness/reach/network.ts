/** The network that manifests describe: one pod a workload, because all its pods are alike to the policies. */
import type { z } from 'zod';
import { LoadError } from '../../errors.ts';
import type { KubeObject } from '../manifests/load.ts';
import { workloadsOf } from '../manifests/workloads.ts';
import { AddressBlock } from './match.ts';
import { policySchema, type Network, type Pod, type Policy } from './model.ts';

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
  return { namespaces, pods: podsOf(objects), policies };
}

function podsOf(objects: readonly KubeObject[]): Pod[] {
  return workloadsOf(objects).map(({ namespace, name, template: { metadata, spec } }) => ({
    namespace,
    name,
    labels: metadata?.labels ?? {},
    ports: [...spec.containers, ...(spec.initContainers ?? [])].flatMap(({ ports }) =>
      (ports ?? []).map((port) => ({
        ...(port.name == null ? {} : { name: port.name }),
        port: port.containerPort,
        protocol: port.protocol ?? 'TCP',
      })),
    ),
    ...(spec.hostNetwork === true ? { hostNetwork: true } : {}),
  }));
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
        new AddressBlock(ipBlock.cidr, ipBlock.except ?? []);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        report(['spec', ...keys, index, 'ipBlock'], error.message);
      }
    }
  }
}

const keysOf = (issue: z.core.$ZodIssue): (string | number)[] =>
  issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
