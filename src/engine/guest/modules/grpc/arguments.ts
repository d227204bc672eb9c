/** What scripts pass to k6/net/grpc, as the host operations want it. */
import type { TagSet } from '../../../contracts/metrics.ts';
import type { GrpcCall, GrpcConnect } from '../../../ops/grpc/types.ts';
import { type GuestContext, GoError } from '../../runtime/api.ts';
import { asText, base64Encode, describe, toBytes, viewOf } from '../bytes.ts';

type Fields = Readonly<Record<string, unknown>>;
const SYSTEM_TAGS = ['url', 'name', 'service', 'method', 'status', 'rpc_type'];
const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

export function fieldsOf(value: unknown, what: string): Fields {
  if (value == null) return {};
  if (typeof value === 'object') return value as Fields;
  throw new GoError(`${what} must be an object, not ${describe(value)}`);
}

/** Numbers are milliseconds, strings durations such as `1m30s`. */
export function durationOf(value: unknown, fallback: number): number {
  if (value == null) return fallback;
  if (typeof value === 'number' && value >= 0) return value;
  const text = asText(value);
  let rest = text;
  let total = 0;
  while (rest !== '') {
    const match = /^(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/.exec(rest);
    if (!match) throw new GoError(`invalid timeout value: unable to use "${text}" as a duration`);
    total += Number(match[1]) * (UNITS[match[2] ?? ''] ?? 1);
    rest = rest.slice(match[0].length);
  }
  return total;
}

const textOf = (value: unknown): string | undefined => (value == null ? undefined : asText(value));

/** Metadata: binary values are those of names that end in `-bin`. */
function pairsOf(metadata: unknown, what: string): [string, string][] {
  const pairs: [string, string][] = [];
  for (const [key, value] of Object.entries(fieldsOf(metadata, what))) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      const bytes = viewOf(one) ?? (key.endsWith('-bin') ? toBytes(asText(one), what) : undefined);
      pairs.push([key, bytes ? base64Encode(bytes, 'std') : asText(one)]);
    }
  }
  return pairs;
}

function sizeOf(value: unknown, name: string): number | undefined {
  if (value == null) return undefined;
  const size = Number(value);
  if (!Number.isInteger(size) || size < 0) throw new GoError(`${name} must be a whole number of at least 0`);
  return size;
}

export function connectOf(client: number, address: unknown, params: unknown): GrpcConnect {
  const given = fieldsOf(params, 'the parameters of connect');
  const tls = given['tls'] == null ? undefined : fieldsOf(given['tls'], 'tls');
  const cacerts = tls?.['cacerts'] ?? [];
  return {
    client,
    address: asText(address),
    plaintext: given['plaintext'] === true,
    timeout: durationOf(given['timeout'], 60_000),
    reflect: given['reflect'] === true ? pairsOf(given['reflectMetadata'], 'reflectMetadata') : undefined,
    authority: textOf(given['authority']),
    maxReceiveSize: sizeOf(given['maxReceiveSize'], 'maxReceiveSize'),
    maxSendSize: sizeOf(given['maxSendSize'], 'maxSendSize'),
    tls: tls && {
      cert: asText(tls['cert'] ?? ''),
      key: asText(tls['key'] ?? ''),
      password: textOf(tls['password']),
      cacerts: Array.isArray(cacerts) ? cacerts.map(asText) : [asText(cacerts)],
    },
  };
}

/** @param defaultTimeout milliseconds */
export function callOf(
  ctx: GuestContext,
  client: number,
  method: unknown,
  request: string | undefined,
  params: unknown,
  defaultTimeout: number,
): GrpcCall {
  const { metadata, tags, timeout, discardResponseMessage, authority } = fieldsOf(params, 'params');
  let tagSet: TagSet = ctx.tags;
  for (const [key, value] of Object.entries(fieldsOf(tags, 'params.tags'))) tagSet = tagSet.with(key, asText(value));
  return {
    client,
    method: asText(method),
    request,
    metadata: pairsOf(metadata, 'params.metadata'),
    authority: textOf(authority),
    timeout: durationOf(timeout, defaultTimeout),
    discard: discardResponseMessage === true,
    tags: tagSet,
    systemTags: SYSTEM_TAGS.filter((name) => ctx.systemTags[name] === true),
  };
}

const IMPORT = /^\s*import\s+(?:public\s+|weak\s+)?"([^"]+)"\s*;/gm;

/** The texts of .proto files and of what they import, imported ones first, read under the rules of `open()`. */
export function protoFiles(
  ctx: GuestContext,
  importPaths: readonly string[],
  names: readonly string[],
): [string, string][] {
  const files: [string, string][] = [];
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    if (name.startsWith('google/protobuf/')) {
      files.push([name, '']);
      return;
    }
    const text = read(ctx, importPaths, name);
    for (const match of text.matchAll(IMPORT)) visit(match[1] ?? '');
    files.push([name, text]);
  };
  for (const name of names) visit(name);
  return files;
}

export function protosetFile(ctx: GuestContext, path: string): Uint8Array {
  const outcome = ctx.host.call('script.open', { name: path, dir: ctx.dir, binary: true });
  if (!outcome.ok) throw new GoError(`cannot load the protoset ${path}: ${outcome.message}`);
  return outcome.value as Uint8Array;
}

function read(ctx: GuestContext, importPaths: readonly string[], name: string): string {
  let failure = 'file not found';
  for (const folder of importPaths.length > 0 && !name.startsWith('/') ? importPaths : ['']) {
    const path = folder === '' ? name : `${folder}/${name}`;
    const outcome = ctx.host.call('script.open', { name: path, dir: ctx.dir, binary: false });
    if (outcome.ok) return outcome.value as string;
    failure = outcome.message;
  }
  throw new GoError(`cannot load ${name}: ${failure}`);
}
