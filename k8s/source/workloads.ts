/** Backend, frontend and database: deployments, services, probes, limits, disruption budgets, quota. */
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import {
  LimitRange,
  Namespace,
  ResourceQuota,
  Service,
  type IContainer,
  type IContainerPort,
  type IPodSpec,
  type IProbe,
} from 'kubernetes-models/v1';
import { app, partOf, ports, type Environment } from './environment.ts';
import type { Images } from './images.ts';

/** What only a container can say; user, group and seccomp are the pod's, so that what is added later has them, too. */
export const restrictedContainer: NonNullable<IContainer['securityContext']> = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

interface Workload {
  readonly name: 'backend' | 'frontend' | 'postgres';
  readonly image: string;
  readonly user: number;
  readonly ports: IContainerPort[];
  readonly probe: IProbe;
  readonly resources: NonNullable<IContainer['resources']>;
  readonly env?: NonNullable<IContainer['env']>;
  /** Folders that must be writable on the read-only root file system. */
  readonly scratch: readonly string[];
  readonly sysctls?: { name: string; value: string }[];
}

/** What every pod of ours runs as: a user of its own that is not root. */
export function unprivileged(user: number) {
  return {
    runAsNonRoot: true,
    runAsUser: user,
    runAsGroup: user,
    fsGroup: user,
    seccompProfile: { type: 'RuntimeDefault' as const },
  };
}

function podSpec(workload: Workload): IPodSpec {
  const { name, image, user, probe, resources, env } = workload;
  const volumes = workload.scratch.map((path, index) => ({ name: `scratch-${String(index)}`, path }));
  return {
    serviceAccountName: name,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      ...unprivileged(user),
      ...(workload.sysctls === undefined ? {} : { sysctls: workload.sysctls }),
    },
    terminationGracePeriodSeconds: 30,
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: app(name),
      },
    ],
    containers: [
      {
        name,
        image,
        imagePullPolicy: 'IfNotPresent',
        ports: workload.ports,
        ...(env === undefined ? {} : { env }),
        resources,
        securityContext: restrictedContainer,
        startupProbe: { ...probe, periodSeconds: 2, failureThreshold: 30 },
        readinessProbe: { ...probe, periodSeconds: 5, failureThreshold: 3 },
        livenessProbe: { ...probe, periodSeconds: 10, failureThreshold: 6 },
        volumeMounts: volumes.map(({ name: volume, path }) => ({ name: volume, mountPath: path })),
      },
    ],
    volumes: volumes.map(({ name: volume }) => ({ name: volume, emptyDir: { sizeLimit: '64Mi' } })),
  };
}

const http = (path: string, port: number): IProbe => ({ httpGet: { path, port }, timeoutSeconds: 2 });
const labels = (name: string) => ({ app: name, 'app.kubernetes.io/name': name, ...partOf });

export function workloads(environment: Environment, images: Images) {
  const { namespace, replicas } = environment;
  const metadata = (name: string) => ({ name, namespace, labels: labels(name) });
  const service = (name: string, servicePorts: { name: string; port: number }[]) =>
    new Service({
      metadata: metadata(name),
      spec: {
        selector: { app: name },
        ports: servicePorts.map(({ name: portName, port }) => ({
          name: portName,
          port,
          targetPort: port,
          protocol: 'TCP',
        })),
      },
    });
  const budget = (name: string) =>
    new PodDisruptionBudget({ metadata: metadata(name), spec: { selector: app(name), maxUnavailable: 1 } });

  const backend: Workload = {
    name: 'backend',
    image: images.backend,
    user: 10001,
    ports: [
      { name: 'http', containerPort: ports.backend, protocol: 'TCP' },
      { name: 'metrics', containerPort: ports.metrics, protocol: 'TCP' },
    ],
    probe: http('/health', ports.backend),
    resources: { requests: { cpu: '250m', memory: '256Mi' }, limits: { cpu: '1', memory: '512Mi' } },
    env: [
      { name: 'NODE_ENV', value: 'production' },
      { name: 'DATABASE_URL', valueFrom: { secretKeyRef: { name: 'gravl-db-secret', key: 'DATABASE_URL' } } },
    ],
    scratch: ['/tmp'],
  };
  const frontend: Workload = {
    name: 'frontend',
    image: images.frontend,
    user: 10002,
    ports: [
      { name: 'http', containerPort: ports.frontend, protocol: 'TCP' },
      { name: 'https', containerPort: ports.frontendTls, protocol: 'TCP' },
    ],
    probe: http('/', ports.frontend),
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '250m', memory: '128Mi' } },
    scratch: ['/tmp', '/var/cache/nginx', '/var/run'],
    // Ports below 1024 without a capability: allowed by this namespaced, safe sysctl.
    sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }],
  };
  const deployment = (workload: Workload) =>
    new Deployment({
      metadata: metadata(workload.name),
      spec: {
        replicas,
        revisionHistoryLimit: 5,
        selector: app(workload.name),
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        template: { metadata: { labels: labels(workload.name) }, spec: podSpec(workload) },
      },
    });
  return [
    deployment(backend),
    service('backend', [
      { name: 'http', port: ports.backend },
      { name: 'metrics', port: ports.metrics },
    ]),
    budget('backend'),
    deployment(frontend),
    service('frontend', [
      { name: 'http', port: ports.frontend },
      { name: 'https', port: ports.frontendTls },
    ]),
    budget('frontend'),
    database(environment, images.postgres),
    service('postgres', [{ name: 'postgres', port: ports.postgres }]),
    budget('postgres'),
  ];
}

function database({ namespace, name }: Environment, image: string): StatefulSet {
  const postgres: Workload = {
    name: 'postgres',
    image,
    user: 999,
    ports: [{ name: 'postgres', containerPort: ports.postgres, protocol: 'TCP' }],
    probe: { exec: { command: ['pg_isready', '-U', 'gravl', '-d', 'gravl'] }, timeoutSeconds: 3 },
    resources: { requests: { cpu: '250m', memory: '512Mi' }, limits: { cpu: '2', memory: '1Gi' } },
    env: [
      { name: 'POSTGRES_USER', value: 'gravl' },
      { name: 'POSTGRES_DB', value: 'gravl' },
      { name: 'POSTGRES_PASSWORD', valueFrom: { secretKeyRef: { name: 'gravl-db-secret', key: 'POSTGRES_PASSWORD' } } },
      { name: 'PGDATA', value: '/var/lib/postgresql/data/pgdata' },
    ],
    scratch: ['/tmp', '/var/run/postgresql'],
  };
  const spec = podSpec(postgres);
  spec.containers[0]?.volumeMounts?.push({ name: 'data', mountPath: '/var/lib/postgresql/data' });
  return new StatefulSet({
    metadata: { name: 'postgres', namespace, labels: labels('postgres') },
    spec: {
      replicas: 1,
      serviceName: 'postgres',
      selector: app('postgres'),
      template: { metadata: { labels: labels('postgres') }, spec },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: {
            accessModes: ['ReadWriteOnce'],
            resources: { requests: { storage: name === 'production' ? '50Gi' : '10Gi' } },
          },
        },
      ],
    },
  });
}

/** The namespace itself, held to the restricted pod security standard, and its bounds. */
export function namespaceObjects({ namespace, quota }: Environment) {
  return [
    new Namespace({
      metadata: {
        name: namespace,
        labels: {
          ...partOf,
          'pod-security.kubernetes.io/enforce': 'restricted',
          'pod-security.kubernetes.io/warn': 'restricted',
        },
      },
    }),
    new ResourceQuota({
      metadata: { name: 'gravl-quota', namespace, labels: { ...partOf } },
      spec: {
        hard: {
          'requests.cpu': quota.cpu,
          'requests.memory': quota.memory,
          'limits.cpu': quota.cpu,
          'limits.memory': quota.memory,
          pods: quota.pods,
        },
      },
    }),
    new LimitRange({
      metadata: { name: 'gravl-limits', namespace, labels: { ...partOf } },
      spec: {
        limits: [
          {
            type: 'Container',
            default: { cpu: '500m', memory: '256Mi' },
            defaultRequest: { cpu: '50m', memory: '64Mi' },
          },
        ],
      },
    }),
  ];
}
