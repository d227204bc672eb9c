/** Cookie jars of the script; the cookies themselves live in the client. */
import type { CookieSpec } from '../../../http/types.ts';
import { type GuestContext, GoError, textOf } from '../../runtime/api.ts';

/** Go's zero time in milliseconds, as k6 shows a cookie without an expiry date. */
const NO_EXPIRY = -6795364578871;

export interface ResponseCookie {
  name: string;
  value: string;
  domain: string;
  path: string;
  http_only: boolean;
  secure: boolean;
  max_age: number;
  expires: number;
}

/** Parses Set-Cookie values into what scripts see; lines that are no cookies are left out. */
export function responseCookies(lines: readonly string[]): Record<string, ResponseCookie[]> {
  const cookies: Record<string, ResponseCookie[]> = {};
  for (const line of lines) {
    const cookie = parse(line);
    if (cookie === undefined) continue;
    if (!Object.hasOwn(cookies, cookie.name)) {
      Object.defineProperty(cookies, cookie.name, { value: [], writable: true, enumerable: true, configurable: true });
    }
    cookies[cookie.name]?.push(cookie);
  }
  return cookies;
}

function parse(line: string): ResponseCookie | undefined {
  const [first = '', ...attributes] = line.split(';').map((part) => part.trim());
  const equals = first.indexOf('=');
  const name = equals < 0 ? first : first.slice(0, equals).trim();
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) return undefined;
  const raw = equals < 0 ? '' : first.slice(equals + 1).trim();
  const value = raw.length > 1 && raw.startsWith('"') && raw.endsWith('"') ? raw.slice(1, -1) : raw;
  const cookie: ResponseCookie = {
    name,
    value,
    domain: '',
    path: '',
    http_only: false,
    secure: false,
    max_age: 0,
    expires: NO_EXPIRY,
  };
  for (const attribute of attributes) {
    const at = attribute.indexOf('=');
    const key = (at < 0 ? attribute : attribute.slice(0, at)).toLowerCase();
    const text = at < 0 ? '' : attribute.slice(at + 1);
    if (key === 'domain') cookie.domain = text;
    else if (key === 'path') cookie.path = text;
    else if (key === 'secure') cookie.secure = true;
    else if (key === 'httponly') cookie.http_only = true;
    else if (key === 'max-age' && /^(?:0|-?[1-9]\d*)$/.test(text))
      cookie.max_age = Number(text) <= 0 ? -1 : Number(text);
    else if (key === 'expires') {
      const time = Date.parse(text);
      if (!Number.isNaN(time)) cookie.expires = time;
    }
  }
  return cookie;
}

/** Id of the VU's own cookie jar in the HTTP client. */
export const DEFAULT_JAR = 0;

/** The jars of one VU, for all modules that send cookies. */
export class Jars {
  static readonly #known = new WeakMap<GuestContext, Jars>();
  readonly #ctx: GuestContext;
  #class: JarClass | undefined;
  /** Whether the default jar may hold cookies. */
  dirty = false;

  static of(ctx: GuestContext): Jars {
    let jars = Jars.#known.get(ctx);
    if (jars === undefined) Jars.#known.set(ctx, (jars = new Jars(ctx)));
    return jars;
  }

  private constructor(ctx: GuestContext) {
    this.#ctx = ctx;
    this.#resetEveryIteration();
  }

  get class(): JarClass {
    return (this.#class ??= cookieJarClass(this.#ctx, this));
  }

  /** Keeps the cookies that a response to this URL has set. */
  keep(jar: number, url: string, setCookies: readonly string[]): void {
    for (const line of setCookies) {
      const cookie = parse(line);
      if (cookie === undefined) continue;
      this.dirty = true;
      const { name, value, domain, path, secure } = cookie;
      const expires = cookie.expires === NO_EXPIRY ? undefined : cookie.expires;
      const spec = { name, value, domain, path, expires, maxAge: cookie.max_age, secure, httpOnly: cookie.http_only };
      this.#ctx.host.call('http.jar.set', { jar, url, cookie: spec });
    }
  }

  /** The client is told of a new iteration when that can matter to it. */
  #resetEveryIteration(): void {
    let always = true;
    this.#ctx.beforeIteration.push(() => {
      if (!always && !this.dirty) return;
      this.dirty = false;
      ({ always } = this.#ctx.call('http.iteration', undefined));
    });
  }
}

export interface JarClass {
  new (): object;
  /** The id of a jar; undefined for anything else. */
  idOf(value: unknown): number | undefined;
  readonly standard: () => object;
}

// Taken before scripts run: k6 has no such global.
const Registry = FinalizationRegistry;

/** Makes the class `http.CookieJar` of one VU. */
function cookieJarClass(ctx: GuestContext, state: Jars): JarClass {
  const released = new Registry<number>((id) => {
    ctx.call('http.jar.free', id);
  });
  let defaultJar: CookieJar | undefined;

  class CookieJar {
    #id: number | undefined;

    static idOf(value: unknown): number | undefined {
      return typeof value === 'object' && value !== null && #id in value ? value.#own() : undefined;
    }

    static standard(): CookieJar {
      if (defaultJar === undefined) {
        defaultJar = new CookieJar();
        defaultJar.#id = DEFAULT_JAR;
      }
      return defaultJar;
    }

    cookiesForURL(url: unknown): Record<string, string[]> {
      const pairs = ctx.call('http.jar.get', { jar: this.#own(), url: textOf(url) });
      const cookies: Record<string, string[]> = {};
      for (let i = 0; i + 1 < pairs.length; i += 2) {
        const name = pairs[i] ?? '';
        if (Object.hasOwn(cookies, name)) cookies[name]?.push(pairs[i + 1] ?? '');
        else {
          const value = [pairs[i + 1] ?? ''];
          Object.defineProperty(cookies, name, { value, writable: true, enumerable: true, configurable: true });
        }
      }
      return cookies;
    }

    set(url: unknown, name: unknown, value: unknown, options?: unknown): boolean {
      state.dirty = true;
      const cookie = cookieOf(textOf(name), textOf(value), options);
      ctx.call('http.jar.set', { jar: this.#own(), url: textOf(url), cookie });
      return true;
    }

    clear(url: unknown): void {
      ctx.call('http.jar.clear', { jar: this.#own(), url: textOf(url) });
    }

    delete(url: unknown, name: unknown): void {
      ctx.call('http.jar.delete', { jar: this.#own(), url: textOf(url), name: textOf(name) });
    }

    /** Jars made in the init context get theirs when they are first used. */
    #own(): number {
      if (this.#id === undefined) {
        this.#id = ctx.call('http.jar.new', undefined);
        released.register(this, this.#id);
      }
      return this.#id;
    }
  }
  return CookieJar;
}

function cookieOf(name: string, value: string, options: unknown): CookieSpec {
  const given = (options ?? {}) as Readonly<Record<string, unknown>>;
  const text = (key: string): string => (given[key] === undefined || given[key] === null ? '' : textOf(given[key]));
  let expires: number | undefined;
  if (text('expires') !== '') {
    expires = Date.parse(text('expires'));
    if (Number.isNaN(expires)) {
      throw new GoError(`unable to parse 'expires' date string "${text('expires')}" to a time`);
    }
  }
  return {
    name,
    value,
    domain: text('domain'),
    path: text('path'),
    expires,
    maxAge: Math.trunc(Number(given['max_age'] ?? 0)) || 0,
    secure: Boolean(given['secure']),
    httpOnly: Boolean(given['http_only']),
  };
}
