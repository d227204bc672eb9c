/** Pods: what they may do on their node, and how they behave when something goes wrong. */
import type { Container, Workload } from '../manifests/workloads.ts';
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

type Rule = readonly [what: string, holds: (of: unknown) => boolean];

const is = (value: unknown, ...path: string[]): Rule => [
  `${path.join('.')}: ${String(value)}`,
  (of) => field(of, ...path) === value,
];
const aboveZero = (key: string): Rule => [
  `${key} above 0`,
  (of) => typeof field(of, key) === 'number' && (field(of, key) as number) > 0,
];
const seccomp = is('RuntimeDefault', 'seccompProfile', 'type');

const podRules: readonly Rule[] = [
  is(true, 'runAsNonRoot'),
  aboveZero('runAsUser'),
  aboveZero('runAsGroup'),
  aboveZero('fsGroup'),
  seccomp,
];

const containerRules: readonly Rule[] = [
  is(false, 'allowPrivilegeEscalation'),
  is(true, 'readOnlyRootFilesystem'),
  is(true, 'runAsNonRoot'),
  seccomp,
  ['capabilities.drop: [ALL]', (of) => list(field(of, 'capabilities', 'drop')).includes('ALL')],
  ['no added capabilities', (of) => list(field(of, 'capabilities', 'add')).length === 0],
  ['not privileged', (of) => field(of, 'privileged') !== true],
];

/** The only sysctl that is needed, and safe. */
const unprivilegedPorts = 'net.ipv4.ip_unprivileged_port_start';

const containersOf = ({ template: { spec } }: Workload): Container[] => [
  ...spec.containers,
  ...(spec.initContainers ?? []),
];

function podFindings(workload: Workload): Finding[] {
  const { object, template, path } = workload;
  const { spec } = template;
  const where = object.where(...path, 'spec', 'securityContext');
  const missing = (subject: unknown, rules: readonly Rule[], name: string): Finding[] =>
    rules
      .filter(([, holds]) => !holds(subject))
      .map(([what]) => ({ message: `${nameOf(object)}: ${name}: ${what} is required`, where }));
  const findings = missing(spec.securityContext, podRules, 'pod');
  for (const container of containersOf(workload))
    findings.push(...missing(container.securityContext, containerRules, container.name));
  for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) {
    if (field(spec, key) === true) findings.push({ message: `${nameOf(object)}: ${key} is not allowed`, where });
  }
  for (const volume of list(field(spec, 'volumes'))) {
    if (field(volume, 'hostPath') !== undefined)
      findings.push({ message: `${nameOf(object)}: a hostPath volume`, where });
  }
  return [...findings, ...sysctlFindings(workload, where)];
}

function sysctlFindings(workload: Workload, where: string): Finding[] {
  const sysctls = list(field(workload.template.spec, 'securityContext', 'sysctls'));
  const lowest = Math.min(
    ...containersOf(workload).flatMap(({ ports }) => (ports ?? []).map((port) => port.containerPort)),
  );
  const start = sysctls.find((sysctl) => field(sysctl, 'name') === unprivilegedPorts);
  const from = start === undefined ? 1024 : Number(field(start, 'value') ?? 1024);
  return [
    ...sysctls
      .filter((sysctl) => sysctl !== start)
      .map((sysctl) => ({
        message: `${nameOf(workload.object)}: sysctl ${String(field(sysctl, 'name'))} is not allowed`,
        where,
      })),
    ...(lowest < from
      ? [
          {
            message: `${nameOf(workload.object)}: port ${lowest} cannot be opened without root (${unprivilegedPorts})`,
            where,
          },
        ]
      : []),
  ];
}

const long = (workload: Workload): boolean => ['Deployment', 'StatefulSet', 'DaemonSet'].includes(workload.object.kind);

export const podGates: readonly Gate[] = [
  {
    id: 'pod-security',
    area: 'security',
    title: 'pods run without root, privileges, a writable root or host access',
    verify:
      'kubectl -n NAMESPACE get pods -o jsonpath=\'{range .items[*]}{.metadata.name} {.spec.securityContext} {.spec.containers[*].securityContext}{"\\n"}{end}\'',
    fix: 'Give pod and container the security contexts of k8s/source/workloads.ts.',
    check(context) {
      const workloads = ourWorkloads(context);
      if (workloads.length === 0) return notChecked('there is no workload');
      return judge(workloads.flatMap(podFindings), `${workloads.length} workloads`);
    },
  },
  {
    id: 'pod-security-admission',
    area: 'security',
    title: 'the namespace itself refuses pods below the restricted standard',
    verify: 'kubectl get namespace NAMESPACE --show-labels',
    fix: 'kubectl label namespace NAMESPACE pod-security.kubernetes.io/enforce=restricted',
    check({ objects, namespace }) {
      const found = objects.find(({ kind, metadata }) => kind === 'Namespace' && metadata.name === namespace);
      const level = found?.metadata.labels['pod-security.kubernetes.io/enforce'];
      return judge(
        level === 'restricted' ? [] : [{ message: `${namespace} enforces ${level ?? 'nothing'}` }],
        `${namespace}: ${level ?? 'no label'}`,
      );
    },
  },
  {
    id: 'images-pinned',
    area: 'security',
    title: 'images are pinned by digest',
    verify: "kubectl -n NAMESPACE get pods -o jsonpath='{.items[*].spec.containers[*].image}'",
    fix: 'Write the digests of the release into k8s/source/images.json and run npm run manifests.',
    check(context) {
      const images = ourWorkloads(context).flatMap((workload) =>
        containersOf(workload).map((container) => ({ workload, image: container.image ?? '' })),
      );
      const findings = images.flatMap(({ workload, image }): Finding[] => {
        const digest = /@sha256:([0-9a-f]{64})$/.exec(image)?.[1];
        const where = workload.object.where(...workload.path, 'spec', 'containers');
        if (digest === undefined) return [{ message: `${nameOf(workload.object)}: ${image} has no digest`, where }];
        if (/^0+$/.test(digest)) {
          return [
            {
              message: `${nameOf(workload.object)}: ${image} is the placeholder of a release that was not made`,
              where,
            },
          ];
        }
        return [];
      });
      return judge(findings, `${images.length} images`);
    },
  },
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
      const findings: Finding[] = ourWorkloads(context).flatMap((workload) =>
        containersOf(workload).flatMap(({ name, resources }) =>
          ['requests', 'limits'].flatMap((kind) =>
            ['cpu', 'memory']
              .filter((what) => field(resources, kind, what) == null)
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

function disruptionBudgets(context: GateContext): Outcome {
  const { objects, namespace } = context;
  const budgets = objects.filter(
    ({ kind, metadata }) => kind === 'PodDisruptionBudget' && metadata.namespace === namespace,
  );
  const workloads = ourWorkloads(context).filter((workload) => long(workload) && workload.namespace === namespace);
  const findings = workloads.flatMap(({ object, template }): Finding[] => {
    const labels = template.metadata?.labels ?? {};
    const covered = budgets.some(({ body }) => {
      const wanted = Object.entries((field(body, 'spec', 'selector', 'matchLabels') ?? {}) as Record<string, string>);
      return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
    });
    return covered ? [] : [{ message: `${nameOf(object)} has no disruption budget`, where: object.where() }];
  });
  return workloads.length === 0
    ? notChecked(`there is no workload in ${namespace}`)
    : judge(findings, `${budgets.length} budgets, ${workloads.length} workloads`);
}
