/** The host operations of HTTP. */
import type { ConnectionOptions } from 'node:tls';
import type { AsyncOpHandler, CallOpHandler, Outcome } from '../contracts/host.ts';
import { runBatch } from './batch.ts';
import { HttpClient } from './client.ts';
import { CookieJar } from './cookies.ts';
import { Exchange } from './exchange.ts';
import { Lending } from './lending.ts';
import { type HttpConfig, HttpShared } from './shared.ts';
import { targetOf, type Target } from './target.ts';
import './types.ts';
import { UrlError } from './url.ts';

export type { HttpOptions } from './options.ts';
export type { HttpConfig } from './shared.ts';

/** For the sockets of other protocols, which obey the same options. */
export interface SocketNetwork {
  readonly userAgent: string;
  readonly throw: boolean;
  readonly resolve: (
    hostname: string,
    port: string,
    done: (error: Error | undefined, address?: { readonly ip: string; readonly port: number }) => void,
  ) => void;
  tls(hostname: string): ConnectionOptions;
}

export interface HttpHandlers {
  readonly network: SocketNetwork;
  readonly async: {
    readonly 'http.exchange': AsyncOpHandler<'http.exchange'>;
    readonly 'http.batch': AsyncOpHandler<'http.batch'>;
    readonly 'http.resume': AsyncOpHandler<'http.resume'>;
  };
  readonly call: {
    readonly 'http.refuse': CallOpHandler<'http.refuse'>;
    readonly 'http.iteration': CallOpHandler<'http.iteration'>;
    readonly 'http.lend': CallOpHandler<'http.lend'>;
    readonly 'http.direct': CallOpHandler<'http.direct'>;
    readonly 'http.release': CallOpHandler<'http.release'>;
    readonly 'http.jar.new': CallOpHandler<'http.jar.new'>;
    readonly 'http.jar.free': CallOpHandler<'http.jar.free'>;
    readonly 'http.jar.dump': CallOpHandler<'http.jar.dump'>;
    readonly 'http.jar.load': CallOpHandler<'http.jar.load'>;
    readonly 'http.jar.get': CallOpHandler<'http.jar.get'>;
    readonly 'http.jar.set': CallOpHandler<'http.jar.set'>;
    readonly 'http.jar.clear': CallOpHandler<'http.jar.clear'>;
    readonly 'http.jar.delete': CallOpHandler<'http.jar.delete'>;
  };
}

const NOTHING: Outcome<undefined> = { ok: true, value: undefined };

/** Makes the handlers of one thread. */
export function httpHandlers(config: HttpConfig): HttpHandlers {
  const shared = new HttpShared(config);
  return {
    network: networkOf(shared),
    async: {
      'http.exchange': (io, spec, done) => {
        const client = HttpClient.of(io, shared);
        if (client.lending !== undefined) client.lending.last = undefined;
        new Exchange(client, spec, done).start();
        return undefined;
      },
      'http.batch': (io, specs, done) => {
        runBatch(HttpClient.of(io, shared), specs, done);
        return undefined;
      },
      'http.resume': (io, state, done) => {
        const client = HttpClient.of(io, shared);
        const exchange = new Exchange(client, state.spec, done);
        if (client.lending !== undefined) client.lending.last = undefined;
        const connection = client.lending?.lentFor(state.place);
        if (connection === undefined) exchange.start();
        else exchange.resume(connection, state);
        return undefined;
      },
    },
    call: {
      'http.refuse': (io, { message, throw: asked }) => {
        const throws = asked ?? config.options.throw;
        if (!throws) io.log('warning', 'Request Failed', { error: message });
        return { ok: true, value: { throws } };
      },
      'http.iteration': (io) => {
        HttpClient.of(io, shared).startIteration();
        return { ok: true, value: { always: config.options.noVUConnectionReuse } };
      },
      'http.lend': (io, asked) => {
        const client = HttpClient.of(io, shared);
        client.lending ??= new Lending();
        return { ok: true, value: client.lending.lend(asked, client.running === 0, io.samples.failed !== undefined) };
      },
      'http.direct': (io, exchange) => {
        HttpClient.of(io, shared).lending?.record(exchange, shared.sampler(io), io);
        return NOTHING;
      },
      'http.release': (io, thread) => {
        HttpClient.of(io, shared).release(thread);
        return NOTHING;
      },
      'http.jar.new': (io) => ({ ok: true, value: HttpClient.of(io, shared).newJar() }),
      'http.jar.free': (io, id) => {
        HttpClient.of(io, shared).freeJar(id);
        return NOTHING;
      },
      'http.jar.dump': (io, id) => ({ ok: true, value: HttpClient.of(io, shared).jar(id)?.entries() ?? [] }),
      'http.jar.load': (io, { jar, cookies }) => {
        HttpClient.of(io, shared).setJar(jar, new CookieJar(cookies));
        return NOTHING;
      },
      'http.jar.get': (io, { jar, url }) =>
        withTarget(url, (target) => {
          const cookies = HttpClient.of(io, shared).jar(jar)?.cookies(target) ?? [];
          return cookies.flatMap(({ name, value }) => [name, value]);
        }),
      'http.jar.set': (io, { jar, url, cookie }) =>
        withTarget(url, (target) => HttpClient.of(io, shared).jar(jar)?.set(target, cookie) ?? undefined),
      'http.jar.clear': (io, { jar, url }) =>
        withTarget(url, (target) => HttpClient.of(io, shared).jar(jar)?.clear(target) ?? undefined),
      'http.jar.delete': (io, { jar, url, name }) =>
        withTarget(url, (target) => HttpClient.of(io, shared).jar(jar)?.delete(target, name) ?? undefined),
    },
  };
}

function networkOf({ options, resolver, contexts }: HttpShared): SocketNetwork {
  return {
    userAgent: options.userAgent,
    throw: options.throw,
    resolve(hostname, port, done) {
      const refused = resolver.refusal(hostname);
      if (refused) done(new Error(refused.message));
      else {
        resolver.resolve(hostname, port, (error, address) => {
          if (error) done(new Error(error.message));
          else done(undefined, address);
        });
      }
    },
    tls: (hostname) => ({
      secureContext: contexts.for(hostname),
      rejectUnauthorized: !options.insecureSkipTLSVerify,
    }),
  };
}

function withTarget<T>(url: string, use: (target: Target) => T): Outcome<T> {
  try {
    return { ok: true, value: use(targetOf(url)) };
  } catch (error) {
    if (!(error instanceof UrlError)) throw error;
    return { ok: false, name: 'GoError', message: `parse ${JSON.stringify(url)}: ${error.message}` };
  }
}
