/** Parts and resolution of URLs (RFC 3986): the realm has no URL class. */
import { hexEncode, utf8Encode } from '../bytes.ts';

export interface UrlParts {
  readonly scheme: string;
  readonly username: string;
  readonly password: string;
  readonly hostname: string;
  readonly port: string;
  readonly path: string;
  /** Without the question mark; undefined when there is none. */
  readonly query: string | undefined;
  /** Without the number sign; undefined when there is none. */
  readonly fragment: string | undefined;
  readonly hasAuthority: boolean;
}

// RFC 3986, appendix B.
const URL_PATTERN = /^(?:([^:/?#]+):)?(\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;
const AUTHORITY = /^(?:([^@:]*)(?::([^@]*))?@)?(\[[^\]]*\]|[^:]*)(?::(\d*))?$/;

export function parseUrl(text: string): UrlParts {
  const [, scheme = '', slashes, authority = '', path = '', query, fragment] = URL_PATTERN.exec(text) ?? [];
  const [, username = '', password = '', hostname = '', port = ''] = AUTHORITY.exec(authority) ?? [];
  return {
    scheme: scheme.toLowerCase(),
    username,
    password,
    hostname,
    port,
    path,
    query,
    fragment,
    hasAuthority: slashes !== undefined,
  };
}

export function formatUrl(url: UrlParts): string {
  const user = url.username || url.password ? `${url.username}${url.password ? `:${url.password}` : ''}@` : '';
  const host = url.port ? `${url.hostname}:${url.port}` : url.hostname;
  return (
    (url.scheme ? `${url.scheme}:` : '') +
    (url.hasAuthority ? `//${user}${host}` : '') +
    url.path +
    (url.query === undefined ? '' : `?${url.query}`) +
    (url.fragment === undefined ? '' : `#${url.fragment}`)
  );
}

/** RFC 3986, section 5.2.4. */
function withoutDots(path: string): string {
  const out: string[] = [];
  const segments = path.split('/');
  segments.forEach((segment, i) => {
    const last = i === segments.length - 1;
    if (segment === '..') {
      if (out.length > 1 || (out.length === 1 && out[0] !== '')) out.pop();
      if (last) out.push('');
    } else if (segment === '.') {
      if (last) out.push('');
    } else {
      out.push(segment);
    }
  });
  return out.join('/');
}

/** RFC 3986, section 5.2.2; without a base the reference stays as it is. */
export function resolveUrl(reference: string, base: string | undefined): string {
  if (base === undefined || base === '') return reference;
  const ref = parseUrl(reference);
  if (ref.scheme) return reference;
  const from = parseUrl(base);
  if (ref.hasAuthority) return formatUrl({ ...ref, scheme: from.scheme, path: withoutDots(ref.path) });
  const { fragment } = ref;
  if (ref.path === '') return formatUrl({ ...from, query: ref.query ?? from.query, fragment });
  const folder = from.path.slice(0, from.path.lastIndexOf('/') + 1) || '/';
  const path = withoutDots(ref.path.startsWith('/') ? ref.path : folder + ref.path);
  return formatUrl({ ...from, path, query: ref.query, fragment });
}

/** `application/x-www-form-urlencoded`, keys sorted, values of one key in their order. */
export function encodeForm(fields: readonly (readonly [name: string, value: string])[]): string {
  return fields
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => `${encodePart(name)}=${encodePart(value)}`)
    .join('&');
}

const UNRESERVED = /[A-Za-z0-9\-_.~]/;

function encodePart(text: string): string {
  let out = '';
  for (const byte of utf8Encode(text)) {
    const char = String.fromCharCode(byte);
    if (char === ' ') out += '+';
    else out += UNRESERVED.test(char) ? char : `%${hexEncode(Uint8Array.of(byte)).toUpperCase()}`;
  }
  return out;
}
