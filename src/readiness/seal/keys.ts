/** The controller's sealing keys: out of its Secrets, out of PEM files, and out of backups of ours. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { LoadError } from '../../errors.ts';
import type { Cluster } from '../../cluster/client.ts';
import { field, list } from '../gates/model.ts';
import { parseManifests, type KubeObject } from '../manifests/load.ts';
import { fingerprintOf, SealError } from './seal.ts';

export const keyLabel = 'sealedsecrets.bitnami.com/sealed-secrets-key';
export const controller = { namespace: 'kube-system', name: 'sealed-secrets-controller' } as const;

/** One sealing key as the controller keeps it: a TLS Secret. */
const keySecretSchema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string().default(controller.namespace) }),
  data: z.object({ 'tls.crt': z.base64(), 'tls.key': z.base64() }),
});

export interface SealingKey {
  readonly name: string;
  readonly fingerprint: string;
  /** When its certificate ends. */
  readonly ends: string;
  /** The Secret as `kubectl apply` takes it. Secret itself. */
  readonly manifest: object;
}

/**
 * The active sealing keys among these objects.
 * @throws SealError for a Secret that is labelled as one and is none, or when there is none
 */
export function sealingKeysOf(objects: readonly KubeObject[]): SealingKey[] {
  const secrets = objects.filter(({ kind, metadata }) => kind === 'Secret' && metadata.labels[keyLabel] === 'active');
  if (secrets.length === 0) {
    throw new SealError(`there is no Secret labelled ${keyLabel}=active`, {
      hint: `kubectl -n ${controller.namespace} get secret -l ${keyLabel}=active -o yaml prints them.`,
    });
  }
  return secrets.map((secret) => {
    const parsed = keySecretSchema.safeParse(secret.body);
    const problem = new SealError(`Secret ${secret.metadata.name} does not hold a sealing key (tls.crt, tls.key)`);
    if (!parsed.success) throw problem;
    const { metadata, data } = parsed.data;
    const certificate = readOr(problem, () => new X509Certificate(Buffer.from(data['tls.crt'], 'base64')));
    const key = readOr(problem, () => createPrivateKey(Buffer.from(data['tls.key'], 'base64')));
    if (!certificate.checkPrivateKey(key))
      throw new SealError(`${metadata.name}: certificate and key do not belong together`);
    return {
      name: metadata.name,
      fingerprint: fingerprintOf(key),
      ends: new Date(certificate.validTo).toISOString(),
      manifest: {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { ...metadata, labels: { [keyLabel]: 'active' } },
        type: 'kubernetes.io/tls',
        data,
      },
    };
  });
}

/** @throws LoadError cluster.refused, cluster.unreachable; SealError when there is no key */
export async function readSealingKeys(cluster: Cluster): Promise<SealingKey[]> {
  const selector = encodeURIComponent(`${keyLabel}=active`);
  const { status, body } = await cluster.get(
    `/api/v1/namespaces/${controller.namespace}/secrets?labelSelector=${selector}`,
  );
  if (status !== 200) {
    const reason = field(body, 'message');
    throw new LoadError(
      'cluster.refused',
      `${cluster.context} does not show the sealing keys: ${typeof reason === 'string' ? reason : `status ${status}`}`,
    );
  }
  const items = list(field(body, 'items')).map((item) => ({ apiVersion: 'v1', kind: 'Secret', ...(item as object) }));
  return sealingKeysOf(parseManifests(cluster.context, JSON.stringify({ items })));
}

/**
 * The certificate that the controller of a cluster seals with now.
 * @returns undefined when the cluster does not show it
 */
export async function fetchCertificate(cluster: Cluster): Promise<string | undefined> {
  const service = `/api/v1/namespaces/${controller.namespace}/services/http:${controller.name}:/proxy/v1/cert.pem`;
  const { status, body } = await cluster.get(service);
  return status === 200 && typeof body === 'string' ? body : undefined;
}

/**
 * Private keys out of PEM text, or out of the controller's Secrets as `kubectl get secret -o yaml` prints them.
 * @throws SealError when there is none
 */
export function privateKeysOf(file: string, text: string): KeyObject[] {
  const problem = new SealError(`${file} holds no private key; expected PEM, a Secret of the controller, or a backup`);
  const pem = /-----BEGIN (?:RSA )?PRIVATE KEY-----/.test(text)
    ? text
    : parseManifests(file, text)
        .map(({ body }) => field(body, 'data', 'tls.key'))
        .map((key) => (typeof key === 'string' ? Buffer.from(key, 'base64').toString('utf8') : ''))
        .join('\n');
  const blocks = pem.match(/-----BEGIN ((?:RSA )?PRIVATE KEY)-----[\s\S]+?-----END \1-----/g) ?? [];
  if (blocks.length === 0) throw problem;
  return blocks.map((block) => readOr(problem, () => createPrivateKey(block)));
}

function readOr<T>(problem: SealError, read: () => T): T {
  try {
    return read();
  } catch {
    // The library's message may quote what it read.
    throw problem;
  }
}
