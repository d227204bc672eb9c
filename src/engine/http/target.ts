/** Where a URL leads: everything about it that requests need, worked out once. */
import { BodyMemory } from './body-memory.ts';
import { formatUrl, hostnameOf, parseUrl, portOf, unescape, type Url } from './url.ts';

export interface Target {
  readonly url: Url;
  readonly href: string;
  /** The URL with its credentials masked, for tags. */
  readonly clean: string;
  readonly secure: boolean;
  /** Host name or address to dial, without brackets. */
  readonly hostname: string;
  readonly port: string;
  /** Connections of equal origins are interchangeable. */
  readonly origin: string;
  /** `path?query`, as it goes into the request line. */
  readonly requestUri: string;
  /** Path alone, for cookies. */
  readonly path: string;
  readonly user: string | undefined;
  readonly password: string;
  /** What it answered last; made with its first answer. */
  bodies: BodyMemory | undefined;
}

/** Throws a UrlError. The scheme may be one that cannot be requested. */
export function targetOf(raw: string): Target {
  return targetOfUrl(parseUrl(raw), raw);
}

/** @param raw the text the URL was made of; undefined: the URL is written anew */
export function targetOfUrl(url: Url, raw?: string): Target {
  const href = raw ?? formatUrl(url);
  const secure = url.scheme === 'https';
  const hostname = hostnameOf(url.host);
  const port = portOf(url.host) || (secure ? '443' : '80');
  const path = url.path === '' ? '/' : url.path;
  const colon = url.userinfo?.indexOf(':') ?? -1;
  const user = colon < 0 ? url.userinfo : url.userinfo?.slice(0, colon);
  const mask = colon < 0 ? '****' : '****:****';
  return {
    url,
    href,
    clean: url.userinfo === undefined ? href : formatUrl({ ...url, userinfo: mask }),
    secure,
    hostname,
    port,
    origin: `${url.scheme}://${hostname.toLowerCase()}:${port}`,
    requestUri: url.query === undefined ? path : `${path}?${url.query}`,
    path,
    user: user === undefined ? undefined : unescape(user),
    password: colon < 0 || url.userinfo === undefined ? '' : unescape(url.userinfo.slice(colon + 1)),
    bodies: undefined,
  };
}

/** Targets by URL text. Bounded: URLs with ids in them never come back. */
export class TargetCache {
  readonly #targets = new Map<string, Target>();
  readonly #bound: number;
  #last: Target | undefined;
  #lastRaw = '';

  constructor(bound = 2000) {
    this.#bound = bound;
  }

  /** Throws a UrlError. */
  get(raw: string): Target {
    // A script makes the text anew each time: comparing it with the one before costs half as much as hashing it.
    if (this.#last !== undefined && raw === this.#lastRaw) return this.#last;
    const target = this.#find(raw);
    this.#last = target;
    this.#lastRaw = raw;
    return target;
  }

  #find(raw: string): Target {
    const known = this.#targets.get(raw);
    if (known !== undefined) return known;
    const target = targetOf(raw);
    if (this.#targets.size >= this.#bound) {
      this.#targets.clear();
      BodyMemory.forgetAll();
    }
    this.#targets.set(raw, target);
    return target;
  }
}
