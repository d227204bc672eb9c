/**
 * Every line of the policies, the roles and the security contexts carries weight: without it, or with it loosened, a gate
 * or a flow turns red. The mutations are enumerated from the manifests, so a new line is tested too.
 */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { LoadError } from '../../src/errors.ts';
import { gatherContext } from '../../src/readiness/gates/context.ts';
import { evaluateGates } from '../../src/readiness/gates/evaluate.ts';
import type { GateContext } from '../../src/readiness/gates/model.ts';
import type { KubeObject } from '../../src/readiness/manifests/load.ts';
import { root, temporaryFolder } from '../e2e/harness.ts';

type Key = string | number;
type Tree = Record<Key, unknown>;

const at = (tree: unknown, keys: readonly Key[]): unknown =>
  keys.reduce<unknown>((value, key) => (value as Tree | undefined)?.[key], tree);

/** Every path below `from`: fields and list elements. */
function paths(tree: unknown, from: readonly Key[]): (readonly Key[])[] {
  const value = at(tree, from);
  if (typeof value !== 'object' || value === null) return [];
  const keys: Key[] = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
  return keys.flatMap((key) => [[...from, key], ...paths(tree, [...from, key])]);
}

function without(tree: unknown, keys: readonly Key[]): unknown {
  const copy = structuredClone(tree);
  const parent = at(copy, keys.slice(0, -1));
  const last = keys[keys.length - 1] as Key;
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else Reflect.deleteProperty(parent as Tree, last);
  return copy;
}

function replaced(tree: unknown, keys: readonly Key[], value: unknown): unknown {
  const copy = structuredClone(tree);
  (at(copy, keys.slice(0, -1)) as Tree)[keys[keys.length - 1] as Key] = value;
  return copy;
}

interface Mutation {
  readonly what: string;
  readonly body: unknown;
}

const removals = (body: unknown, from: readonly Key[]): Mutation[] =>
  paths(body, from).map((keys) => ({ what: `without ${keys.join('.')}`, body: without(body, keys) }));

/** Values of one kind of field, made more permissive. */
function loosened(
  body: unknown,
  from: readonly Key[],
  loosen: (key: Key, value: unknown) => readonly unknown[],
): Mutation[] {
  return paths(body, from).flatMap((keys) =>
    loosen(keys[keys.length - 1] as Key, at(body, keys)).map((value) => ({
      what: `${keys.join('.')} = ${JSON.stringify(value)}`,
      body: replaced(body, keys, value),
    })),
  );
}

function loosenPolicy(key: Key, value: unknown): unknown[] {
  if (key === 'podSelector' || key === 'namespaceSelector' || key === 'matchLabels') {
    return JSON.stringify(value) === '{}' ? [] : [{}];
  }
  if (key === 'cidr') return value === '0.0.0.0/0' || value === '::/0' ? [] : ['0.0.0.0/0'];
  if (key === 'ingress' || key === 'egress') return [[{}]];
  if (key === 'from' || key === 'to') return [[], [{ namespaceSelector: {} }]];
  if (key === 'ports') return [[]];
  if (typeof value === 'string' && /^\S+\/\d+$/.test(value)) {
    const [address = '', bits] = value.split('/');
    // Half of the block is no longer taken out.
    return key === 'cidr' ? [] : [`${address}/${Number(bits) + 1}`];
  }
  return [];
}

const loosenRole = (_: Key, value: unknown): unknown[] => {
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) return [];
  return [['*'], [...value, 'secrets'], [...value, 'impersonate']];
};

const loosenSecurity = (key: Key, value: unknown): unknown[] => {
  if (typeof value === 'boolean') return [!value];
  if (typeof value === 'number') return [0];
  if (key === 'drop') return [['NET_RAW']];
  if (key === 'type') return ['Unconfined'];
  if (key === 'sysctls') return [[...(value as unknown[]), { name: 'kernel.msgmax', value: '1' }]];
  return [];
};

async function contextOf(environment: GateContext['environment']): Promise<GateContext> {
  return gatherContext({
    environment,
    manifests: path.join(root, 'k8s'),
    results: temporaryFolder(),
    context: undefined,
    kubeconfig: undefined,
    scans: [],
    sealingCert: undefined,
    tls: undefined,
    prometheus: undefined,
    now: new Date(),
  });
}

/** Gates that are red; a manifest that cannot be read any more is red as well. */
function redGates(context: GateContext): string[] {
  try {
    return evaluateGates(context, []).results.flatMap(({ id, state, findings }) =>
      state === 'fail' ? [id, ...findings.map(({ message }) => `${id}: ${message.replace(/^\S+:\d+: /, '')}`)] : [],
    );
  } catch (error) {
    if (error instanceof LoadError) return [error.message];
    throw error;
  }
}

/** The mutations that nothing noticed. */
function survivors(context: GateContext, object: KubeObject, mutations: readonly Mutation[]): string[] {
  const before = new Set(redGates(context));
  return mutations
    .filter(({ body }) => {
      const changed = { ...object, body: body as KubeObject['body'] };
      const objects = context.objects.map((one) => (one === object ? changed : one));
      return redGates({ ...context, objects }).every((red) => before.has(red));
    })
    .map(({ what }) => `${object.kind} ${object.metadata.name}: ${what}`);
}

/** Mutations of many objects, and how many there were. */
function tryAll(context: GateContext, objects: readonly KubeObject[], mutate: (body: unknown) => Mutation[]) {
  let count = 0;
  const alive = objects.flatMap((object) => {
    const mutations = mutate(object.body);
    count += mutations.length;
    return survivors(context, object, mutations);
  });
  return { count, alive };
}

describe.each(['staging', 'production'] as const)('every line of %s carries weight', (environment) => {
  it('of the network policies', async () => {
    const context = await contextOf(environment);
    const policies = context.objects.filter(
      ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.namespace === context.namespace,
    );
    const { count, alive } = tryAll(context, policies, (body) => [
      ...removals(body, ['spec']),
      ...loosened(body, ['spec'], loosenPolicy),
    ]);
    expect(alive).toEqual([]);
    expect(count).toBeGreaterThan(150);
  });

  it('of a policy that is gone altogether', async () => {
    const context = await contextOf(environment);
    const before = new Set(redGates(context));
    const policies = context.objects.filter(
      ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.namespace === context.namespace,
    );
    const alive = policies.filter((policy) =>
      redGates({ ...context, objects: context.objects.filter((one) => one !== policy) }).every((red) =>
        before.has(red),
      ),
    );
    expect(alive.map(({ metadata }) => metadata.name)).toEqual([]);
    expect(policies).toHaveLength(12);
  });

  it('of the permissions', async () => {
    const context = await contextOf(environment);
    const roles = context.objects.filter(
      ({ kind, apiVersion }) => apiVersion.startsWith('rbac.') || kind === 'ServiceAccount',
    );
    const { count, alive } = tryAll(context, roles, (body) => [
      ...['rules', 'subjects', 'roleRef', 'automountServiceAccountToken'].flatMap((key) => [
        ...(at(body, [key]) === undefined ? [] : [{ what: `without ${key}`, body: without(body, [key]) }]),
        ...removals(body, [key]),
      ]),
      ...loosened(body, ['rules'], loosenRole),
    ]);
    expect(alive).toEqual([]);
    expect(count).toBeGreaterThan(60);
  });

  it('of the security contexts', async () => {
    const context = await contextOf(environment);
    const workloads = context.objects.filter(({ kind }) => ['Deployment', 'StatefulSet', 'CronJob'].includes(kind));
    const { count, alive } = tryAll(context, workloads, (body) => {
      const contexts = paths(body, ['spec']).filter((keys) => keys.at(-1) === 'securityContext');
      const tokens = paths(body, ['spec']).filter(
        (keys) => keys.at(-1) === 'automountServiceAccountToken' && at(body, keys) === false,
      );
      return [
        ...contexts.flatMap((keys) => [
          { what: `without ${keys.join('.')}`, body: without(body, keys) },
          ...removals(body, keys),
          ...loosened(body, keys, loosenSecurity),
        ]),
        ...tokens.map((keys) => ({ what: `without ${keys.join('.')}`, body: without(body, keys) })),
      ];
    });
    expect(alive).toEqual([]);
    expect(count).toBeGreaterThan(100);
  });
});
