/**
 * A file under a passphrase: scrypt (RFC 7914) makes the key, AES-256-GCM encrypts. JSON, so that it says of itself how
 * it is opened; all but the ciphertext is authenticated by being the input of the key or the nonce.
 */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { z } from 'zod';
import { SealError } from './seal.ts';

/** 128 MiB and about half a second: what a guess costs. */
const cost = { N: 2 ** 17, r: 8, p: 1 } as const;
const maxmem = 256 * cost.N * cost.r;
const leastLength = 12;

const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'));
const fileSchema = z.strictObject({
  schemaVersion: z.literal(1),
  kind: z.literal('gravl-load-encrypted'),
  // Fixed: a file must not be able to ask for less work, or for all the memory.
  scrypt: z.strictObject({ N: z.literal(cost.N), r: z.literal(cost.r), p: z.literal(cost.p) }),
  salt: base64,
  nonce: base64,
  tag: base64,
  data: base64,
});

const keyFrom = (passphrase: string, salt: Buffer): Buffer =>
  scryptSync(passphrase.normalize('NFKC'), salt, 32, { ...cost, maxmem });

/** @throws SealError for a passphrase that is too short */
export function encrypt(plain: Uint8Array, passphrase: string): string {
  if (passphrase.length < leastLength) {
    throw new SealError(`the passphrase needs ${leastLength} characters at least`);
  }
  const salt = randomBytes(16);
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keyFrom(passphrase, salt), nonce);
  const data = Buffer.concat([cipher.update(plain), cipher.final()]);
  const text = (bytes: Buffer): string => bytes.toString('base64');
  const file = {
    schemaVersion: 1,
    kind: 'gravl-load-encrypted',
    scrypt: cost,
    salt: text(salt),
    nonce: text(nonce),
    tag: text(cipher.getAuthTag()),
    data: text(data),
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/** @throws SealError for another passphrase, or a file that was changed or is something else */
export function decrypt(text: string, passphrase: string): Buffer {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    throw new SealError('this is no encrypted backup: it is not JSON', { cause });
  }
  const file = fileSchema.safeParse(raw);
  if (!file.success) throw new SealError('this is no encrypted backup that this gravl-load can open');
  const { salt, nonce, tag, data } = file.data;
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyFrom(passphrase, salt), nonce, { authTagLength: 16 });
    decipher.setAuthTag(tag);
    return Buffer.concat([decipher.update(data), decipher.final()]);
  } catch (cause) {
    throw new SealError('the passphrase is wrong, or the backup was changed', { cause });
  }
}
