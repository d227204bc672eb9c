/** Where a URL leads: everything about it that requests need, worked out once. */
import { BodyMemory } from './body-memory.ts';
import { HeadMemory } from './head-memory.ts';
import { Patience } from './patience.ts';
import { formatUrl, hostnameOf, parseUrl, portOf, unescape, type Url } from './url.ts';

/** What is kept of a target that is asked for again and again. */
export class TargetMemory {
  readonly bodies = new BodyMemory();
  readonly heads = new HeadMemory();
  /** The last plain head of a request; see request.ts. */
  asked: PlainHead | undefined;
  readonly patience = new Patience();
}

/** The head of a request as it is written. */
export interface RequestHead {
  readonly text: string;
  /** Header lines as scripts see them in `response.request.headers`. */
  readonly shown: string;
  readonly bodyLength: number;
}

/** The head of a request that has neither body, cookies, credentials nor anything else of its own. */
export interface PlainHead extends RequestHead {
  readonly method: string;
  readonly headers: string;
  readonly userAgent: string;
}

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
  /** Undefined for what the cache does not keep: an address with an id in it may never come back. */
  memory: TargetMemory | undefined;
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
    memory: undefined,
  };
}

/** A full cache makes room when it has refused this many times its own size: a script may ask for ten thousand in turn. */
const REFUSALS = 32;
/** Slots for what has been asked for once; a power of two. */
const SEEN = 4096;
/** Characters at the end of a URL that have to tell it from others. */
const TAIL = 128;

/**
 * Targets by URL text, of what was asked for twice. Of the rest only a number is kept: a thousand addresses a second that
 * never come back would fill the old generation of the heap, and collecting that costs several times what a request does.
 */
export class TargetCache {
  readonly #targets = new Map<string, Target>();
  readonly #bound: number;
  readonly #seen = new Int32Array(SEEN);
  /** How many did not find room since the last clearing. */
  #refused = 0;
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
    this.#lastRaw = raw;
    // One that came for the first time has to be looked for again, to be seen twice.
    this.#last = target.memory === undefined ? undefined : target;
    return target;
  }

  #find(raw: string): Target {
    const known = this.#targets.get(raw);
    if (known !== undefined) return known;
    const target = targetOf(raw);
    if (!this.#seenBefore(raw)) return target;
    if (this.#targets.size >= this.#bound) {
      if (++this.#refused < this.#bound * REFUSALS) return target;
      this.#refused = 0;
      this.#targets.clear();
      BodyMemory.forgetAll();
    }
    target.memory = new TargetMemory();
    this.#targets.set(raw, target);
    return target;
  }

  /** True also for one that looks like another, which does no harm. */
  #seenBefore(raw: string): boolean {
    const { length } = raw;
    let hash = length;
    for (let i = Math.max(0, length - TAIL); i < length; i++) hash = (Math.imul(hash, 31) + raw.charCodeAt(i)) | 0;
    // The upper bits too, as ends that count up differ in the lower ones only.
    const slot = (hash ^ (hash >>> 15)) & (SEEN - 1);
    if (this.#seen[slot] === hash) return true;
    this.#seen[slot] = hash;
    return false;
  }
}
