/** Puts the head of a request together, in the shape Go's transport writes it. */
import { cookiePair, type CookieJar } from './cookies.ts';
import { ErrorCode, ExchangeError } from './errors.ts';
import type { Proxy } from './proxy.ts';
import type { RequestHead, Target } from './target.ts';
import type { RequestCookie, RequestSpec } from './types.ts';
import { formatUrl } from './url.ts';

export interface HeadParts {
  readonly method: string;
  readonly target: Target;
  readonly host: string;
  readonly headers: string;
  readonly userAgent: string;
  readonly authorization: string;
  /** The Cookie header's value as jar and parameters make it; empty: none. */
  readonly cookies: string;
  readonly body: string | Uint8Array | undefined;
  /** Content-Encoding the body already has. */
  readonly compression: string;
  readonly close: boolean;
  readonly proxy: Proxy | undefined;
}

const VALID_HOST = /^[A-Za-z0-9!$%&'()*+,\-.:;=[\]_~]*$/;

/** The head of a plain request: the last one of its target, when it is the same. */
export function plainHead(target: Target, method: string, headers: string, userAgent: string): RequestHead {
  const { memory } = target;
  const last = memory?.asked;
  if (memory !== undefined && last?.method === method && last.headers === headers && last.userAgent === userAgent) {
    memory.patience.known();
    return last;
  }
  const head = requestHead({
    method,
    target,
    host: '',
    headers,
    userAgent,
    authorization: '',
    cookies: '',
    body: undefined,
    compression: '',
    close: false,
    proxy: undefined,
  });
  if (memory !== undefined) {
    memory.asked = memory.patience.keeps() ? { ...head, method, headers, userAgent } : undefined;
  }
  return head;
}

export function requestHead(parts: HeadParts): RequestHead {
  const { method, target, body, proxy } = parts;
  let shown = parts.headers;
  if (!hasHeader(shown, 'User-Agent')) shown = `User-Agent: ${parts.userAgent}\r\n${shown}`;
  else if (/(?:^|\n)User-Agent: *\r/.test(shown)) shown = withoutHeader(shown, 'User-Agent');
  if (parts.compression !== '' && !hasHeader(shown, 'Content-Encoding')) {
    shown += `Content-Encoding: ${parts.compression}\r\n`;
  }
  if (parts.cookies !== '') {
    const own = headerOf(shown, 'Cookie');
    shown = withHeader(shown, 'Cookie', own === '' ? parts.cookies : `${own}; ${parts.cookies}`);
  }
  const bodyLength = body === undefined ? 0 : Buffer.byteLength(body);
  let extra = '';
  if (parts.authorization !== '' && !hasHeader(shown, 'Authorization'))
    extra += `Authorization: ${parts.authorization}\r\n`;
  if (bodyLength > 0 || method === 'POST' || method === 'PUT' || method === 'PATCH')
    extra += `Content-Length: ${bodyLength}\r\n`;
  if (parts.close) extra += 'Connection: close\r\n';
  if (proxy !== undefined && proxy.authorization !== '') extra += `Proxy-Authorization: ${proxy.authorization}\r\n`;
  const uri =
    proxy === undefined ? target.requestUri : formatUrl({ ...target.url, userinfo: undefined, fragment: undefined });
  let host = parts.host === '' ? target.url.host.replace(/:$/, '') : parts.host;
  // Go sends an empty Host rather than an invalid one.
  if (!VALID_HOST.test(host)) host = '';
  return { text: `${method} ${uri} HTTP/1.1\r\nHost: ${host}\r\n${shown}${extra}\r\n`, shown, bodyLength };
}

/** Credentials of the URL, as basic authentication. */
export function authorizationOf(target: Target): string {
  if (target.user === undefined) return '';
  return `Basic ${Buffer.from(`${target.user}:${target.password}`).toString('base64')}`;
}

/** Cookies of the call come before those of the jar; `replace` takes the jar's place. */
export function cookieHeader(
  jar: CookieJar | undefined,
  cookies: readonly RequestCookie[] | undefined,
  target: Target,
  first: boolean,
): string {
  if (cookies === undefined && (jar === undefined || jar.empty)) return '';
  // After a redirection Go's client sends only what the jar holds besides the first request's headers.
  const pairs: string[] = [];
  const replaced = new Set<string>();
  const count = cookies === undefined || !first ? 0 : cookies.length;
  for (let i = 0; i < count; i++) {
    const cookie = cookies?.[i];
    if (cookie === undefined) continue;
    pairs.push(cookiePair(cookie.name, cookie.value));
    if (cookie.replace) replaced.add(cookie.name);
  }
  for (const { name, value } of jar?.cookies(target) ?? []) {
    if (!replaced.has(name)) pairs.push(cookiePair(name, value));
  }
  return pairs.join('; ');
}

/** @param name canonical */
export function hasHeader(headers: string, name: string): boolean {
  return headers.startsWith(`${name}:`) || headers.includes(`\n${name}:`);
}

export function withHeader(headers: string, name: string, value: string): string {
  return `${withoutHeader(headers, name)}${name}: ${value}\r\n`;
}

/** What must not follow a redirection to another site. */
export function withoutSensitive(headers: string): string {
  return ['Authorization', 'Www-Authenticate', 'Cookie', 'Cookie2'].reduce(withoutHeader, headers);
}

function withoutHeader(headers: string, name: string): string {
  if (!hasHeader(headers, name)) return headers;
  return headers
    .split('\r\n')
    .filter((line) => line !== '' && !line.startsWith(`${name}:`))
    .map((line) => `${line}\r\n`)
    .join('');
}

function headerOf(headers: string, name: string): string {
  const line = headers.split('\r\n').find((each) => each.startsWith(`${name}:`));
  return line === undefined ? '' : line.slice(name.length + 1).trim();
}

/**
 * The engine calls no method of an object that belongs to the script: it may be one the script has replaced. The
 * constructor of a typed array copies from the bytes themselves.
 */
export function hostBody(body: string | Uint8Array | undefined): string | Uint8Array | undefined {
  return body === undefined || typeof body === 'string' ? body : new Uint8Array(body);
}

/** A Content-Length of the script that does not fit the body. */
export function lengthMismatch(spec: RequestSpec, body: string | Uint8Array | undefined): ExchangeError | undefined {
  if (spec.contentLength === '' || spec.compression !== '' || body === undefined) return undefined;
  const length = Buffer.byteLength(body);
  const wanted = Number(spec.contentLength);
  if (wanted === length || length === 0) return undefined;
  return new ExchangeError(ErrorCode.generic, `http: ContentLength=${wanted} with Body length ${length}`);
}
