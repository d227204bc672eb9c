/** The pods that workloads make, with what the gates and the policies look at. */
import { z } from 'zod';
import { LoadError } from '../../errors.ts';
import type { KubeObject } from './load.ts';

const texts = z.record(z.string(), z.string()).nullish();
/** `500m`, and plain numbers, which YAML does not quote. */
const quantities = z.record(z.string(), z.union([z.string(), z.number()])).nullish();

const containerSchema = z.looseObject({
  name: z.string(),
  image: z.string().nullish(),
  ports: z
    .array(
      z.looseObject({
        name: z.string().nullish(),
        containerPort: z.int().min(1).max(65535),
        protocol: z.enum(['TCP', 'UDP', 'SCTP']).nullish(),
      }),
    )
    .nullish(),
  securityContext: z.looseObject({}).nullish(),
  resources: z.looseObject({ requests: quantities, limits: quantities }).nullish(),
});

export const podTemplateSchema = z.looseObject({
  metadata: z.looseObject({ labels: texts }).nullish(),
  spec: z.looseObject({
    serviceAccountName: z.string().nullish(),
    /** The old name of it, still in use. */
    serviceAccount: z.string().nullish(),
    automountServiceAccountToken: z.boolean().nullish(),
    hostNetwork: z.boolean().nullish(),
    securityContext: z.looseObject({}).nullish(),
    containers: z.array(containerSchema),
    initContainers: z.array(containerSchema).nullish(),
    /** Added to a running pod, to look into it. */
    ephemeralContainers: z.array(containerSchema).nullish(),
  }),
});

export type PodTemplate = z.infer<typeof podTemplateSchema>;
export type Container = z.infer<typeof containerSchema>;

export interface Workload {
  readonly object: KubeObject;
  readonly namespace: string;
  readonly name: string;
  readonly template: PodTemplate;
  /** Of the template in the object. */
  readonly path: readonly string[];
}

/** Kind → where its pod template is. */
const templates: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  ReplicationController: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
  PodTemplate: ['template'],
};

/** Kinds of operators (Rollout, Knative's Service, …) that carry a pod template where a Deployment has it. */
const customTemplate = (body: unknown): readonly string[] | undefined =>
  Array.isArray(field(body, 'spec', 'template', 'spec', 'containers')) ? ['spec', 'template'] : undefined;

const field = (body: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined),
    body,
  );

/** Every container of a pod: those that start it and those that look into it as well. */
export const containersOf = ({ template: { spec } }: Pick<Workload, 'template'>): Container[] => [
  ...spec.containers,
  ...(spec.initContainers ?? []),
  ...(spec.ephemeralContainers ?? []),
];

/** @throws LoadError manifests.invalid for a pod template that cannot be read */
export function workloadsOf(objects: readonly KubeObject[]): Workload[] {
  return objects.flatMap((object) => {
    const path = templates[object.kind] ?? customTemplate(object.body);
    if (path === undefined) return [];
    const template = podTemplateSchema.safeParse(field(object.body, ...path));
    if (!template.success) {
      const [issue] = template.error.issues;
      const keys = [...path, ...(issue?.path ?? []).map((key) => (typeof key === 'number' ? key : String(key)))];
      throw new LoadError(
        'manifests.invalid',
        `${object.where(...keys)}: ${object.kind} ${object.metadata.name}: ${keys.join('.')}: ${issue?.message ?? ''}`,
      );
    }
    const { name, namespace = 'default' } = object.metadata;
    return [{ object, namespace, name, template: template.data, path }];
  });
}
