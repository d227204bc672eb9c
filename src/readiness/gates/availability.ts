/** Availability: probes, resources and budgets, so that a bad pod or a drained node is no outage. */
import type { KubeObject } from '../manifests/load.ts';
import type { Workload } from '../manifests/workloads.ts';
import { selectorMatches } from '../reach/match.ts';
import { selectorSchema } from '../reach/model.ts';
import {
  field,
  judge,
  list,
  nameOf,
  notChecked,
  ourWorkloads,
  type Finding,
  type Gate,
  type GateContext,
  type Outcome,
} from './model.ts';

const long = (workload: Workload): boolean => ['Deployment', 'StatefulSet', 'DaemonSet'].includes(workload.object.kind);

export const availabilityGates: readonly Gate[] = [
  {
    id: 'probes',
    area: 'operations',
    title: 'every service has startup, readiness and liveness probes',
    verify: 'kubectl -n NAMESPACE get deploy,sts -o yaml | grep -c Probe',
    fix: 'Add the missing probe to the container.',
    check(context) {
      const workloads = ourWorkloads(context).filter(long);
      const findings = workloads.flatMap(({ object, template }) =>
        template.spec.containers.flatMap((container) =>
          ['startupProbe', 'readinessProbe', 'livenessProbe']
            .filter((probe) => field(container, probe) == null)
            .map((probe) => ({
              message: `${nameOf(object)}: ${container.name} has no ${probe}`,
              where: object.where(),
            })),
        ),
      );
      return workloads.length === 0
        ? notChecked('there is no workload')
        : judge(findings, `${workloads.length} workloads`);
    },
  },
  {
    id: 'resources',
    area: 'operations',
    title: 'containers request and limit CPU and memory, and the namespace has a quota',
    verify: 'kubectl -n NAMESPACE describe resourcequota,limitrange',
    fix: 'Set resources.requests and limits for cpu and memory; apply the ResourceQuota.',
    check(context) {
      const { objects, namespace } = context;
      const workloads = ourWorkloads(context);
      if (workloads.length === 0) return notChecked('there is no workload');
      const findings: Finding[] = workloads.flatMap((workload) =>
        // Kubernetes refuses resources for containers that were added to look into a pod.
        [...workload.template.spec.containers, ...(workload.template.spec.initContainers ?? [])].flatMap(
          ({ name, resources }) =>
            ['requests', 'limits'].flatMap((kind) =>
              ['cpu', 'memory']
                .filter((what) => !isBounded(resources, kind, what, defaultsIn(objects, workload.namespace)))
                .map((what) => ({
                  message: `${nameOf(workload.object)}: ${name} has no ${kind}.${what}`,
                  where: workload.object.where(),
                })),
            ),
        ),
      );
      const quota = objects.some(({ kind, metadata }) => kind === 'ResourceQuota' && metadata.namespace === namespace);
      if (!quota) findings.push({ message: `${namespace} has no ResourceQuota` });
      return judge(findings, quota ? 'every container, and the quota' : 'every container');
    },
  },
  {
    id: 'disruption-budgets',
    area: 'operations',
    title: 'a node can be drained without taking a service down',
    verify: 'kubectl -n NAMESPACE get pdb',
    fix: 'Add a PodDisruptionBudget that selects the pods of the workload.',
    check: disruptionBudgets,
  },
];

/** What the LimitRanges of a namespace give containers that say nothing. */
const defaultsIn = (objects: readonly KubeObject[], namespace: string): unknown[] =>
  objects
    .filter(({ kind, metadata }) => kind === 'LimitRange' && metadata.namespace === namespace)
    .flatMap(({ body }) => list(field(body, 'spec', 'limits')))
    .filter((limit) => field(limit, 'type') === 'Container');

/** Whether a request or limit is stated, or follows: a limit is a request, too, and LimitRanges fill in the rest. */
function isBounded(resources: unknown, kind: string, what: string, defaults: readonly unknown[]): boolean {
  if (field(resources, kind, what) != null) return true;
  if (kind === 'requests' && field(resources, 'limits', what) != null) return true;
  const keys = kind === 'limits' ? ['default', 'max'] : ['defaultRequest', 'default', 'max'];
  return defaults.some((limit) => keys.some((key) => field(limit, key, what) != null));
}

function disruptionBudgets(context: GateContext): Outcome {
  const { objects, namespace } = context;
  const budgets = objects.filter(
    ({ kind, metadata }) => kind === 'PodDisruptionBudget' && metadata.namespace === namespace,
  );
  // Draining a node leaves the pods of DaemonSets where they are.
  const workloads = ourWorkloads(context).filter(
    (workload) => long(workload) && workload.object.kind !== 'DaemonSet' && workload.namespace === namespace,
  );
  const findings = workloads.flatMap(({ object, template }): Finding[] => {
    const labels = template.metadata?.labels ?? {};
    const mine = budgets.filter(({ body }) => {
      const selector = selectorSchema.safeParse(field(body, 'spec', 'selector'));
      return selector.success && selectorMatches(selector.data, labels);
    });
    const replicas = field(object.body, 'spec', 'replicas') ?? 1;
    // One that is at zero is not drained either.
    if (mine.length === 0) {
      return [{ message: `${nameOf(object)} has no disruption budget`, where: object.where() }];
    }
    if (mine.length > 1) {
      const names = mine.map(({ metadata }) => metadata.name).join(', ');
      return [
        { message: `${nameOf(object)} has several budgets (${names}): no pod can be evicted`, where: object.where() },
      ];
    }
    return mine.flatMap((budget): Finding[] => {
      const blocked = typeof replicas === 'number' ? whyBlocked(budget.body, replicas) : undefined;
      return blocked === undefined
        ? []
        : [
            {
              message: `${nameOf(budget)}: ${blocked}: no node with ${object.metadata.name} can be drained`,
              where: budget.where('spec'),
            },
          ];
    });
  });
  return workloads.length === 0
    ? notChecked(`there is no workload in ${namespace}`)
    : judge(findings, `${budgets.length} budgets, ${workloads.length} workloads`);
}

/** Why a budget never lets a pod go; undefined when it does. */
function whyBlocked(budget: unknown, replicas: number): string | undefined {
  const least = field(budget, 'spec', 'minAvailable') as string | number | null | undefined;
  const most = field(budget, 'spec', 'maxUnavailable') as string | number | null | undefined;
  const percent = (value: string): number => (Number(value.slice(0, -1)) / 100) * replicas;
  const count = (value: unknown): number =>
    typeof value === 'string' && value.endsWith('%') ? Math.ceil(percent(value)) : Number(value);
  if (least != null && replicas > 0 && count(least) >= replicas) {
    return `minAvailable ${least} of ${replicas} ${replicas === 1 ? 'pod' : 'pods'}`;
  }
  return most != null && count(most) === 0 ? `maxUnavailable ${most}` : undefined;
}
