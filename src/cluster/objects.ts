/** Kubernetes objects over the API: where they live, server-side apply, reading, deleting, permissions. */
import { LoadError } from '../errors.ts';
import { reasonOf, type Answer, type Cluster } from './client.ts';

/** The least that every object has. */
export interface ApiObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
}

export interface Resource {
  readonly group: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

/** Who applies: the API server keeps per manager which fields it owns. */
export const fieldManager = 'gravl-load';

/** What the server writes into metadata itself. */
const serverMade = ['managedFields', 'uid', 'creationTimestamp', 'generation', 'resourceVersion'];

export interface Api {
  readonly cluster: Cluster;
  /** @throws LoadError cluster.missing when the cluster does not know that kind */
  resource(apiVersion: string, kind: string): Promise<Resource>;
  /** The address of an object. */
  path(object: ApiObject): Promise<string>;
  /** Undefined: it does not exist. @throws LoadError cluster.refused */
  read(object: ApiObject): Promise<ApiObject | undefined>;
  /**
   * Server-side apply with strict validation; `dryRun` changes nothing.
   * @throws LoadError cluster.rejected with what the server says of the object
   */
  apply(object: ApiObject, options?: { readonly dryRun?: boolean }): Promise<ApiObject>;
  /** Puts an object back as it was read; it is made again when it is gone. @throws LoadError cluster.rejected */
  restore(object: ApiObject): Promise<void>;
  /** Gone is fine. @throws LoadError cluster.rejected */
  remove(object: ApiObject): Promise<void>;
}

export function apiOf(cluster: Cluster): Api {
  const known = new Map<string, Promise<ReadonlyMap<string, Resource>>>();

  const resource: Api['resource'] = async (apiVersion, kind) => {
    let kinds = known.get(apiVersion);
    if (kinds === undefined) known.set(apiVersion, (kinds = discover(cluster, apiVersion)));
    const found = (await kinds).get(kind);
    if (found !== undefined) return found;
    // Asked again next time: someone may install it meanwhile.
    known.delete(apiVersion);
    throw new LoadError('cluster.missing', `${cluster.context} knows no ${kind} of ${apiVersion}`);
  };

  const path: Api['path'] = async ({ apiVersion, kind, metadata }) => {
    const { plural, namespaced } = await resource(apiVersion, kind);
    const space = namespaced ? `/namespaces/${encodeURIComponent(metadata.namespace ?? 'default')}` : '';
    return `${rootOf(apiVersion)}${space}/${plural}/${encodeURIComponent(metadata.name)}`;
  };

  const read: Api['read'] = async (object) => {
    const answer = await cluster.get(await path(object));
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw refused(object, answer);
    return answer.body as ApiObject;
  };

  return {
    cluster,
    resource,
    path,
    read,
    async apply(object, { dryRun = false } = {}) {
      const query = `fieldManager=${fieldManager}&force=true&fieldValidation=Strict${dryRun ? '&dryRun=All' : ''}`;
      // JSON is YAML; this is the type that every server since 1.16 takes.
      const answer = await cluster.send(
        'PATCH',
        `${await path(object)}?${query}`,
        object,
        'application/apply-patch+yaml',
      );
      if (answer.status !== 200 && answer.status !== 201) throw refused(object, answer);
      return answer.body as ApiObject;
    },
    async restore(object) {
      const place = await path(object);
      const now = await read(object);
      const metadata = Object.fromEntries(Object.entries(object.metadata).filter(([key]) => !serverMade.includes(key)));
      const version = now?.metadata as { resourceVersion?: string } | undefined;
      const body = { ...object, metadata: { ...metadata, ...(now && { resourceVersion: version?.resourceVersion }) } };
      const answer =
        now === undefined
          ? await cluster.send('POST', place.slice(0, place.lastIndexOf('/')), body)
          : await cluster.send('PUT', place, body);
      if (answer.status !== 200 && answer.status !== 201) throw refused(object, answer);
    },
    async remove(object) {
      const options = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' };
      const answer = await cluster.send('DELETE', await path(object), options);
      if (![200, 202, 404].includes(answer.status)) throw refused(object, answer);
    },
  };
}

/** `/api/v1` or `/apis/GROUP/VERSION`. */
export const rootOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;

/** `Deployment gravl-prod/backend` */
export const titleOf = ({ kind, metadata }: ApiObject): string =>
  `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;

async function discover(cluster: Cluster, apiVersion: string): Promise<ReadonlyMap<string, Resource>> {
  const { status, body } = await cluster.get(rootOf(apiVersion));
  if (status === 404) return new Map();
  if (status !== 200) throw new LoadError('cluster.refused', `${cluster.context}: ${reasonOf(status, body)}`);
  const { resources } = body as { resources: { name: string; kind: string; namespaced: boolean }[] };
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  return new Map(
    resources
      .filter(({ name }) => !name.includes('/'))
      .map(({ name, kind, namespaced }) => [kind, { group, plural: name, namespaced }]),
  );
}

function refused(object: ApiObject, { status, body }: Answer): LoadError {
  const code = status === 401 || status === 403 ? 'cluster.refused' : 'cluster.rejected';
  return new LoadError(code, `${titleOf(object)}: ${reasonOf(status, body)}`);
}

export interface Permission {
  readonly verb: string;
  readonly group: string;
  /** `pods` or `pods/log`. */
  readonly resource: string;
  /** Undefined: cluster-wide. */
  readonly namespace: string | undefined;
}

/** `patch deployments.apps in gravl-prod` */
export const permissionText = ({ verb, group, resource, namespace }: Permission): string =>
  `${verb} ${resource}${group === '' ? '' : `.${group}`}${namespace === undefined ? '' : ` in ${namespace}`}`;

/**
 * Those of the permissions that we do not have, as the API server itself answers.
 * @throws LoadError cluster.refused
 */
export async function missingPermissions(cluster: Cluster, permissions: readonly Permission[]): Promise<Permission[]> {
  const missing: Permission[] = [];
  for (const permission of permissions) {
    const { verb, group, resource, namespace } = permission;
    const [name, subresource] = resource.split('/');
    const { status, body } = await cluster.send('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb, group, resource: name, subresource, namespace } },
    });
    if (status !== 201) {
      throw new LoadError('cluster.refused', `${cluster.context}: ${reasonOf(status, body)}`);
    }
    if ((body as { status?: { allowed?: boolean } }).status?.allowed !== true) missing.push(permission);
  }
  return missing;
}
