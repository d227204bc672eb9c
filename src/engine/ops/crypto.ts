/** Hashing and random bytes for k6/crypto. */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { CallOpHandler, Outcome } from '../contracts/host.ts';
import { md4 } from './md4.ts';

export type OutputEncoding = 'hex' | 'base64' | 'base64url' | 'base64rawurl' | 'binary';

export interface HashRequest {
  /** As k6 names it: `sha512_256`. */
  readonly algorithm: string;
  /** Hashed one after the other; strings as UTF-8. */
  readonly parts: readonly (string | Uint8Array)[];
  /** Makes it an HMAC. */
  readonly key?: string | Uint8Array;
  readonly encoding: string;
}

declare module '../contracts/host.ts' {
  interface CallOps {
    /** A string, or bytes for the encoding `binary`. */
    'crypto.hash': { arg: HashRequest; result: string | Uint8Array };
    'crypto.randomBytes': { arg: number; result: Uint8Array };
  }
}

/** k6's names → OpenSSL's; md4 is ours. */
const ALGORITHMS: ReadonlyMap<string, string> = new Map([
  ['md4', 'md4'],
  ['md5', 'md5'],
  ['sha1', 'sha1'],
  ['sha256', 'sha256'],
  ['sha384', 'sha384'],
  ['sha512', 'sha512'],
  ['sha512_224', 'sha512-224'],
  ['sha512_256', 'sha512-256'],
  ['ripemd160', 'ripemd160'],
]);
const MD4_BLOCK = 64;
/** One call never asks for more: a typo must not take the machine's memory. */
const MAX_RANDOM = 1 << 30;

const encoders: Readonly<Record<OutputEncoding, (digest: Buffer) => string | Uint8Array>> = {
  hex: (digest) => digest.toString('hex'),
  base64: (digest) => digest.toString('base64'),
  base64url: (digest) => digest.toString('base64').replaceAll('+', '-').replaceAll('/', '_'),
  base64rawurl: (digest) => digest.toString('base64url'),
  binary: (digest) => digest,
};

const bytes = (part: string | Uint8Array) => (typeof part === 'string' ? Buffer.from(part) : part);

function hmacMd4(key: Uint8Array, message: Uint8Array): Buffer {
  const block = Buffer.alloc(MD4_BLOCK);
  block.set(key.length > MD4_BLOCK ? md4(key) : key);
  const inner = md4(Buffer.concat([block.map((byte) => byte ^ 0x36), message]));
  return md4(Buffer.concat([block.map((byte) => byte ^ 0x5c), inner]));
}

function digestOf(name: string, { parts, key }: HashRequest): Buffer {
  if (name === 'md4') {
    const message = Buffer.concat(parts.map(bytes));
    return key === undefined ? md4(message) : hmacMd4(bytes(key), message);
  }
  const hash = key === undefined ? createHash(name) : createHmac(name, key);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

const refuse = (message: string): Outcome<never> => ({ ok: false, name: 'Error', message });

export const hash: CallOpHandler<'crypto.hash'> = (_io, request) => {
  const name = ALGORITHMS.get(request.algorithm);
  if (name === undefined) return refuse(`invalid algorithm: ${request.algorithm}`);
  if (!Object.hasOwn(encoders, request.encoding)) return refuse(`invalid output encoding: ${request.encoding}`);
  return { ok: true, value: encoders[request.encoding as OutputEncoding](digestOf(name, request)) };
};

export const random: CallOpHandler<'crypto.randomBytes'> = (_io, size) =>
  Number.isInteger(size) && size > 0 && size <= MAX_RANDOM
    ? { ok: true, value: randomBytes(size) }
    : refuse(`invalid size: ${size}`);
