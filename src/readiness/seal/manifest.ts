/** SealedSecret manifests: made from values, and checked against keys. */
import type { KeyObject } from 'node:crypto';
import { stringify } from 'yaml';
import { field } from '../gates/model.ts';
import type { KubeObject } from '../manifests/load.ts';
import {
  fingerprintOf,
  SealError,
  sealValue,
  unsealValue,
  type Scope,
  type SealingCertificate,
  type SecretPlace,
} from './seal.ts';

/** Annotations of ours: with which key a SealedSecret was made, and how long that key's certificate is valid. */
export const sealedWith = 'gravl.app/sealed-with';
export const certificateEnds = 'gravl.app/sealing-certificate-ends';
/** Instead of a fingerprint, for the placeholder in the tree. */
export const testKeyMark = 'documented-test-key';

const scopeAnnotation = (scope: Scope): Record<string, string> =>
  scope === 'strict' ? {} : { [`sealedsecrets.bitnami.com/${scope}`]: 'true' };

/** @param type of the Secret, `Opaque` as a rule */
export function sealManifest(
  values: ReadonlyMap<string, Uint8Array>,
  certificate: SealingCertificate,
  place: SecretPlace,
  type: string,
): string {
  const { name, namespace, scope } = place;
  const annotations = scopeAnnotation(scope);
  const encryptedData = Object.fromEntries(
    [...values].map(([key, value]) => [key, sealValue(value, certificate.key, place)]),
  );
  const marks = { [sealedWith]: certificate.fingerprint, [certificateEnds]: certificate.ends.toISOString() };
  const inside = { name, namespace, ...(scope === 'strict' ? {} : { annotations }) };
  const manifest = {
    apiVersion: 'bitnami.com/v1alpha1',
    kind: 'SealedSecret',
    metadata: { name, namespace, annotations: { ...annotations, ...marks } },
    spec: { encryptedData, template: { metadata: inside, type } },
  };
  return stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** The scope that its annotations say; strict without them. */
export function placeOf({ metadata }: KubeObject): SecretPlace {
  const says = (scope: Scope): boolean => metadata.annotations[`sealedsecrets.bitnami.com/${scope}`] === 'true';
  const scope: Scope = says('cluster-wide') ? 'cluster-wide' : says('namespace-wide') ? 'namespace-wide' : 'strict';
  return { namespace: metadata.namespace ?? 'default', name: metadata.name, scope };
}

export interface Verified extends SecretPlace {
  /** Keys of the values that open. */
  readonly opened: readonly string[];
  /** Keys of those that don't: another controller's key, or another name, namespace or scope. */
  readonly closed: readonly string[];
  /** The key that each value was sealed with, as far as it opened. */
  readonly fingerprints: readonly string[];
}

/** Tries each value of a SealedSecret with each key. Nothing of the values leaves this function. */
export function verifySealed(secret: KubeObject, keys: readonly KeyObject[]): Verified {
  const place = placeOf(secret);
  const opened: string[] = [];
  const closed: string[] = [];
  const fingerprints = new Set<string>();
  const data = field(secret.body, 'spec', 'encryptedData') ?? {};
  for (const [name, value] of Object.entries(data)) {
    const key = keys.find((one) => opens(value, one, place));
    if (key === undefined) closed.push(name);
    else {
      opened.push(name);
      fingerprints.add(fingerprintOf(key));
    }
  }
  return { ...place, opened, closed, fingerprints: [...fingerprints] };
}

function opens(value: unknown, key: KeyObject, place: SecretPlace): boolean {
  try {
    unsealValue(typeof value === 'string' ? value : '', [key], place).fill(0);
    return true;
  } catch (error) {
    if (error instanceof SealError) return false;
    throw error;
  }
}
