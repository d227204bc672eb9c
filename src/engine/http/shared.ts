/** What the clients of all VUs of a thread share. */
import type { VuIo } from '../contracts/host.ts';
import { LocalAddresses, Resolver } from './addresses.ts';
import { Deadlines } from './deadlines.ts';
import { now } from './clock.ts';
import { ConnectGate } from './gate.ts';
import type { HttpOptions } from './options.ts';
import { HeadMemory } from './head-memory.ts';
import { proxiesFrom, type Proxy } from './proxy.ts';
import { RateLimiter } from './rate-limit.ts';
import { HopSampler } from './samples.ts';
import { type Target, TargetCache } from './target.ts';
import { TlsContexts } from './tls-options.ts';

export interface HttpConfig {
  readonly options: HttpOptions;
  /** For HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** 8 zero bytes, the same for all threads of a run, so that they keep `rps` together. */
  readonly rateState?: SharedArrayBuffer | undefined;
}

export class HttpShared {
  readonly options: HttpOptions;
  readonly now = now;
  readonly deadlines = new Deadlines(this.now);
  readonly targets = new TargetCache();
  readonly resolver: Resolver;
  readonly gate = new ConnectGate();
  readonly contexts: TlsContexts;
  readonly localAddresses: LocalAddresses | undefined;
  readonly limiter: RateLimiter | undefined;
  readonly #proxyFor: ((target: Target) => Proxy | undefined) | undefined;
  #sampler: HopSampler | undefined;
  readonly #memories = new Map<string, HeadMemory>();

  constructor({ options, env, rateState }: HttpConfig) {
    this.options = options;
    this.resolver = new Resolver(options);
    this.contexts = new TlsContexts(options);
    this.localAddresses = options.localIPs === undefined ? undefined : new LocalAddresses(options.localIPs);
    this.limiter = options.rps === undefined || options.rps <= 0 ? undefined : new RateLimiter(options.rps, rateState);
    this.#proxyFor = proxiesFrom(env);
  }

  proxy(target: Target): Proxy | undefined {
    return this.#proxyFor?.(target);
  }

  /** @param io of any VU of the thread */
  sampler(io: VuIo): HopSampler {
    return (this.#sampler ??= new HopSampler(io, this.options.systemTags));
  }

  memory(origin: string): HeadMemory {
    let memory = this.#memories.get(origin);
    if (memory === undefined) {
      if (this.#memories.size >= 1000) this.#memories.clear();
      this.#memories.set(origin, (memory = new HeadMemory()));
    }
    return memory;
  }
}
