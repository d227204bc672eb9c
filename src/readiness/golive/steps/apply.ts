/** Changing the cluster, set by set, in the order in which one relies on the other. */
import { titleOf, type ApiObject } from '../../../cluster/objects.ts';
import { judge, needsContext, notChecked, type GoliveContext, type Outcome, type Step } from '../model.ts';
import { rollOut, tryAll } from '../rollout.ts';

interface ObjectSet {
  readonly id: string;
  readonly title: string;
  readonly expected: string;
  readonly kinds: readonly string[];
}

/** Every kind is in one of them; what is in none is part of the workloads. */
const sets: readonly ObjectSet[] = [
  {
    id: 'policies',
    title: 'policies, accounts and permissions',
    expected: '2m',
    kinds: [
      'NetworkPolicy',
      'ServiceAccount',
      'Role',
      'RoleBinding',
      'ClusterRole',
      'ClusterRoleBinding',
      'ResourceQuota',
      'LimitRange',
      'PodDisruptionBudget',
    ],
  },
  {
    id: 'secrets',
    title: 'secrets, sealed or external',
    expected: '2m',
    kinds: ['SealedSecret', 'SecretStore', 'ExternalSecret'],
  },
  { id: 'workloads', title: 'workloads, as a rolling update', expected: '10m', kinds: [] },
  {
    id: 'ingress',
    title: 'issuers, certificates and ingress',
    expected: '10m',
    kinds: ['ClusterIssuer', 'Issuer', 'Certificate', 'Ingress'],
  },
];
const elsewhere = [...sets.flatMap(({ kinds }) => kinds), 'Namespace'];

export function objectsOf({ id, kinds }: ObjectSet, { objects, place }: GoliveContext): ApiObject[] {
  if (id === 'workloads') return objects.filter(({ kind }) => !elsewhere.includes(kind));
  const chosen = objects.filter(({ kind }) => kinds.includes(kind));
  // The manifests show several ways to get a secret; one is used.
  return chosen.filter(({ kind, metadata }) => {
    if (kind === 'SealedSecret') return place.secrets === 'sealed';
    if (kind === 'SecretStore' || kind === 'ExternalSecret') return metadata.name.endsWith(`-${place.secrets}`);
    return true;
  });
}

const notYet = (context: GoliveContext): Outcome | undefined => {
  if (context.api === undefined) return needsContext;
  return context.environment === 'production' && !context.yes
    ? notChecked('production is changed only with --yes')
    : undefined;
};

const namesOf = (objects: readonly ApiObject[]): string[] => objects.map((object) => `apply ${titleOf(object)}`);

const rollOutSet = (set: ObjectSet): Step => ({
  id: set.id,
  phase: 'apply',
  title: set.title,
  owner: 'operations',
  expected: set.expected,
  intends: (context) => namesOf(objectsOf(set, context)),
  async run(context) {
    const refused = notYet(context);
    if (refused !== undefined || context.api === undefined) return refused ?? needsContext;
    return rollOut(context, context.api, set.id, objectsOf(set, context));
  },
});

export const applySteps: readonly Step[] = [
  {
    id: 'namespaces',
    phase: 'apply',
    title: 'namespaces',
    owner: 'operations',
    expected: '1m',
    intends: ({ objects }) => namesOf(objects.filter(({ kind }) => kind === 'Namespace')),
    async run(context) {
      const refused = notYet(context);
      if (refused !== undefined || context.api === undefined) return refused ?? needsContext;
      const { api, objects } = context;
      const namespaces = objects.filter(({ kind }) => kind === 'Namespace');
      const findings = await tryAll(api, namespaces);
      if (findings.length > 0) return judge(findings, 'the server refused them; nothing was changed');
      // Empty ones do no harm, so they stay whatever comes next.
      for (const namespace of namespaces) await api.apply(namespace);
      return judge([], namespaces.map(({ metadata }) => metadata.name).join(', '));
    },
  },
  {
    id: 'server-dry-run',
    phase: 'apply',
    title: 'the server takes every object, none is changed',
    owner: 'operations',
    expected: '1m',
    intends: ({ objects }) => [`send ${objects.length} objects as a dry run, strictly validated`],
    async run(context) {
      const { api } = context;
      if (api === undefined) return needsContext;
      const objects = sets.flatMap((set) => objectsOf(set, context));
      return judge(await tryAll(api, objects), `${objects.length} objects`);
    },
  },
  ...sets.map(rollOutSet),
];
