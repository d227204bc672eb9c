/** The pods that workloads make, with what the gates and the policies look at. */
import { z } from 'zod';
import { LoadError } from '../../errors.ts';
import type { KubeObject } from './load.ts';

const texts = z.record(z.string(), z.string()).nullish();

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
  resources: z.looseObject({ requests: texts, limits: texts }).nullish(),
});

export const podTemplateSchema = z.looseObject({
  metadata: z.looseObject({ labels: texts }).nullish(),
  spec: z.looseObject({
    serviceAccountName: z.string().nullish(),
    automountServiceAccountToken: z.boolean().nullish(),
    hostNetwork: z.boolean().nullish(),
    securityContext: z.looseObject({}).nullish(),
    containers: z.array(containerSchema),
    initContainers: z.array(containerSchema).nullish(),
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
};

/** @throws LoadError manifests.invalid for a pod template that cannot be read */
export function workloadsOf(objects: readonly KubeObject[]): Workload[] {
  return objects.flatMap((object) => {
    const path = templates[object.kind];
    if (path === undefined) return [];
    const raw = path.reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined,
      object.body,
    );
    const template = podTemplateSchema.safeParse(raw);
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
