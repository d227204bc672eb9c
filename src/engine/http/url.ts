/** URLs as Go's net/url reads and writes them: k6 sends what that yields, and shows its errors. */
import { domainToASCII } from 'node:url';
import { quote } from './head.ts';

/** Why a URL was refused, in Go's words, without the `parse "…": ` before it. */
export class UrlError extends Error {}

export interface Url {
  /** Lower case; empty when there is none. */
  readonly scheme: string;
  /** Percent-encoded as given; undefined without an `@`. */
  readonly userinfo: string | undefined;
  /** With the port when one was given, and brackets around an IPv6 address. */
  readonly host: string;
  /** Encoded as it is sent. */
  readonly path: string;
  /** Without the question mark, as given; undefined when there is none. */
  readonly query: string | undefined;
  /** Encoded; undefined when there is none. */
  readonly fragment: string | undefined;
  /** What follows `scheme:` when no slash does (`mailto:…`). */
  readonly opaque: string;
}

const VALID_PATH = /^(?:[A-Za-z0-9\-_.~!$&'()*+,;=:@[\]/]|%[0-9A-Fa-f]{2})*$/;
const VALID_USERINFO = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/;
const INVALID_HOST_CHAR = /[^A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"\u0080-\u{10ffff}]/u;

export function parseUrl(text: string): Url {
  if (/[\u0000-\u001f\u007f]/.test(text)) throw new UrlError('net/url: invalid control character in URL');
  const hash = text.indexOf('#');
  const fragment = hash < 0 ? undefined : encode(text.slice(hash + 1), FRAGMENT_SAFE);
  let rest = hash < 0 ? text : text.slice(0, hash);
  const scheme = schemeOf(rest);
  if (scheme !== '') rest = rest.slice(scheme.length + 1);
  const mark = rest.indexOf('?');
  const query = mark < 0 ? undefined : rest.slice(mark + 1);
  if (mark >= 0) rest = rest.slice(0, mark);
  if (!rest.startsWith('/')) {
    if (scheme !== '')
      return { scheme: scheme.toLowerCase(), userinfo: undefined, host: '', path: '', query, fragment, opaque: rest };
    const colon = rest.indexOf(':');
    const slash = rest.indexOf('/');
    if (colon >= 0 && (slash < 0 || colon < slash)) {
      throw new UrlError('first path segment in URL cannot contain colon');
    }
  }
  let userinfo: string | undefined;
  let host = '';
  if (rest.startsWith('//')) {
    const slash = rest.indexOf('/', 2);
    const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
    rest = slash < 0 ? '' : rest.slice(slash);
    const at = authority.lastIndexOf('@');
    if (at >= 0) {
      userinfo = authority.slice(0, at);
      if (!VALID_USERINFO.test(userinfo)) throw new UrlError('net/url: invalid userinfo');
      checkEscapes(userinfo);
    }
    host = checkHost(authority.slice(at + 1));
  }
  checkEscapes(rest);
  return { scheme: scheme.toLowerCase(), userinfo, host, path: encodePath(rest), query, fragment, opaque: '' };
}

export function formatUrl(url: Url): string {
  let text = url.scheme === '' ? '' : `${url.scheme}:`;
  if (url.opaque !== '') text += url.opaque;
  else {
    if (url.scheme !== '' || url.host !== '' || url.userinfo !== undefined) {
      if (url.host !== '' || url.path !== '' || url.userinfo !== undefined) text += '//';
      if (url.userinfo !== undefined) text += `${url.userinfo}@`;
      text += url.host;
    }
    if (url.path !== '' && !url.path.startsWith('/') && url.host !== '') text += '/';
    text += url.path;
  }
  if (url.query !== undefined) text += `?${url.query}`;
  if (url.fragment !== undefined) text += `#${url.fragment}`;
  return text;
}

/** RFC 3986, section 5.2.2. */
export function resolveUrl(base: Url, reference: string): Url {
  const ref = parseUrl(reference);
  if (ref.scheme !== '' || ref.host !== '' || ref.userinfo !== undefined) {
    return { ...ref, scheme: ref.scheme || base.scheme, path: withoutDots(ref.path) };
  }
  const { scheme, userinfo, host } = base;
  const { fragment, opaque } = ref;
  if (ref.path === '' && ref.query === undefined) {
    return { ...base, fragment: fragment ?? base.fragment };
  }
  if (ref.path === '') return { scheme, userinfo, host, path: base.path, query: ref.query, fragment, opaque };
  const folder = base.path.slice(0, base.path.lastIndexOf('/') + 1);
  const path = withoutDots(ref.path.startsWith('/') ? ref.path : `${folder}${ref.path}`);
  return { scheme, userinfo, host, path, query: ref.query, fragment, opaque };
}

/** The host name without brackets and port, internationalised names in their ASCII form. */
export function hostnameOf(host: string): string {
  const bracket = host.lastIndexOf(']');
  if (host.startsWith('[') && bracket > 0) return host.slice(1, bracket);
  const colon = host.lastIndexOf(':');
  const name = colon < 0 ? host : host.slice(0, colon);
  return /[^\u0000-\u007f]/.test(name) ? domainToASCII(name) || name : name;
}

/** The port as it was given; empty when there is none. */
export function portOf(host: string): string {
  const colon = host.lastIndexOf(':');
  return colon > host.lastIndexOf(']') ? host.slice(colon + 1) : '';
}

/** Decodes percent escapes of a user name or password. */
export function unescape(text: string): string {
  return Buffer.from(
    text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString();
}

function schemeOf(text: string): string {
  const match = /^[A-Za-z][A-Za-z0-9+.-]*:/.exec(text);
  if (match !== null) return match[0].slice(0, -1);
  if (text.startsWith(':')) throw new UrlError('missing protocol scheme');
  return '';
}

function checkHost(host: string): string {
  if (host.startsWith('[')) {
    const end = host.lastIndexOf(']');
    if (end < 0) throw new UrlError("missing ']' in host");
    checkPort(host.slice(end + 1));
    return host;
  }
  const colon = host.lastIndexOf(':');
  if (colon >= 0) checkPort(host.slice(colon));
  const bad = /%[0-9A-Fa-f]{2}/.test(host) ? undefined : INVALID_HOST_CHAR.exec(host);
  if (bad?.[0] === '%') checkEscapes(host);
  if (bad != null) throw new UrlError(`invalid character ${quote(bad[0])} in host name`);
  return host.includes('%') ? unescape(host) : host;
}

function checkPort(text: string): void {
  if (!/^(?::\d*)?$/.test(text)) throw new UrlError(`invalid port ${quote(text)} after host`);
}

function checkEscapes(text: string): void {
  const bad = /%(?![0-9A-Fa-f]{2}).{0,2}/s.exec(text);
  if (bad !== null) throw new UrlError(`invalid URL escape ${quote(bad[0])}`);
}

const PATH_SAFE = /[A-Za-z0-9\-_.~$&+,/:;=@]/;
const FRAGMENT_SAFE = /[A-Za-z0-9\-_.~$&+,/:;=?@!()*%]/;

function encodePath(path: string): string {
  return VALID_PATH.test(path) ? path : encode(unescape(latin1(path)), PATH_SAFE);
}

/** The UTF-8 bytes of a text as characters, so that percent escapes and raw characters are decoded together. */
function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function encode(text: string, safe: RegExp): string {
  let out = '';
  for (const char of text) {
    if (safe.test(char)) out += char;
    else for (const byte of Buffer.from(char)) out += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}

/** RFC 3986, section 5.2.4. */
function withoutDots(path: string): string {
  if (!path.includes('.')) return path;
  const out: string[] = [];
  const segments = path.split('/');
  for (const [i, segment] of segments.entries()) {
    const last = i === segments.length - 1;
    if (segment === '..') {
      if (out.length > 1) out.pop();
      if (last) out.push('');
    } else if (segment === '.') {
      if (last) out.push('');
    } else out.push(segment);
  }
  return out.join('/');
}
