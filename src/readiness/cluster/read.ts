/** Reads the objects that the gates look at from a running cluster; never a Secret, and nothing is changed. */
import { reasonOf, type Cluster } from '../../cluster/client.ts';
import { LoadError } from '../../errors.ts';
import { field, list } from '../gates/model.ts';
import type { KubeObject } from '../manifests/load.ts';

/** [API version, kind, plural]; a group that the cluster does not have is left out. */
const kinds: readonly (readonly [apiVersion: string, kind: string, plural: string])[] = [
  ['v1', 'Namespace', 'namespaces'],
  ['v1', 'ServiceAccount', 'serviceaccounts'],
  ['v1', 'ConfigMap', 'configmaps'],
  ['v1', 'ResourceQuota', 'resourcequotas'],
  ['v1', 'LimitRange', 'limitranges'],
  ['v1', 'Pod', 'pods'],
  ['apps/v1', 'Deployment', 'deployments'],
  ['apps/v1', 'StatefulSet', 'statefulsets'],
  ['apps/v1', 'DaemonSet', 'daemonsets'],
  ['apps/v1', 'ReplicaSet', 'replicasets'],
  ['batch/v1', 'CronJob', 'cronjobs'],
  ['batch/v1', 'Job', 'jobs'],
  ['policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets'],
  ['networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies'],
  ['networking.k8s.io/v1', 'Ingress', 'ingresses'],
  ['rbac.authorization.k8s.io/v1', 'Role', 'roles'],
  ['rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings'],
  ['rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles'],
  ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings'],
  ['cert-manager.io/v1', 'ClusterIssuer', 'clusterissuers'],
  ['cert-manager.io/v1', 'Issuer', 'issuers'],
  ['cert-manager.io/v1', 'Certificate', 'certificates'],
  ['external-secrets.io/v1', 'ExternalSecret', 'externalsecrets'],
  ['bitnami.com/v1alpha1', 'SealedSecret', 'sealedsecrets'],
];

const isRead = (owner: unknown): boolean =>
  kinds.some(([apiVersion, kind]) => field(owner, 'kind') === kind && field(owner, 'apiVersion') === apiVersion);

const pageSize = 500;

/** @throws LoadError cluster.unreachable, cluster.refused */
export async function readCluster(cluster: Cluster): Promise<KubeObject[]> {
  const objects: KubeObject[] = [];
  for (const [apiVersion, kind, plural] of kinds) {
    const base = apiVersion.includes('/') ? `/apis/${apiVersion}/${plural}` : `/api/${apiVersion}/${plural}`;
    let next: string | undefined = '';
    while (next !== undefined) {
      const page: string = next === '' ? '' : `&continue=${encodeURIComponent(next)}`;
      const { status, body } = await cluster.get(`${base}?limit=${pageSize}${page}`);
      if (status === 404) break;
      if (status !== 200) throw refused(cluster, plural, status, body);
      for (const item of list(field(body, 'items')))
        objects.push(...liveObject(cluster.context, apiVersion, kind, item));
      const more = field(body, 'metadata', 'continue');
      next = typeof more === 'string' && more !== '' ? more : undefined;
    }
  }
  return objects;
}

function liveObject(context: string, apiVersion: string, kind: string, item: unknown): KubeObject[] {
  const name = field(item, 'metadata', 'name');
  const namespace = field(item, 'metadata', 'namespace');
  if (typeof name !== 'string' || typeof item !== 'object') return [];
  // Pods of a workload that is read are judged by its template; those of anything else by themselves.
  const owners = list(field(item, 'metadata', 'ownerReferences'));
  if (owners.some((owner) => field(owner, 'controller') === true && isRead(owner))) return [];
  const texts = (key: string) => (field(item, 'metadata', key) ?? {}) as Record<string, string>;
  const place = [context, ...(typeof namespace === 'string' ? [namespace] : []), kind, name].join('/');
  return [
    {
      apiVersion,
      kind,
      metadata: {
        name,
        namespace: typeof namespace === 'string' ? namespace : undefined,
        labels: texts('labels'),
        annotations: texts('annotations'),
      },
      body: { apiVersion, kind, ...item },
      where: (...keys) => [place, ...keys].join(keys.length === 0 ? '' : ' '),
    },
  ];
}

function refused(cluster: Cluster, plural: string, status: number, body: unknown): LoadError {
  return new LoadError('cluster.refused', `${cluster.context} does not show ${plural}: ${reasonOf(status, body)}`);
}
