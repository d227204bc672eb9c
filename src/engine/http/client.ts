/** The HTTP side of one VU: its connections, its cookies. */
import type { VuIo } from '../contracts/host.ts';
import type { Http1Connection } from './connection.ts';
import { CookieJar } from './cookies.ts';
import { Dial, type DialContext, type DialOwner } from './dial.ts';
import { Http2Connection } from './http2.ts';
import type { Lending } from './lending.ts';
import type { HttpOptions } from './options.ts';
import type { HttpShared } from './shared.ts';
import type { Target } from './target.ts';
import { DEFAULT_JAR } from './types.ts';

/** The connections of one origin. */
interface Pool {
  readonly origin: string;
  readonly idle: Http1Connection[];
  http2: Http2Connection | undefined;
}

const FAMILY = 'http';

export class HttpClient {
  readonly io: VuIo;
  readonly shared: HttpShared;
  readonly options: HttpOptions;
  /** Raised by an interruption: exchanges of an older generation are dead and call nobody. */
  generation = 0;
  /** Exchanges under way. */
  running = 0;
  /** Of a VU with a thread of its own. */
  lending: Lending | undefined;
  /** A script talks to few origins: a list is smaller than a map, and no slower. */
  readonly #pools: Pool[] = [];
  readonly #connections: (Http1Connection | Http2Connection)[] = [];
  readonly #dials: Dial[] = [];
  readonly #withheld: Http1Connection[] = [];
  #jar = new CookieJar();
  /** Jars the script has made; there is no map before the first. */
  #jars: Map<number, CookieJar> | undefined;
  #nextJar = DEFAULT_JAR + 1;

  /** The client kept in the state of a VU, made when it is first asked for. */
  static of(io: VuIo, shared: HttpShared): HttpClient {
    const known = io.state[FAMILY];
    if (known instanceof HttpClient) return known;
    const made = new HttpClient(io, shared);
    io.state[FAMILY] = made;
    return made;
  }

  constructor(io: VuIo, shared: HttpShared) {
    this.io = io;
    this.shared = shared;
    this.options = shared.options;
    io.onInterrupt(() => {
      this.generation++;
      this.running = 0;
      for (const dial of this.#dials.splice(0)) dial.cancel();
      for (const connection of [...this.#connections]) {
        if (isLent(connection)) this.#withhold(connection);
        else connection.destroy();
      }
    });
  }

  /** Until its thread has ended it may write to the descriptor, which must not come to stand for another connection. */
  #withhold(connection: Http1Connection): void {
    remove(this.#connections, connection);
    for (const { idle } of this.#pools) remove(idle, connection);
    this.#withheld.push(connection);
  }

  /** Closes what is lent to a thread that has ended or does not know any more how far it came. */
  release(thread: number): void {
    for (const connection of [...this.#connections, ...this.#withheld]) {
      if (!isLent(connection) || connection.lentTo !== thread) continue;
      remove(this.#withheld, connection);
      connection.destroy();
    }
  }

  jar(id: number): CookieJar | undefined {
    return id === DEFAULT_JAR ? this.#jar : this.#jars?.get(id);
  }

  setJar(id: number, jar: CookieJar): void {
    if (id === DEFAULT_JAR) this.#jar = jar;
    else (this.#jars ??= new Map()).set(id, jar);
  }

  newJar(): number {
    this.setJar(this.#nextJar, new CookieJar());
    return this.#nextJar++;
  }

  freeJar(id: number): void {
    this.#jars?.delete(id);
  }

  /** A new iteration begins. */
  startIteration(): void {
    if (!this.options.noCookiesReset) this.#jar = new CookieJar();
    if (!this.options.noVUConnectionReuse) return;
    for (const { idle, http2 } of this.#pools) {
      for (const connection of [...idle]) connection.destroy();
      http2?.destroy();
    }
  }

  /** A connection ready for use; undefined: dial. */
  take(target: Target): Http1Connection | Http2Connection | undefined {
    const pool = this.#known(target.origin);
    return pool?.http2 ?? pool?.idle.pop();
  }

  /** Takes a certain connection out of its pool. */
  claim(target: Target, connection: Http1Connection): void {
    remove(this.#known(target.origin)?.idle ?? [], connection);
  }

  /** Gives a connection back after a response that leaves it usable. */
  give(target: Target, connection: Http1Connection): void {
    if (connection.closed) return;
    if (this.options.noConnectionReuse) connection.destroy();
    else this.#pool(target.origin).idle.push(connection);
  }

  /** The connection all requests to the origin share, if there is one. */
  http2(target: Target): Http2Connection | undefined {
    return this.#known(target.origin)?.http2;
  }

  /** All requests to the origin go through this connection from now on. */
  share(target: Target, { socket, peer }: Http1Connection): Http2Connection {
    const shared = new Http2Connection(socket, peer, target, this.io.traffic, (closed) => this.forget(target, closed));
    this.#connections.push(shared);
    if (!this.options.noConnectionReuse) this.#pool(target.origin).http2 = shared;
    return shared;
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
    this.#dials.push(dial);
    dial.start();
    return dial;
  }

  /** The dial has come to its end, with this connection if it succeeded. */
  dialled(dial: Dial, connection: Http1Connection | undefined): void {
    remove(this.#dials, dial);
    if (connection !== undefined) this.#connections.push(connection);
  }

  /** A connection was closed, by whomever. */
  forget(target: Target, connection: Http1Connection | Http2Connection): void {
    remove(this.#connections, connection);
    const pool = this.#known(target.origin);
    if (pool === undefined) return;
    if (pool.http2 === connection) pool.http2 = undefined;
    remove(pool.idle, connection as Http1Connection);
  }

  #known(origin: string): Pool | undefined {
    for (const pool of this.#pools) if (pool.origin === origin) return pool;
    return undefined;
  }

  #pool(origin: string): Pool {
    let pool = this.#known(origin);
    if (pool === undefined) this.#pools.push((pool = { origin, idle: [], http2: undefined }));
    return pool;
  }
}

function isLent(connection: Http1Connection | Http2Connection): connection is Http1Connection {
  return 'lentTo' in connection && connection.lentTo !== undefined;
}

function remove<T>(list: T[], item: T): void {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
}
