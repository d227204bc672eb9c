/** Makes a request of what a script passes to the functions of k6/http. */
import type { AuthMethod, RequestCookie, RequestSpec, ResponseType } from '../../../http/types.ts';
import type { TagSet } from '../../../contracts/metrics.ts';
import { type GuestContext, textOf } from '../../runtime/api.ts';
import { encodeBody } from './body.ts';
import type { JarClass } from './cookies.ts';
import { milliseconds } from './duration.ts';
import { callbackRanges, ExpectedStatuses } from './expected.ts';
import { RequestFailure } from './failure.ts';
import { canonicalName, isBadValue, isToken } from './headers.ts';
import { HttpUrl } from './http-url.ts';

const DEFAULT_TIMEOUT = 60_000;
const CODINGS = ['gzip', 'deflate', 'zstd', 'br'];

/** What the request functions of one VU share. */
export interface RequestContext {
  readonly ctx: GuestContext;
  readonly jars: JarClass;
  expected: readonly number[] | null;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Draft = Mutable<RequestSpec>;

/** Throws a {@link RequestFailure} for what k6 would answer with a failed response. */
export function makeRequest(
  context: RequestContext,
  method: string,
  url: unknown,
  body: unknown,
  params: unknown,
): RequestSpec {
  const { ctx } = context;
  const named = HttpUrl.is(url);
  const spec: Draft = {
    method,
    url: named ? url.url : textOf(url),
    name: named ? url.name : undefined,
    headers: '',
    host: '',
    contentLength: '',
    body: undefined,
    compression: '',
    cookies: undefined,
    jar: 0,
    auth: undefined,
    timeout: DEFAULT_TIMEOUT,
    redirects: undefined,
    responseType: undefined,
    throw: undefined,
    expected: context.expected,
    tags: ctx.tags,
    metadata: ctx.metadata,
  };
  if (params !== undefined && params !== null) readParams(context, spec, params as Readonly<Record<string, unknown>>);
  if (body !== undefined && body !== null) {
    const { data, contentType } = encodeBody(body);
    spec.body = data;
    if (contentType !== '' && !/(?:^|\n)Content-Type:/.test(spec.headers)) {
      spec.headers += `Content-Type: ${contentType}\r\n`;
    }
  }
  return spec;
}

/** What `throw` says in the parameters, for a request that could not be made. */
export function throwOf(params: unknown): boolean | undefined {
  const asked = (params as { readonly throw?: unknown } | null | undefined)?.throw;
  return asked === undefined ? undefined : Boolean(asked);
}

function readParams(context: RequestContext, spec: Draft, params: Readonly<Record<string, unknown>>): void {
  for (const key in params) {
    const value = params[key];
    const read = readers[key];
    if (read === undefined || value === undefined || (value === null && key !== 'responseCallback')) continue;
    read(spec, value, context);
  }
}

type Reader = (spec: Draft, value: unknown, context: RequestContext) => void;

const readers: Readonly<Record<string, Reader>> = {
  __proto__: null as never,
  headers: readHeaders,
  tags: (spec, value) => (spec.tags = readTags(spec, value)),
  cookies: (spec, value) => (spec.cookies = readCookies(value)),
  jar(spec, value, context) {
    const id = context.jars.idOf(value);
    if (id !== undefined) spec.jar = id;
  },
  timeout(spec, value) {
    const timeout = milliseconds(value);
    if (timeout === undefined)
      throw new RequestFailure(`invalid timeout value: time: invalid duration ${JSON.stringify(value)}`);
    spec.timeout = timeout;
  },
  redirects: (spec, value) => (spec.redirects = Math.trunc(Number(value))),
  auth(spec, value) {
    const auth = textOf(value);
    if (auth === 'ntlm')
      throw new RequestFailure('NTLM authentication is not supported by this engine; run the script with k6');
    spec.auth = auth === 'digest' || auth === 'basic' ? (auth satisfies AuthMethod) : undefined;
  },
  throw: (spec, value) => (spec.throw = Boolean(value)),
  responseType(spec, value) {
    if (value !== 'text' && value !== 'binary' && value !== 'none') {
      throw new RequestFailure(`${textOf(value)} does not belong to ResponseType values`);
    }
    spec.responseType = value satisfies ResponseType;
  },
  compression(spec, value) {
    const names = textOf(value)
      .split(',')
      .map((name) => name.trim().toLowerCase());
    for (const name of names) {
      if (!CODINGS.includes(name)) {
        throw new RequestFailure(
          `unknown compression algorithm ${name}, supported algorithms are [${CODINGS.join(' ')}]`,
        );
      }
    }
    spec.compression = names.join(',');
  },
  responseCallback(spec, value) {
    if (value !== null && ExpectedStatuses.ranges(value) === undefined) {
      throw new RequestFailure('unsupported responseCallback');
    }
    spec.expected = callbackRanges(value);
  },
};

function readHeaders(spec: Draft, value: unknown, { ctx }: RequestContext): void {
  const headers = value as Readonly<Record<string, unknown>>;
  let block = '';
  let names: string[] | undefined;
  for (const key of Object.keys(headers)) {
    const text = textOf(headers[key]);
    const name = canonicalName(key);
    if (name === 'Host') {
      spec.host = text;
      continue;
    }
    if (name === 'Content-Length') {
      if (/^\d+$/.test(text)) spec.contentLength = text;
      else ctx.host.log('warning', `The Content-Length header ${JSON.stringify(text)} is not a number, it is ignored`);
      continue;
    }
    if (!isToken(name)) throw new RequestFailure(`net/http: invalid header field name ${JSON.stringify(key)}`);
    if (isBadValue(text)) throw new RequestFailure(`net/http: invalid header field value for ${JSON.stringify(name)}`);
    // Names that differ in case only are one header: the last one counts.
    if (names?.includes(name) === true) block = block.replace(new RegExp(`(^|\\n)${escaped(name)}: [^\\n]*\\n`), '$1');
    (names ??= []).push(name);
    block += `${name}: ${text.trim()}\r\n`;
  }
  spec.headers = block;
}

function escaped(name: string): string {
  return name.replace(/[.*+?^$|]/g, '\\$&');
}

function readTags(spec: Draft, value: unknown): TagSet {
  let { tags } = spec;
  const given = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(given)) {
    const tag = given[key];
    if (typeof tag !== 'string' && typeof tag !== 'number' && typeof tag !== 'boolean') {
      throw new RequestFailure(
        `invalid HTTP request metric tags: invalid value for metric tag '${key}': ` +
          'only String, Boolean and Number types are accepted as a metric tag values',
      );
    }
    const text = textOf(tag);
    if (key === 'name') spec.name = text;
    tags = tags.with(key, text);
  }
  return tags;
}

function readCookies(value: unknown): RequestCookie[] {
  return Object.entries(value as object).map(([name, cookie]: [string, unknown]) => {
    if (typeof cookie !== 'object' || cookie === null) return { name, value: textOf(cookie), replace: false };
    const { value: text, replace } = cookie as { readonly value?: unknown; readonly replace?: unknown };
    return { name, value: text === undefined ? '' : textOf(text), replace: Boolean(replace) };
  });
}
