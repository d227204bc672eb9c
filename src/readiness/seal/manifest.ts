/** SealedSecret manifests: made from values, and checked against keys. */
import { createPrivateKey, randomInt, type KeyObject } from 'node:crypto';
import { stringify } from 'yaml';
import { field, list } from '../gates/model.ts';
import type { KubeObject } from '../manifests/load.ts';
import { SealError, sealValue, unsealValue, type Scope, type SecretPlace } from './seal.ts';

const scopeAnnotations: Readonly<Record<Scope, Readonly<Record<string, string>>>> = {
  strict: {},
  'namespace-wide': { 'sealedsecrets.bitnami.com/namespace-wide': 'true' },
  'cluster-wide': { 'sealedsecrets.bitnami.com/cluster-wide': 'true' },
};

export function sealManifest(
  values: ReadonlyMap<string, Uint8Array>,
  key: KeyObject,
  place: SecretPlace,
  type: string,
): string {
  const { name, namespace, scope } = place;
  const annotations = scopeAnnotations[scope];
  const metadata = { name, namespace, ...(scope === 'strict' ? {} : { annotations }) };
  const encryptedData = Object.fromEntries([...values].map(([field, value]) => [field, sealValue(value, key, place)]));
  const manifest = {
    apiVersion: 'bitnami.com/v1alpha1',
    kind: 'SealedSecret',
    metadata,
    spec: { encryptedData, template: { metadata, type } },
  };
  return stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** The scope that its annotations say; strict without them. */
export function placeOf({ metadata }: KubeObject): SecretPlace {
  const says = (scope: Scope): boolean => metadata.annotations[`sealedsecrets.bitnami.com/${scope}`] === 'true';
  const scope: Scope = says('cluster-wide') ? 'cluster-wide' : says('namespace-wide') ? 'namespace-wide' : 'strict';
  return { namespace: metadata.namespace ?? 'default', name: metadata.name, scope };
}

/** Names of the values that a key opens, and of those that none opens. Nothing of the values leaves this function. */
export function verifySealed(secret: KubeObject, keys: readonly KeyObject[]): { opened: string[]; closed: string[] } {
  const place = placeOf(secret);
  const result = { opened: [] as string[], closed: [] as string[] };
  for (const [name, value] of Object.entries(
    (field(secret.body, 'spec', 'encryptedData') ?? {}) as Record<string, unknown>,
  )) {
    try {
      unsealValue(typeof value === 'string' ? value : '', keys, place).fill(0);
      result.opened.push(name);
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      result.closed.push(name);
    }
  }
  return result;
}

/** Private keys out of PEM text, and out of the controller's Secrets as `kubectl get secret -o yaml` prints them. */
export function privateKeysOf(pem: string): KeyObject[] {
  const blocks = pem.match(/-----BEGIN (?:RSA )?PRIVATE KEY-----[\s\S]+?-----END (?:RSA )?PRIVATE KEY-----/g) ?? [];
  return blocks.map((block) => createPrivateKey(block));
}

/** The PEM text of `tls.key` in Secrets. */
export function keyPemOf(secrets: readonly KubeObject[]): string {
  return secrets
    .map(({ body }) => field(body, 'data', 'tls.key'))
    .flatMap((key) => list([key]))
    .map((key) => (typeof key === 'string' ? Buffer.from(key, 'base64').toString('utf8') : ''))
    .join('\n');
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Random letters and digits: nearly 6 bits a character, and safe in URLs, shells and files. */
export const generateValue = (length: number): string =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
