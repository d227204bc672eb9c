/** A cookie jar that decides as Go's net/http/cookiejar without a public suffix list (RFC 6265). */
import net from 'node:net';
import type { CookieSpec } from './types.ts';

/** A cookie as a jar keeps it. */
export interface StoredCookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  readonly path: string;
  readonly secure: boolean;
  readonly hostOnly: boolean;
  /** Wall-clock milliseconds; Infinity: until the jar goes. */
  readonly expires: number;
  readonly order: number;
}

export interface CookieUrl {
  readonly hostname: string;
  readonly path: string;
  readonly secure: boolean;
}

export class CookieJar {
  #entries: StoredCookie[] = [];
  #order = 0;

  /** @param entries those of another jar */
  constructor(entries: readonly StoredCookie[] = []) {
    for (const entry of entries) {
      this.#entries.push(entry);
      this.#order = Math.max(this.#order, entry.order + 1);
    }
  }

  get empty(): boolean {
    return this.#entries.length === 0;
  }

  /** All cookies, for the constructor of another jar. */
  entries(): readonly StoredCookie[] {
    return this.#entries;
  }

  /** Cookies to send: longer paths first, then older ones first. */
  cookies(url: CookieUrl, now: number = Date.now()): { readonly name: string; readonly value: string }[] {
    if (this.#entries.length === 0) return [];
    const host = url.hostname.toLowerCase();
    if (this.#entries.some((entry) => entry.expires <= now)) {
      this.#entries = this.#entries.filter((entry) => entry.expires > now);
    }
    return this.#entries
      .filter(
        (entry) => domainMatches(entry, host) && pathMatches(entry.path, url.path) && (url.secure || !entry.secure),
      )
      .sort((a, b) => b.path.length - a.path.length || a.order - b.order);
  }

  set(url: CookieUrl, cookie: CookieSpec, now: number = Date.now()): void {
    const host = url.hostname.toLowerCase();
    const place = domainOf(host, cookie.domain);
    if (place === undefined) return;
    const { domain, hostOnly } = place;
    const path = cookie.path.startsWith('/') ? cookie.path : defaultPath(url.path);
    const index = this.#entries.findIndex((e) => e.name === cookie.name && e.domain === domain && e.path === path);
    const known = this.#entries[index];
    let expires = cookie.expires ?? Infinity;
    if (cookie.maxAge !== 0) expires = cookie.maxAge < 0 ? -Infinity : now + cookie.maxAge * 1000;
    if (expires <= now) {
      if (known !== undefined) this.#entries.splice(index, 1);
      return;
    }
    const { name, value, secure } = cookie;
    const entry = { name, value, domain, path, secure, hostOnly, expires, order: known?.order ?? this.#order++ };
    if (known === undefined) this.#entries.push(entry);
    else this.#entries[index] = entry;
  }

  /** Deletes as k6 does: by a cookie of the default path that has already expired. */
  delete(url: CookieUrl, name: string): void {
    this.set(url, {
      name,
      value: '',
      domain: '',
      path: '',
      expires: undefined,
      maxAge: -1,
      secure: false,
      httpOnly: false,
    });
  }

  clear(url: CookieUrl): void {
    for (const { name } of this.cookies(url)) this.delete(url, name);
  }
}

/** Parses a Set-Cookie value; undefined when it is no cookie. */
export function parseSetCookie(line: string): CookieSpec | undefined {
  const [first = '', ...attributes] = line.split(';').map((part) => part.trim());
  const equals = first.indexOf('=');
  const name = equals < 0 ? first : first.slice(0, equals).trim();
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) return undefined;
  const value = cookieValue(equals < 0 ? '' : first.slice(equals + 1).trim());
  if (value === undefined) return undefined;
  let domain = '';
  let path = '';
  let expires: number | undefined;
  let maxAge = 0;
  let secure = false;
  let httpOnly = false;
  for (const attribute of attributes) {
    const at = attribute.indexOf('=');
    const key = (at < 0 ? attribute : attribute.slice(0, at)).toLowerCase();
    const text = at < 0 ? '' : attribute.slice(at + 1);
    if (key === 'domain') domain = text;
    else if (key === 'path') path = text;
    else if (key === 'secure') secure = true;
    else if (key === 'httponly') httpOnly = true;
    else if (key === 'max-age' && /^-?\d+$/.test(text) && !/^-?0\d/.test(text))
      maxAge = Number(text) <= 0 ? -1 : Number(text);
    else if (key === 'expires') {
      const time = Date.parse(text);
      if (!Number.isNaN(time)) expires = time;
    }
  }
  return { name, value, domain, path, expires, maxAge, secure, httpOnly };
}

/** Without surrounding quotes; undefined when a byte is not allowed. */
function cookieValue(text: string): string | undefined {
  const value = text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
  return /^[\x20-\x21\x23-\x3a\x3c-\x5b\x5d-\x7e]*$/.test(value) ? value : undefined;
}

/** The part of a name and value that can go into a Cookie header, quoted where Go quotes. */
export function cookiePair(name: string, value: string): string {
  const clean = value.replace(/[^\x20-\x21\x23-\x3a\x3c-\x5b\x5d-\x7e]/g, '');
  return `${name.replace(/[\r\n]/g, '-')}=${/[ ,]/.test(clean) ? `"${clean}"` : clean}`;
}

function domainOf(host: string, attribute: string): { domain: string; hostOnly: boolean } | undefined {
  if (attribute === '') return { domain: host, hostOnly: true };
  if (net.isIP(host) !== 0) return attribute === host ? { domain: host, hostOnly: true } : undefined;
  const domain = (attribute.startsWith('.') ? attribute.slice(1) : attribute).toLowerCase();
  if (domain === '' || domain.startsWith('.') || domain.endsWith('.')) return undefined;
  if (host !== domain && !host.endsWith(`.${domain}`)) return undefined;
  return { domain, hostOnly: false };
}

function domainMatches(entry: StoredCookie, host: string): boolean {
  return entry.domain === host || (!entry.hostOnly && host.endsWith(`.${entry.domain}`));
}

function pathMatches(path: string, request: string): boolean {
  if (request === path) return true;
  return request.startsWith(path) && (path.endsWith('/') || request[path.length] === '/');
}

function defaultPath(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 || !path.startsWith('/') ? '/' : path.slice(0, slash);
}

/** @returns whether any of the lines of a response changed the jar */
export function storeCookies(jar: CookieJar | undefined, setCookies: readonly string[], from: CookieUrl): boolean {
  let changed = false;
  if (jar === undefined) return changed;
  for (const line of setCookies) {
    const cookie = parseSetCookie(line);
    if (cookie === undefined) continue;
    jar.set(from, cookie);
    changed = true;
  }
  return changed;
}
