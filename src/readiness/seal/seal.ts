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
  createHash,
  createPublicKey,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';
import { LoadError } from '../../errors.ts';

export const scopes = ['strict', 'namespace-wide', 'cluster-wide'] as const;
export type Scope = (typeof scopes)[number];

export interface SecretPlace {
  readonly namespace: string;
  readonly name: string;
  readonly scope: Scope;
}

/** The message never holds anything of a value or a key. */
export class SealError extends LoadError {
  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super('secrets.invalid', message, options);
  }
}

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

export interface SealingCertificate {
  readonly key: KeyObject;
  readonly fingerprint: string;
  readonly begins: Date;
  readonly ends: Date;
}

/** Of a public key, or of the public half of a private one: `sha256:` and the hash of its SPKI. */
export function fingerprintOf(key: KeyObject): string {
  const spki = (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' });
  return `sha256:${createHash('sha256').update(spki).digest('hex')}`;
}

/**
 * The public key of a sealing certificate, valid or not.
 * @param from where it was read, for messages
 * @throws SealError when it cannot be read, or is not RSA
 */
export function readCertificate(pem: string | Buffer, from: string): SealingCertificate {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch (cause) {
    throw new SealError(`${from} holds no certificate; expected PEM, as "kubeseal --fetch-cert" prints it`, { cause });
  }
  const { publicKey: key, validFrom, validTo } = certificate;
  if (key.asymmetricKeyType !== 'rsa') throw new SealError(`${from}: the certificate holds no RSA key`);
  return { key, fingerprint: fingerprintOf(key), begins: new Date(validFrom), ends: new Date(validTo) };
}

/**
 * The certificate to seal with.
 * @throws SealError when it cannot be read, is not RSA, or is not valid at `now`
 */
export function sealingCertificate(pem: string | Buffer, from: string, now: Date): SealingCertificate {
  const certificate = readCertificate(pem, from);
  const { begins, ends } = certificate;
  if (now < begins || now > ends) {
    throw new SealError(
      `${from}: the certificate is valid from ${begins.toISOString()} to ${ends.toISOString()}, not now; fetch the current one`,
    );
  }
  return certificate;
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
