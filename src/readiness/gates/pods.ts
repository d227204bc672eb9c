/** Pods: what they may do on their node. What counts is what the kubelet makes of pod and container together. */
import { containersOf, type Container, type Workload } from '../manifests/workloads.ts';
import { field, judge, list, nameOf, notChecked, ourWorkloads, type Finding, type Gate } from './model.ts';

type Rule = readonly [what: string, holds: (of: Subject) => boolean];

/** A container, or (`container` undefined) the pod itself. */
interface Subject {
  readonly pod: unknown;
  readonly container: unknown;
}

/** A field of the container; where it is silent, that of the pod. */
const effective = ({ pod, container }: Subject, ...path: string[]): unknown =>
  field(container, ...path) ?? field(pod, ...path);
const isId = (value: unknown): boolean => typeof value === 'number' && value > 0;
const confined = ['RuntimeDefault', 'Localhost'];
const own = (of: Subject, ...path: string[]): unknown => field(of.container, ...path);

const containerRules: readonly Rule[] = [
  ['runAsNonRoot: true', (of) => effective(of, 'runAsNonRoot') === true],
  ['runAsUser above 0', (of) => isId(effective(of, 'runAsUser'))],
  ['runAsGroup above 0', (of) => isId(effective(of, 'runAsGroup'))],
  [
    'seccompProfile.type: RuntimeDefault or Localhost',
    (of) => confined.includes(String(effective(of, 'seccompProfile', 'type'))),
  ],
  ['an AppArmor profile, not Unconfined', (of) => effective(of, 'appArmorProfile', 'type') !== 'Unconfined'],
  ['allowPrivilegeEscalation: false', (of) => own(of, 'allowPrivilegeEscalation') === false],
  ['readOnlyRootFilesystem: true', (of) => own(of, 'readOnlyRootFilesystem') === true],
  ['capabilities.drop: [ALL]', (of) => list(own(of, 'capabilities', 'drop')).includes('ALL')],
  [
    'no added capabilities (NET_BIND_SERVICE apart)',
    (of) => list(own(of, 'capabilities', 'add')).every((name) => name === 'NET_BIND_SERVICE'),
  ],
  ['not privileged', (of) => own(of, 'privileged') !== true],
  ['procMount: Default', (of) => ['Default', undefined].includes(own(of, 'procMount') as string | undefined)],
  ['no hostProcess', (of) => effective(of, 'windowsOptions', 'hostProcess') !== true],
];

/** Those that the restricted standard allows. */
const volumeTypes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
/** A group has to own these, or who is not root cannot write there. */
const writable = ['emptyDir', 'ephemeral', 'persistentVolumeClaim'];

/** The only sysctl that is needed, and safe. */
const unprivilegedPorts = 'net.ipv4.ip_unprivileged_port_start';

function podFindings(workload: Workload): Finding[] {
  const { object, template, path } = workload;
  const { spec } = template;
  const where = object.where(...path, 'spec', 'securityContext');
  const finding = (message: string): Finding => ({ message: `${nameOf(object)}: ${message}`, where });
  const pod = spec.securityContext;
  const findings = containersOf(workload).flatMap(({ name, securityContext }) =>
    containerRules
      .filter(([, holds]) => !holds({ pod, container: securityContext }))
      .map(([what]) => finding(`${name}: ${what} is required`)),
  );
  const volumes = list(field(spec, 'volumes'));
  const types = volumes.map((volume) => Object.keys(volume as object).find((key) => key !== 'name') ?? 'emptyDir');
  const claims = list(field(object.body, 'spec', 'volumeClaimTemplates')).length;
  const fsGroup = field(pod, 'fsGroup');
  if (fsGroup === 0 || (fsGroup == null && (claims > 0 || types.some((type) => writable.includes(type))))) {
    findings.push(finding('pod: fsGroup above 0 is required'));
  }
  if (list(field(pod, 'supplementalGroups')).includes(0)) findings.push(finding('pod: group 0 is not allowed'));
  for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) {
    if (field(spec, key) === true) findings.push(finding(`${key} is not allowed`));
  }
  for (const { name, ports } of containersOf(workload)) {
    for (const port of ports ?? []) {
      const host = field(port, 'hostPort');
      if (typeof host === 'number' && host !== 0) {
        findings.push(finding(`${name}: hostPort ${host} opens the node, past every network policy`));
      }
    }
  }
  for (const type of types) if (!volumeTypes.includes(type)) findings.push(finding(`a ${type} volume`));
  return [...findings, ...sysctlFindings(workload, where)];
}

function sysctlFindings(workload: Workload, where: string): Finding[] {
  const name = nameOf(workload.object);
  const sysctls = list(field(workload.template.spec, 'securityContext', 'sysctls'));
  const start = sysctls.find((sysctl) => field(sysctl, 'name') === unprivilegedPorts);
  const from = start === undefined ? 1024 : Number(field(start, 'value') ?? 1024);
  // A container with that capability opens its ports itself.
  const bound = containersOf(workload).filter((container) => !bindsLowPorts(container));
  const lowest = Math.min(...bound.flatMap(({ ports }) => (ports ?? []).map((port) => port.containerPort)));
  const others = sysctls.filter((sysctl) => sysctl !== start);
  return [
    ...others.map((sysctl) => ({
      message: `${name}: sysctl ${String(field(sysctl, 'name'))} is not allowed`,
      where,
    })),
    ...(lowest < from
      ? [{ message: `${name}: port ${lowest} cannot be opened without root (${unprivilegedPorts})`, where }]
      : []),
  ];
}

const bindsLowPorts = ({ securityContext }: Container): boolean =>
  list(field(securityContext, 'capabilities', 'add')).includes('NET_BIND_SERVICE');

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
    check({ objects, namespace, live }) {
      const found = objects.find(({ kind, metadata }) => kind === 'Namespace' && metadata.name === namespace);
      if (found === undefined && !live) return notChecked(`the manifests do not make ${namespace} (--context)`);
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
      if (images.length === 0) return notChecked('there is no workload');
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
];
