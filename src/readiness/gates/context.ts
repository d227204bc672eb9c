/** Gathers what the gates look at: manifests or a cluster, declarations, runs, scans, the key backup. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { openCluster, type Cluster } from '../../cluster/client.ts';
import { readCluster } from '../cluster/read.ts';
import { loadGolive } from '../golive/declared.ts';
import { loadDeclared } from '../manifests/declared.ts';
import { loadManifests, readText, type KubeObject } from '../manifests/load.ts';
import { loadFlows } from '../reach/flows.ts';
import { readKeyBackup } from '../seal/backup.ts';
import { fetchCertificate } from '../seal/keys.ts';
import { readCertificate } from '../seal/seal.ts';
import { loadedAlerts } from '../prometheus.ts';
import { probeTls } from '../tls.ts';
import { readMeasured } from './measured.ts';
import { field, list, type GateContext } from './model.ts';
import { readScan } from './scan.ts';

export interface ContextOptions {
  readonly environment: GateContext['environment'];
  /** Folder with the manifests, flows.yaml and permissions.yaml; absolute or as messages should name it. */
  readonly manifests: string;
  readonly results: string;
  readonly context: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly scans: readonly string[];
  /** PEM file; undefined: what the controller of the cluster shows. */
  readonly sealingCert: string | undefined;
  /** `host:port` */
  readonly tls: string | undefined;
  /** Address of a Prometheus that is asked which alerts it has loaded. */
  readonly prometheus: string | undefined;
  readonly now: Date;
}

const places = {
  staging: { namespace: 'gravl-staging', host: 'staging.gravl.app' },
  production: { namespace: 'gravl-prod', host: 'gravl.app' },
} as const;

/** Namespaces that belong to every environment. */
const shared = ['gravl-load', 'gravl-monitoring'];

const foreign = [
  'cert-manager',
  'external-secrets',
  'ingress-nginx',
  'k6-operator-system',
  'kube-node-lease',
  'kube-public',
  'kube-system',
];

const permissionsSchema = z.strictObject({
  schemaVersion: z.literal(1),
  accounts: z.record(
    z.string().regex(/^[^/]+\/[^/]+$/, 'must be namespace/account'),
    z.array(z.strictObject({ in: z.string().min(1), verbs: z.array(z.string()), resources: z.array(z.string()) })),
  ),
});

export async function gatherContext(options: ContextOptions): Promise<GateContext> {
  const { environment, manifests, results, now } = options;
  const { namespace, host } = places[environment];
  const cluster = options.context === undefined ? undefined : openCluster(options.context, options.kubeconfig);
  const tree = cluster === undefined || existsSync(manifests) ? await loadManifests([manifests]) : undefined;
  const objects = cluster === undefined ? (tree ?? []) : await readCluster(cluster);
  const other = places[environment === 'staging' ? 'production' : 'staging'].namespace;
  // What the manifests hold is ours to answer for, wherever it goes; of a cluster, what is in our namespaces.
  const named = cluster === undefined ? objects.map((object) => object.metadata.namespace ?? 'default') : [];
  const namespaces = [...new Set([namespace, ...shared, ...named])].filter(
    (name) => name !== other && !foreign.includes(name),
  );
  const flowsFile = path.join(manifests, 'flows.yaml');
  const permissionsFile = path.join(manifests, 'permissions.yaml');
  return {
    environment,
    namespace,
    namespaces,
    host,
    objects: objects.filter(
      cluster === undefined
        ? ({ kind, metadata }) => metadata.namespace !== other || kind === 'Certificate'
        : (object) => concerns(object, namespaces),
    ),
    tree,
    foreign,
    live: cluster !== undefined,
    flows: existsSync(flowsFile) ? await loadFlows(flowsFile) : undefined,
    permissions: existsSync(permissionsFile)
      ? (await loadDeclared(permissionsFile, permissionsSchema, 'permissions')).accounts
      : undefined,
    ...(await readMeasured(results, environment)),
    scans: await Promise.all(options.scans.map(async (file) => readScan(file, await readText(file)))),
    keyBackup: await readKeyBackup(results),
    sealingCertificate: await certificateOf(options.sealingCert, cluster),
    tls: options.tls === undefined ? undefined : await probeTls(options.tls, host),
    backups: existsSync(path.join(manifests, 'golive.yaml'))
      ? (await loadGolive(manifests)).environments[environment].backups
      : undefined,
    loadedAlerts: options.prometheus === undefined ? undefined : await loadedAlerts(options.prometheus),
    now,
  };
}

/** Deployments of other teams that ours rely on. */
const reliedOn = ['cert-manager', 'kube-system'];
/** Groups that every pod of ours is in. */
const everyone = /^system:(authenticated|unauthenticated|serviceaccounts(:gravl-.*)?)$/;

/** What is ours, and of the rest what bears on it: a cluster has many roles and workloads of its own. */
function concerns({ kind, metadata, body }: KubeObject, namespaces: readonly string[]): boolean {
  if (metadata.namespace === undefined) {
    if (kind !== 'ClusterRoleBinding') return true;
    return list(field(body, 'subjects')).some((subject) =>
      field(subject, 'kind') === 'ServiceAccount'
        ? namespaces.includes(String(field(subject, 'namespace')))
        : everyone.test(String(field(subject, 'name'))) && !metadata.name.startsWith('system:'),
    );
  }
  if (namespaces.includes(metadata.namespace) || kind === 'Certificate') return true;
  return kind === 'Deployment' && reliedOn.includes(metadata.namespace);
}

async function certificateOf(
  file: string | undefined,
  cluster: Cluster | undefined,
): Promise<GateContext['sealingCertificate']> {
  if (file !== undefined) return { ...readCertificate(await readText(file), file), from: file };
  const pem = cluster === undefined ? undefined : await fetchCertificate(cluster);
  return pem === undefined
    ? undefined
    : { ...readCertificate(pem, cluster?.context ?? ''), from: cluster?.context ?? '' };
}
