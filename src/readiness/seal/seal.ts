/**
 * Bitnami Sealed Secrets' encryption, offline: each value gets a random AES-256-GCM key of its own, which RSA-OAEP
 * (SHA-256) encrypts to the controller's certificate. The OAEP label binds the value to where it may be unsealed.
 * Layout: 2 bytes length of the encrypted key, big-endian; the encrypted key; the GCM ciphertext with its tag. The
 * nonce is zero, which is sound because no key is used twice.
 */
import {
  constants,
  createCipheriv,
  createDecipheriv,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';

export const scopes = ['strict', 'namespace-wide', 'cluster-wide'] as const;
export type Scope = (typeof scopes)[number];

export interface SecretPlace {
  readonly namespace: string;
  readonly name: string;
  readonly scope: Scope;
}

export class SealError extends Error {}

const NONCE = Buffer.alloc(12);
const TAG_BYTES = 16;

function label({ namespace, name, scope }: SecretPlace): Buffer {
  switch (scope) {
    case 'strict':
      return Buffer.from(`${namespace}/${name}`);
    case 'namespace-wide':
      return Buffer.from(namespace);
    case 'cluster-wide':
      return Buffer.alloc(0);
  }
}

const oaep = (key: KeyObject, place: SecretPlace) => ({
  key,
  padding: constants.RSA_PKCS1_OAEP_PADDING,
  oaepHash: 'sha256',
  oaepLabel: label(place),
});

/**
 * The public key of a sealing certificate.
 * @throws SealError when it cannot be read, is not RSA, or is not valid at `now`
 */
export function sealingKey(pem: string | Buffer, now: Date): KeyObject {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch (cause) {
    throw new SealError('the sealing certificate cannot be read; expected PEM, as "kubeseal --fetch-cert" prints it', {
      cause,
    });
  }
  if (certificate.publicKey.asymmetricKeyType !== 'rsa')
    throw new SealError('the sealing certificate holds no RSA key');
  if (now < new Date(certificate.validFrom) || now > new Date(certificate.validTo)) {
    throw new SealError(
      `the sealing certificate is valid from ${certificate.validFrom} to ${certificate.validTo}, not now; fetch the current one`,
    );
  }
  return certificate.publicKey;
}

/** @returns base64, as `spec.encryptedData` holds it */
export function sealValue(value: Uint8Array, key: KeyObject, place: SecretPlace): string {
  const sessionKey = randomBytes(32);
  const encryptedKey = publicEncrypt(oaep(key, place), sessionKey);
  const cipher = createCipheriv('aes-256-gcm', sessionKey, NONCE);
  const body = Buffer.concat([cipher.update(value), cipher.final(), cipher.getAuthTag()]);
  sessionKey.fill(0);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(encryptedKey.length);
  return Buffer.concat([length, encryptedKey, body]).toString('base64');
}

/**
 * @param keys private keys of the controller, tried in turn: it keeps old ones after a rotation
 * @throws SealError when none fits: another controller's key, or another name, namespace or scope
 */
export function unsealValue(sealed: string, keys: readonly KeyObject[], place: SecretPlace): Buffer {
  const bytes = Buffer.from(sealed, 'base64');
  const keyLength = bytes.length < 2 ? 0 : bytes.readUInt16BE(0);
  if (keyLength === 0 || bytes.length < 2 + keyLength + TAG_BYTES) {
    throw new SealError('this is not a sealed value: it is shorter than its own header says');
  }
  const encryptedKey = bytes.subarray(2, 2 + keyLength);
  const body = bytes.subarray(2 + keyLength, -TAG_BYTES);
  for (const key of keys) {
    try {
      const decipher = createDecipheriv('aes-256-gcm', privateDecrypt(oaep(key, place), encryptedKey), NONCE, {
        authTagLength: TAG_BYTES,
      });
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(body), decipher.final()]);
    } catch {
      // Not this key; the error must not tell more than that.
    }
  }
  throw new SealError(
    `no key opens this value as ${place.namespace}/${place.name} (${place.scope}): it was sealed for another controller, name, namespace or scope`,
  );
}
