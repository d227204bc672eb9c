/** The global `crypto`: random values and SubtleCrypto. */
import type { KeyInfo, SubtleArgument, SubtleMethod, SubtleResult } from '../../ops/webcrypto.ts';
import {
  copyBytes,
  type GuestContext,
  makeError,
  native,
  promiseOf,
  type ScriptFunction,
  startAsync,
} from '../runtime/api.ts';
import { hexEncode, isArrayBuffer, viewOf } from './bytes.ts';

// Scripts have no such thing: the realm's global is removed.
const Registry = FinalizationRegistry;

/** What one getRandomValues may ask for. */
const MAX_RANDOM_VALUES = 65_536;
const INTEGER_ARRAYS = new Set([
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'BigInt64Array',
  'BigUint64Array',
]);

const TypedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
// eslint-disable-next-line @typescript-eslint/unbound-method -- called with a `this` below
const arrayKind = Object.getOwnPropertyDescriptor(TypedArray, Symbol.toStringTag)?.get;

/** A key as the script sees it; the material stays with the engine. */
class CryptoKey {
  readonly #handle: number;
  readonly type: string;
  readonly extractable: boolean;
  readonly algorithm: Readonly<Record<string, unknown>>;
  readonly usages: readonly string[];

  constructor(key: KeyInfo) {
    this.#handle = key.handle;
    this.type = key.type;
    this.extractable = key.extractable;
    this.algorithm = copyPlain(key.algorithm) as Record<string, unknown>;
    this.usages = copyPlain(key.usages) as string[];
  }

  static handle(value: unknown): number | undefined {
    return typeof value === 'object' && value !== null && #handle in value ? value.#handle : undefined;
  }
}

/** Plain data of the host or the script as fresh data of this realm; buffers become Uint8Arrays. */
function copyPlain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const bytes = viewOf(value);
  if (bytes) return new Uint8Array(copyBytes(bytes));
  const source = value as Readonly<Record<string | number, unknown>>;
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    for (let i = 0; i < value.length; i++) list[i] = copyPlain(source[i]);
    return list;
  }
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(source)) copy[key] = copyPlain(source[key]);
  return copy;
}

function argumentOf(value: unknown): SubtleArgument {
  const handle = CryptoKey.handle(value);
  if (handle !== undefined) return { kind: 'key', handle };
  if (typeof value === 'object' && value !== null && 'public' in value) {
    const { public: key, ...fields } = value as Record<string, unknown>;
    const publicKey = CryptoKey.handle(key);
    if (publicKey === undefined) throw makeError('InvalidAccessError', "the algorithm's public key is not a CryptoKey");
    return { kind: 'algorithm', fields: copyPlain(fields) as Record<string, unknown>, public: publicKey };
  }
  return { kind: 'plain', value: copyPlain(value) };
}

/** Number of parameters, as in the standard. */
const METHODS: Readonly<Record<SubtleMethod, number>> = {
  decrypt: 3,
  deriveBits: 2,
  deriveKey: 5,
  digest: 2,
  encrypt: 3,
  exportKey: 2,
  generateKey: 3,
  importKey: 5,
  sign: 3,
  unwrapKey: 7,
  verify: 4,
  wrapKey: 4,
};

function argumentsOf(method: SubtleMethod, args: readonly unknown[]): SubtleArgument[] {
  if (args.length < METHODS[method]) {
    throw new TypeError(
      `crypto.subtle.${method}: ${METHODS[method]} arguments required, but only ${args.length} present`,
    );
  }
  return args.map((value, index) =>
    method === 'importKey' && index === 1 && args[0] === 'jwk'
      ? { kind: 'jwk', json: (JSON.stringify(value) as string | undefined) ?? 'null' }
      : argumentOf(value),
  );
}

export function createWebCrypto(ctx: GuestContext): object {
  // Sockets and keys of the host are not collected with the script's objects: tell it when one is gone.
  const collected = new Registry<number>((handle) => {
    ctx.host.call('webcrypto.release', handle);
  });
  const keyOf = (info: KeyInfo): CryptoKey => {
    const key = new CryptoKey(info);
    collected.register(key, info.handle);
    return key;
  };
  const valueOf = (result: SubtleResult): unknown => {
    switch (result.kind) {
      case 'bytes':
        return copyBytes(result.bytes);
      case 'boolean':
        return result.value;
      case 'jwk':
        return JSON.parse(result.json);
      case 'key':
        return keyOf(result.key);
      case 'pair':
        return { publicKey: keyOf(result.publicKey), privateKey: keyOf(result.privateKey) };
    }
  };

  const subtle: Record<string, ScriptFunction> = {};
  for (const method of Object.keys(METHODS) as SubtleMethod[]) {
    subtle[method] = native(method, METHODS[method], (...args) => {
      let prepared: SubtleArgument[];
      try {
        prepared = argumentsOf(method, args);
      } catch (error) {
        return promiseOf(ctx, () => {
          throw error;
        });
      }
      return startAsync(ctx, 'webcrypto', { method, args: prepared }, valueOf);
    });
  }

  const getRandomValues = native('getRandomValues', 1, (array) => {
    const view = isArrayBuffer(array) ? undefined : viewOf(array);
    const kind = view && (Reflect.apply(arrayKind ?? String, array, []) as string | undefined);
    if (!view || kind === undefined || !INTEGER_ARRAYS.has(kind)) {
      throw makeError('TypeMismatchError', 'getRandomValues takes an integer typed array');
    }
    if (view.length > MAX_RANDOM_VALUES) {
      throw makeError(
        'QuotaExceededError',
        `getRandomValues fills at most ${MAX_RANDOM_VALUES} bytes, not ${view.length}`,
      );
    }
    if (view.length > 0) view.set(ctx.call('crypto.randomBytes', view.length));
    return array;
  });

  const randomUUID = native('randomUUID', 0, () => {
    const bytes = new Uint8Array(copyBytes(ctx.call('crypto.randomBytes', 16)));
    // RFC 9562: version 4, variant 10.
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    return hexEncode(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  });

  return { getRandomValues, randomUUID, subtle };
}
