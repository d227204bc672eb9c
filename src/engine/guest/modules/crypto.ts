/** k6/crypto. */
import type { GuestContext, ModuleFactory } from '../runtime/api.ts';
import { copyBytes, GoError, native } from '../runtime/api.ts';
import { hexEncode, toBytes } from './bytes.ts';

const ALGORITHMS = [
  'md4',
  'md5',
  'sha1',
  'sha256',
  'sha384',
  'sha512',
  'sha512_224',
  'sha512_256',
  'ripemd160',
] as const;

type Data = string | Uint8Array;

/** Strings go to the host as they are: it encodes them faster. */
function dataOf(value: unknown): Data {
  if (typeof value === 'string') return value;
  try {
    return toBytes(value, 'input');
  } catch (error) {
    throw new GoError((error as Error).message);
  }
}

/** Text: arguments that are missing are empty, so that the host's refusal names what it got. */
const name = (value: unknown) => (typeof value === 'string' ? value : '');

interface Digest {
  readonly algorithm: string;
  readonly key?: Data;
}

function digest(ctx: GuestContext, spec: Digest, parts: readonly Data[], encoding: unknown): string | ArrayBuffer {
  const outcome = ctx.host.call('crypto.hash', { ...spec, parts, encoding: name(encoding) });
  if (!outcome.ok) throw new GoError(outcome.message);
  return typeof outcome.value === 'string' ? outcome.value : copyBytes(outcome.value);
}

/** Keeps what it is given and hashes it when asked, so `digest` may be called again and `update` go on after it. */
function hasher(ctx: GuestContext, spec: Digest): object {
  const parts: Data[] = [];
  // An unknown algorithm is refused here, not at the first digest.
  digest(ctx, spec, parts, 'hex');
  return {
    update: native('update', 1, (input) => {
      const data = dataOf(input);
      parts.push(typeof data === 'string' ? data : data.slice());
    }),
    digest: native('digest', 1, (encoding) => digest(ctx, spec, parts, encoding)),
  };
}

export const cryptoModule: ModuleFactory = (ctx) => {
  const exports: Record<string, unknown> = {
    createHMAC: native('createHMAC', 2, (algorithm, key) =>
      hasher(ctx, { algorithm: name(algorithm), key: dataOf(key) }),
    ),
    createHash: native('createHash', 1, (algorithm) => hasher(ctx, { algorithm: name(algorithm) })),
    hexEncode: native('hexEncode', 1, (input) => {
      const data = dataOf(input);
      return hexEncode(typeof data === 'string' ? toBytes(data, 'input') : data);
    }),
    hmac: native('hmac', 4, (algorithm, key, input, encoding) =>
      digest(ctx, { algorithm: name(algorithm), key: dataOf(key) }, [dataOf(input)], encoding),
    ),
    randomBytes: native('randomBytes', 1, (size) => {
      const outcome = ctx.host.call('crypto.randomBytes', Number(size));
      if (!outcome.ok) throw new GoError(outcome.message);
      return copyBytes(outcome.value);
    }),
  };
  for (const algorithm of ALGORITHMS) {
    exports[algorithm] = native(algorithm, 2, (input, encoding) =>
      digest(ctx, { algorithm }, [dataOf(input)], encoding),
    );
  }
  return { ...exports, default: exports };
};
