/** The HTTP side of one VU: its connections, its cookies. */
import type { VuIo } from '../contracts/host.ts';
import type { Http1Connection } from './connection.ts';
import { CookieJar } from './cookies.ts';
import { Dial, type DialContext, type DialOwner } from './dial.ts';
import type { Http2Connection } from './http2.ts';
import type { HttpOptions } from './options.ts';
import { HopSampler } from './samples.ts';
import type { HttpShared } from './shared.ts';
import type { Target } from './target.ts';
import { DEFAULT_JAR } from './types.ts';

interface Pool {
  readonly idle: Http1Connection[];
  http2: Http2Connection | undefined;
}

const FAMILY = 'http';

export class HttpClient {
  readonly io: VuIo;
  readonly shared: HttpShared;
  readonly options: HttpOptions;
  readonly sampler: HopSampler;
  /** Raised by an interruption: exchanges of an older generation are dead and call nobody. */
  generation = 0;
  readonly #pools = new Map<string, Pool>();
  readonly #connections = new Set<Http1Connection | Http2Connection>();
  readonly #dials = new Set<Dial>();
  readonly #jars = new Map<number, CookieJar>([[DEFAULT_JAR, new CookieJar()]]);
  #nextJar = DEFAULT_JAR + 1;
  #signal: AbortSignal | undefined;

  /** The client kept in the state of a VU, made when it is first asked for. */
  static of(io: VuIo, shared: HttpShared): HttpClient {
    let client = io.state.get(FAMILY) as HttpClient | undefined;
    if (client === undefined) io.state.set(FAMILY, (client = new HttpClient(io, shared)));
    if (client.#signal !== io.signal) client.#watch(io.signal);
    return client;
  }

  constructor(io: VuIo, shared: HttpShared) {
    this.io = io;
    this.shared = shared;
    this.options = shared.options;
    this.sampler = new HopSampler(io, shared.options.systemTags);
  }

  jar(id: number): CookieJar | undefined {
    return this.#jars.get(id);
  }

  setJar(id: number, jar: CookieJar): void {
    this.#jars.set(id, jar);
  }

  newJar(): number {
    this.#jars.set(this.#nextJar, new CookieJar());
    return this.#nextJar++;
  }

  freeJar(id: number): void {
    this.#jars.delete(id);
  }

  /** A new iteration begins. */
  startIteration(): void {
    if (!this.options.noCookiesReset) this.#jars.set(DEFAULT_JAR, new CookieJar());
    if (!this.options.noVUConnectionReuse) return;
    for (const { idle, http2 } of this.#pools.values()) {
      for (const connection of [...idle]) connection.destroy();
      http2?.destroy();
    }
  }

  /** A connection ready for use; undefined: dial. */
  take(target: Target): Http1Connection | Http2Connection | undefined {
    const pool = this.#pools.get(target.origin);
    if (pool === undefined) return undefined;
    return pool.http2 ?? pool.idle.pop();
  }

  /** Gives a connection back after a response that leaves it usable. */
  give(target: Target, connection: Http1Connection): void {
    if (connection.closed) return;
    if (this.options.noConnectionReuse) connection.destroy();
    else this.#pool(target.origin).idle.push(connection);
  }

  /** The connection all requests to the origin share, if there is one. */
  http2(target: Target): Http2Connection | undefined {
    return this.#pools.get(target.origin)?.http2;
  }

  /** All requests to the origin go through this connection from now on. */
  share(target: Target, connection: Http2Connection): void {
    this.#connections.add(connection);
    if (!this.options.noConnectionReuse) this.#pool(target.origin).http2 = connection;
  }

  dial(target: Target, owner: DialOwner): Dial {
    const { shared, io } = this;
    const context: DialContext = {
      resolver: shared.resolver,
      gate: shared.gate,
      contexts: shared.contexts,
      localAddresses: shared.localAddresses,
      vuId: io.vuId,
      insecure: this.options.insecureSkipTLSVerify,
      traffic: io.traffic,
      memory: shared.memory(target.origin),
      now: shared.now,
      proxy: shared.proxy(target),
    };
    const dial: Dial = new Dial(context, target, owner, (connection) => this.forget(target, connection));
    this.#dials.add(dial);
    dial.start();
    return dial;
  }

  /** The dial has come to its end, with this connection if it succeeded. */
  dialled(dial: Dial, connection: Http1Connection | undefined): void {
    this.#dials.delete(dial);
    if (connection !== undefined) this.#connections.add(connection);
  }

  /** A connection was closed, by whomever. */
  forget(target: Target, connection: Http1Connection | Http2Connection): void {
    this.#connections.delete(connection);
    const pool = this.#pools.get(target.origin);
    if (pool === undefined) return;
    if (pool.http2 === connection) pool.http2 = undefined;
    const index = pool.idle.indexOf(connection as Http1Connection);
    if (index >= 0) pool.idle.splice(index, 1);
  }

  #pool(origin: string): Pool {
    let pool = this.#pools.get(origin);
    if (pool === undefined) this.#pools.set(origin, (pool = { idle: [], http2: undefined }));
    return pool;
  }

  #watch(signal: AbortSignal): void {
    this.#signal = signal;
    const abort = (): void => {
      this.generation++;
      for (const dial of this.#dials) dial.cancel();
      this.#dials.clear();
      for (const connection of this.#connections) connection.destroy();
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  }
}
