/** The Web Cryptography API on Node's own. Keys stay here; the guest holds their numbers. */
import { webcrypto } from 'node:crypto';
import type { AsyncOpHandler, CallOpHandler, VuIo } from '../contracts/host.ts';
import { vuState } from './vu-state.ts';

export const SUBTLE_METHODS = [
  'decrypt',
  'deriveBits',
  'deriveKey',
  'digest',
  'encrypt',
  'exportKey',
  'generateKey',
  'importKey',
  'sign',
  'unwrapKey',
  'verify',
  'wrapKey',
] as const;
export type SubtleMethod = (typeof SUBTLE_METHODS)[number];

/** An argument of a SubtleCrypto method: keys by number, JSON web keys as JSON text, the rest as it is. */
export type SubtleArgument =
  | { readonly kind: 'plain'; readonly value: unknown }
  | { readonly kind: 'key'; readonly handle: number }
  | { readonly kind: 'jwk'; readonly json: string }
  /** `public` of ECDH is a key, so an algorithm that has one carries its number. */
  | { readonly kind: 'algorithm'; readonly fields: Readonly<Record<string, unknown>>; readonly public: number };

export interface KeyInfo {
  readonly handle: number;
  readonly type: string;
  readonly extractable: boolean;
  readonly usages: readonly string[];
  readonly algorithm: Readonly<Record<string, unknown>>;
}

export type SubtleResult =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'jwk'; readonly json: string }
  | { readonly kind: 'key'; readonly key: KeyInfo }
  | { readonly kind: 'pair'; readonly publicKey: KeyInfo; readonly privateKey: KeyInfo };

declare module '../contracts/host.ts' {
  interface AsyncOps {
    webcrypto: {
      arg: { readonly method: SubtleMethod; readonly args: readonly SubtleArgument[] };
      result: SubtleResult;
    };
  }
  interface CallOps {
    /** The guest no longer holds this key. */
    'webcrypto.release': { arg: number; result: undefined };
  }
}

/** The keys of one VU. */
class Keys {
  readonly #keys = new Map<number, webcrypto.CryptoKey>();
  #last = 0;

  static of(io: VuIo): Keys {
    return vuState(io, 'webcrypto', () => new Keys());
  }

  get(handle: number): webcrypto.CryptoKey {
    const key = this.#keys.get(handle);
    if (key === undefined) throw new TypeError('the key is not a CryptoKey');
    return key;
  }

  add(key: webcrypto.CryptoKey): KeyInfo {
    const handle = ++this.#last;
    this.#keys.set(handle, key);
    const { type, extractable, usages, algorithm } = key;
    return { handle, type, extractable, usages: [...usages], algorithm: { ...algorithm } };
  }

  delete(handle: number): void {
    this.#keys.delete(handle);
  }
}

/** Values of the guest as values of this realm without a prototype: nothing the script has patched is looked up here. */
function localCopy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return Array.from(value as unknown[], localCopy);
  const copy = Object.create(null) as Record<string, unknown>;
  for (const key of Object.keys(value)) copy[key] = localCopy((value as Record<string, unknown>)[key]);
  return copy;
}

function argumentOf(argument: SubtleArgument, keys: Keys): unknown {
  switch (argument.kind) {
    case 'key':
      return keys.get(argument.handle);
    case 'jwk':
      return JSON.parse(argument.json) as unknown;
    case 'algorithm':
      return Object.assign(localCopy(argument.fields) as object, { public: keys.get(argument.public) });
    case 'plain':
      return localCopy(argument.value);
  }
}

const isKey = (value: object): value is webcrypto.CryptoKey => 'algorithm' in value;

function resultOf(value: unknown, keys: Keys): SubtleResult {
  if (typeof value === 'boolean') return { kind: 'boolean', value };
  if (value instanceof ArrayBuffer) return { kind: 'bytes', bytes: new Uint8Array(value) };
  const object = value as object;
  if (isKey(object)) return { kind: 'key', key: keys.add(object) };
  if ('publicKey' in object) {
    const { publicKey, privateKey } = object as webcrypto.CryptoKeyPair;
    return { kind: 'pair', publicKey: keys.add(publicKey), privateKey: keys.add(privateKey) };
  }
  return { kind: 'jwk', json: JSON.stringify(object) };
}

type AnyMethod = (...args: unknown[]) => Promise<unknown>;

export const subtle: AsyncOpHandler<'webcrypto'> = (io, { method, args }, done) => {
  const run = async (): Promise<SubtleResult> => {
    if (!SUBTLE_METHODS.includes(method)) throw new TypeError(`crypto.subtle.${method as string} is not a function`);
    const keys = Keys.of(io);
    const values = Array.from(args, (argument) => argumentOf(argument, keys));
    const subtle = webcrypto.subtle as unknown as Readonly<Record<SubtleMethod, AnyMethod>>;
    return resultOf(await subtle[method](...values), keys);
  };
  let cancelled = false;
  run().then(
    (value) => {
      if (!cancelled) done({ ok: true, value });
    },
    (error: unknown) => {
      if (cancelled) return;
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      // Node 20 has one name that is not the standard's.
      const standard = name === 'InvalidAccessException' ? 'InvalidAccessError' : name;
      done({ ok: false, name: standard, message: message || 'the operation failed' });
    },
  );
  return () => {
    cancelled = true;
  };
};

export const release: CallOpHandler<'webcrypto.release'> = (io, handle) => {
  Keys.of(io).delete(handle);
  return { ok: true, value: undefined };
};
