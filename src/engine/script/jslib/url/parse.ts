/** The WHATWG URL parser's visible behaviour: https://url.spec.whatwg.org, without IDNA. */

export interface UrlRecord {
  /** With the colon. */
  protocol: string;
  username: string;
  password: string;
  hostname: string;
  /** Empty for the scheme's default. */
  port: string;
  hasAuthority: boolean;
  /** Segments of a hierarchical path, or an opaque path as it is. */
  path: string[] | string;
  /** With the question mark, or empty. */
  search: string;
  /** With the number sign, or empty. */
  hash: string;
}

const SPECIAL: Readonly<Record<string, string>> = {
  'http:': '80',
  'https:': '443',
  'ws:': '80',
  'wss:': '443',
  'ftp:': '21',
  'file:': '',
};

const invalid = (text: string): TypeError => new TypeError(`Invalid URL: ${text}`);

/** Percent-encodes what a component may not hold, leaving what is encoded already. */
function encode(text: string, forbidden: RegExp): string {
  return text.replace(forbidden, (char) => encodeURIComponent(char).replace(/'/g, '%27'));
}

const IN_PATH = /[\u0000-\u0020"#<>?`{}\u007F-\u{10FFFF}]/gu;
const IN_QUERY = /[\u0000-\u0020"#<>'\u007F-\u{10FFFF}]/gu;
const IN_HASH = /[\u0000-\u0020"<>`\u007F-\u{10FFFF}]/gu;
const IN_LOGIN = /[\u0000-\u0020"#<>?`{}/:;=@[\\\]^|\u007F-\u{10FFFF}]/gu;

export function parseUrl(input: string, base?: UrlRecord): UrlRecord {
  const text = input.replace(/^[\u0000-\u0020]+|[\u0000-\u0020]+$/g, '').replace(/[\t\n\r]/g, '');
  const [, scheme, afterScheme = ''] = /^([a-z][a-z\d+.-]*:)(.*)$/is.exec(text) ?? [];
  const protocol = scheme?.toLowerCase() ?? base?.protocol;
  if (protocol === undefined) throw invalid(input);
  const special = protocol in SPECIAL;
  // `http:path` is relative to a base of the same scheme.
  const relativeWithScheme =
    scheme !== undefined && special && base?.protocol === protocol && !/^[/\\]/.test(afterScheme);
  const rest = scheme === undefined || relativeWithScheme ? (relativeWithScheme ? afterScheme : text) : afterScheme;
  const inherits = scheme === undefined || relativeWithScheme;

  const hashAt = rest.indexOf('#');
  const beforeHash = hashAt < 0 ? rest : rest.slice(0, hashAt);
  const hash = hashAt < 0 ? '' : `#${encode(rest.slice(hashAt + 1), IN_HASH)}`;
  const queryAt = beforeHash.indexOf('?');
  const hierarchy = queryAt < 0 ? beforeHash : beforeHash.slice(0, queryAt);
  const search = queryAt < 0 ? '' : `?${encode(beforeHash.slice(queryAt + 1), IN_QUERY)}`;
  const slashed = special ? hierarchy.replace(/\\/g, '/') : hierarchy;

  if (slashed.startsWith('//') || (special && !inherits)) {
    const [, authority = '', path = ''] =
      /^\/*([^/]*)(.*)$/s.exec(protocol === 'file:' ? slashed.slice(2) : slashed) ?? [];
    if (protocol === 'file:') {
      const [, host = '', filePath = ''] = /^([^/]*)(.*)$/s.exec(slashed.slice(2)) ?? [];
      return { ...login('', input, protocol), hostname: host.toLowerCase(), path: segments(filePath), search, hash };
    }
    return { ...login(authority, input, protocol), path: segments(path), search, hash };
  }
  if (!inherits) {
    const empty = { protocol, username: '', password: '', hostname: '', port: '', hasAuthority: false, search, hash };
    return {
      ...empty,
      path: slashed.startsWith('/') ? segments(slashed) : encode(slashed, /[\u0000-\u001F\u007F-\u{10FFFF}]/gu),
    };
  }
  if (!base) throw invalid(input);
  if (typeof base.path === 'string') {
    if (slashed !== '' || queryAt >= 0) throw invalid(input);
    return { ...base, hash };
  }
  if (slashed.startsWith('/')) return { ...base, path: segments(slashed), search, hash };
  if (slashed === '') return { ...base, search: queryAt < 0 ? base.search : search, hash };
  return { ...base, path: segments(`/${[...base.path.slice(0, -1), slashed].join('/')}`), search, hash };
}

export function serializePath({ path }: UrlRecord): string {
  return typeof path === 'string' ? path : `/${path.join('/')}`;
}

function login(authority: string, input: string, protocol: string): Omit<UrlRecord, 'path' | 'search' | 'hash'> {
  const at = authority.lastIndexOf('@');
  const credentials = at < 0 ? '' : authority.slice(0, at);
  const colon = credentials.indexOf(':');
  const host = /^(\[[\da-f:.]+\]|[^:[\]]*)(?::(\d*))?$/i.exec(authority.slice(at + 1));
  const [, name = '', port = ''] = host ?? [];
  const hostname = percentDecode(name).toLowerCase();
  const bad =
    !host ||
    Number(port) > 65_535 ||
    /[\u0000-\u0020#%/<>?@\\^|]/.test(hostname) ||
    (hostname === '' && protocol !== 'file:' && protocol in SPECIAL);
  if (bad) throw invalid(input);
  const number = port === '' ? '' : String(Number(port));
  return {
    protocol,
    username: encode(colon < 0 ? credentials : credentials.slice(0, colon), IN_LOGIN),
    password: colon < 0 ? '' : encode(credentials.slice(colon + 1), IN_LOGIN),
    hostname,
    port: number === SPECIAL[protocol] ? '' : number,
    hasAuthority: true,
  };
}

function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Segments of an absolute path, with `.` and `..` taken out. */
function segments(path: string): string[] {
  const out: string[] = [];
  const parts = path.replace(/^\//, '').split('/');
  parts.forEach((part, i) => {
    const plain = part.replace(/%2e/gi, '.');
    const last = i === parts.length - 1;
    if (plain === '..') out.pop();
    else if (plain !== '.') out.push(encode(part, IN_PATH));
    if (last && (plain === '.' || plain === '..')) out.push('');
  });
  return out;
}
