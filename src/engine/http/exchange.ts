/** One request of the script: its hops (redirects, authentication), its samples, its result. */
import type { Outcome } from '../contracts/host.ts';
import type { HttpClient } from './client.ts';
import { decodeBody, decodes, encodeBody } from './compression.ts';
import { Http1Connection, type Peer, READ_BUFFER, type Received, type ResponseOwner } from './connection.ts';
import { debugRequest, type ResponseDump } from './debug.ts';
import { type Dial, type DialOwner, unrequestable } from './dial.ts';
import { answer, findChallenge } from './digest.ts';
import { ErrorCode, ExchangeError, timedOut, withRequest } from './errors.ts';
import type { ResponseHead } from './head.ts';
import type { HeadMemory } from './head-memory.ts';
import { Hop } from './hop.ts';
import { Http2Connection } from './http2.ts';
import { isPlain, type Repeatable } from './lending.ts';
import { type Redirect, redirectOf, refererOf, warnOfStop } from './redirect.ts';
import {
  authorizationOf,
  cookieHeader,
  hasHeader,
  hostBody,
  lengthMismatch,
  plainHead,
  requestHead,
  withHeader,
  withoutSensitive,
} from './request.ts';
import { isExpected, keepExample } from './samples.ts';
import { storeCookies } from './cookies.ts';
import { resultOf } from './result.ts';
import type { RequestHead, Target } from './target.ts';
import { decodeText } from './text.ts';
import type { ExchangeResult, RequestSpec, ResponseType, ResumeSpec } from './types.ts';
import { UrlError } from './url.ts';

export type ExchangeDone = (outcome: Outcome<ExchangeResult>) => void;

const NO_PEER: Peer = { ip: '', port: 0, tlsVersion: '', tlsCipher: '', ocspStatus: '' };
/** Methods that may be sent again when a kept connection turns out to be dead. */
const REPLAYABLE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

export class Exchange extends Hop implements ResponseOwner, DialOwner {
  readonly #client: HttpClient;
  readonly #generation: number;
  readonly #spec: RequestSpec;
  readonly #done: ExchangeDone;
  #target: Target | undefined;
  #headers: string;
  #host: string;
  #body: string | Uint8Array | undefined;
  #authorization = '';
  #challenged = false;
  #redirects = 0;
  #sentHeaders = '';
  #jarChanged = false;
  #peer = NO_PEER;
  #dial: Dial | undefined;
  #connection: Http1Connection | Http2Connection | undefined;
  #start = 0;
  #sentAt = 0;
  #firstAt = 0;
  #finished = false;
  #debug: ResponseDump | undefined;

  constructor(client: HttpClient, spec: RequestSpec, done: ExchangeDone) {
    super(spec.method);
    this.#client = client;
    this.#generation = client.generation;
    this.#spec = spec;
    this.#done = done;
    this.#headers = spec.headers;
    this.#host = spec.host;
    this.#body = hostBody(spec.body);
  }

  start(): void {
    const client = this.#client;
    const { shared } = client;
    const spec = this.#spec;
    client.running++;
    try {
      this.#target = shared.targets.get(spec.url);
    } catch (error) {
      if (!(error instanceof UrlError)) throw error;
      const text = `invalid URL: parse ${JSON.stringify(spec.url)}: ${error.message}`;
      queueMicrotask(() => this.#end(new ExchangeError(ErrorCode.invalidUrl, text)));
      return;
    }
    const now = shared.now();
    shared.deadlines.set(this, spec.timeout, now);
    if (spec.compression === '' || this.#body === undefined) this.#begin(this.#target, now);
    else {
      encodeBody(this.#body, spec.compression.split(','), (body) => {
        this.#body = body;
        if (this.#target !== undefined) this.#begin(this.#target, shared.now());
      });
    }
  }

  /** Goes on with what the VU's own thread has begun on a connection lent to it. */
  resume(connection: Http1Connection, { start, sentAt, firstAt, written, received, failure }: ResumeSpec): void {
    const client = this.#client;
    const { shared } = client;
    const spec = this.#spec;
    client.running++;
    const target = (this.#target = shared.targets.get(spec.url));
    client.claim(target, connection);
    const now = shared.now();
    shared.deadlines.set(this, spec.timeout, start);
    this.restart(spec.name ?? target.clean);
    this.#start = start;
    this.#sentAt = sentAt || now;
    this.#firstAt = firstAt;
    this.sending = this.#sentAt - start;
    if (firstAt !== 0) this.waiting = firstAt - sentAt;
    const request = Buffer.from(this.#join(connection, target).text + ((this.#body as string | undefined) ?? ''));
    connection.resume(this, this.#type !== 'none', request, written, received, failure);
  }

  /** The time-out has passed. */
  expire(): void {
    if (this.#dead()) return;
    const connection = this.#connection;
    this.#dial?.cancel();
    if (this.#dial !== undefined) this.#client.dialled(this.#dial, undefined);
    if (connection instanceof Http1Connection) {
      connection.destroy();
      this.#failed(timedOut(), connection.received);
    } else this.#failed(timedOut(), connection?.abort(this));
  }

  /** Sends the hop to `target`. */
  #begin(target: Target, now: number): void {
    this.#target = target;
    this.restart(this.#spec.name ?? target.clean);
    this.#peer = NO_PEER;
    this.#sentAt = this.#firstAt = 0;
    const { limiter } = this.#client.shared;
    const wait = limiter === undefined ? 0 : limiter.take();
    if (wait > 0) {
      setTimeout(() => {
        if (!this.#dead()) this.#acquire(target, this.#client.shared.now());
      }, wait);
    } else this.#acquire(target, now);
  }

  #acquire(target: Target, now: number): void {
    this.#start = now;
    const impossible =
      unrequestable(target) ?? (this.#redirects > 0 ? undefined : lengthMismatch(this.#spec, this.#body));
    if (impossible !== undefined) {
      queueMicrotask(() => this.#failed(impossible, undefined));
      return;
    }
    const connection = this.#client.take(target);
    if (connection === undefined) this.#dial = this.#client.dial(target, this);
    else this.#use(connection, now);
  }

  onConnected(connection: Http1Connection, http2: boolean): void {
    const client = this.#client;
    const target = this.#target;
    if (this.#dial !== undefined) client.dialled(this.#dial, http2 ? undefined : connection);
    this.#dial = undefined;
    if (this.#dead() || target === undefined) {
      connection.destroy();
      return;
    }
    if (http2) {
      // Several requests may have dialled at once: one connection is enough.
      const known = client.http2(target);
      if (known !== undefined) connection.destroy();
      this.#use(known ?? client.share(target, connection), client.shared.now());
    } else this.#use(connection, client.shared.now());
  }

  onDialFailed(error: ExchangeError): void {
    if (this.#dial !== undefined) this.#client.dialled(this.#dial, undefined);
    this.#dial = undefined;
    this.#failed(error, undefined);
  }

  /** @param now when the connection could be had */
  #use(connection: Http1Connection | Http2Connection, now: number): void {
    const target = this.#target;
    if (target === undefined) return;
    const { options } = this.#client;
    this.blocked = now - this.#start;
    const head = this.#join(connection, target);
    const keep = this.#type !== 'none' || options.httpDebug === 'full';
    this.#debug = debugRequest(options.httpDebug, this.#client.io, this.#spec.tags, head.text, this.#body);
    if (connection.send(this, head.text, this.#body, head.bodyLength, this.method === 'HEAD', keep))
      this.onWritten(now);
  }

  #join(connection: Http1Connection | Http2Connection, target: Target): RequestHead {
    this.#connection = connection;
    this.#peer = connection.peer;
    const head = this.#head(target);
    if (this.#redirects === 0 && !this.#challenged) this.#sentHeaders = head.shown;
    return head;
  }

  #head(target: Target): RequestHead {
    const { shared, options } = this.#client;
    const spec = this.#spec;
    const cookies = cookieHeader(this.#client.jar(spec.jar), spec.cookies, target, this.#redirects === 0);
    const authorization =
      this.#authorization === '' && spec.auth !== 'digest' ? authorizationOf(target) : this.#authorization;
    const proxy = target.secure ? undefined : shared.proxy(target);
    const { userAgent } = options;
    const plain =
      this.#body === undefined &&
      cookies === '' &&
      authorization === '' &&
      this.#host === '' &&
      proxy === undefined &&
      !options.noConnectionReuse;
    if (plain) return plainHead(target, this.method, this.#headers, userAgent);
    return requestHead({
      method: this.method,
      target,
      host: this.#host,
      headers: this.#headers,
      userAgent,
      authorization,
      cookies,
      body: this.#body,
      compression: this.#body === undefined ? '' : spec.compression.replaceAll(',', ', '),
      close: options.noConnectionReuse,
      proxy,
    });
  }

  get #type(): ResponseType {
    return this.#spec.responseType ?? (this.#client.options.discardResponseBodies ? 'none' : 'text');
  }

  get heads(): HeadMemory | undefined {
    return this.#target?.memory?.heads;
  }

  onWritten(start: number): number {
    const now = this.#client.shared.now();
    this.blocked = start - this.#start;
    this.#sentAt = now;
    this.sending = now - start;
    return now;
  }

  onSent(): void {
    if (this.#firstAt !== 0) return;
    const now = this.#client.shared.now();
    this.sending += now - this.#sentAt;
    this.#sentAt = now;
  }

  onFirstByte(): void {
    this.#firstAt = this.#client.shared.now();
    this.waiting = this.#firstAt - this.#sentAt;
  }

  onResponse(response: Received, buffer: Buffer): void {
    const { head } = response;
    const target = this.#target;
    const connection = this.#connection;
    if (head === undefined || target === undefined || this.#dead()) return;
    const now = this.#client.shared.now();
    this.receiving = now - this.#firstAt;
    this.status = head.status;
    this.proto = head.proto;
    this.tlsVersion = this.#peer.tlsVersion;
    this.ip = this.#peer.ip;
    this.ocspStatus = this.#peer.ocspStatus;
    this.errorCode = head.status >= 400 && head.status < 600 ? 1000 + head.status : 0;
    const { options } = this.#client;
    this.#debug?.(head, this.method, response.text(buffer));
    this.#connection = undefined;
    if (options.noConnectionReuse && connection instanceof Http2Connection) connection.destroy();
    if (storeCookies(this.#client.jar(this.#spec.jar), head.setCookies, target)) this.#jarChanged = true;

    const authorization = this.#digest(head, target);
    const redirect = authorization === undefined ? this.#redirect(head, target) : undefined;
    if (authorization !== undefined || redirect !== undefined) {
      this.#record(now, authorization !== undefined);
      if (connection instanceof Http1Connection) this.#client.give(target, connection);
      if (authorization !== undefined) this.#authorization = authorization;
      if (redirect instanceof ExchangeError) this.#end(redirect);
      else if (redirect !== undefined) this.#follow(redirect, target, now);
      else this.#begin(target, now);
      return;
    }

    const type = this.#type;
    const bodiless = head.status === 204 || head.status === 304 || head.status === 101;
    let body: string | Uint8Array | null = null;
    if (type !== 'none' && !bodiless) {
      if (head.contentEncoding !== '' && decodes(head.contentEncoding.toLowerCase()) && this.method !== 'HEAD') {
        const coded = response.bytes(buffer);
        if (connection instanceof Http1Connection) this.#give(connection, head, target);
        decodeBody(head.contentEncoding.toLowerCase(), coded, (error, plain) => {
          if (this.#dead()) return;
          if (error !== undefined) this.#failed(error, response, null);
          else this.#succeed(head, target, type === 'text' ? textOf(plain) : plain, now);
        });
        return;
      }
      body = type === 'text' ? response.text(buffer, target.memory?.bodies) : response.bytes(buffer);
    }
    if (connection instanceof Http1Connection) this.#give(connection, head, target);
    this.#succeed(head, target, body, now);
  }

  #give(connection: Http1Connection, head: ResponseHead, target: Target): void {
    const { lending } = this.#client;
    this.#client.give(target, connection);
    if (lending !== undefined) lending.last = this.#repeatable(connection, head, target);
  }

  /** What the VU's own thread needs to do the same again; undefined when more belongs to it than writing and reading. */
  #repeatable(connection: Http1Connection, head: ResponseHead, target: Target): Repeatable | undefined {
    const spec = this.#spec;
    const body = this.#body;
    const plain = this.#redirects === 0 && this.method !== 'HEAD' && typeof body !== 'object';
    if (!plain || !isPlain(this.#client, spec, target)) return undefined;
    const request = this.#head(target).text + (body ?? '');
    return { connection, spec, hop: this, request, head, received: connection.responseBytes };
  }

  onBroken(error: ExchangeError, response: Received): void {
    if (this.#dead()) return;
    const connection = this.#connection;
    const stale = connection instanceof Http1Connection && connection.used > 1 && !response.started;
    if (stale && (connection.unsent || REPLAYABLE.has(this.method)) && this.#target !== undefined) {
      this.#connection = undefined;
      this.#acquire(this.#target, this.#client.shared.now());
    } else this.#failed(error, response);
  }

  #succeed(head: ResponseHead, target: Target, body: string | Uint8Array | null, now: number): void {
    this.#record(now, false);
    keepExample(this.#client.io.samples, this, target.clean, body);
    const href = this.#redirects === 0 ? this.#spec.url : target.href;
    this.#finish(head, body, href, '', false);
  }

  /** @param body replaces what has come of the body */
  #failed(error: ExchangeError, response: Received | undefined, body?: null): void {
    if (this.#dead()) return;
    const now = this.#client.shared.now();
    if (this.#firstAt !== 0) this.receiving = now - this.#firstAt;
    else if (this.#sentAt !== 0) this.waiting = now - this.#sentAt;
    const inBody = response?.head !== undefined;
    this.lose(error);
    this.#record(now, false);
    const href = this.#target?.href ?? this.#spec.url;
    const message = inBody ? error.message : withRequest(this.#spec.method, href, error.message);
    const partial = inBody && body !== null ? response.text(READ_BUFFER) : null;
    keepExample(this.#client.io.samples, this, this.#target?.clean ?? '', partial);
    this.#peer = NO_PEER;
    this.#finish(undefined, partial, href, message, true);
  }

  /** Ends with an error that belongs to no hop: no samples. */
  #end(error: ExchangeError): void {
    this.lose(error);
    this.#peer = NO_PEER;
    const spec = this.#spec;
    const invalid = error.code === ErrorCode.invalidUrl;
    const message = invalid ? error.message : withRequest(spec.method, this.#target?.href ?? spec.url, error.message);
    this.#finish(undefined, null, spec.url, message, true);
  }

  #finish(
    head: ResponseHead | undefined,
    body: string | Uint8Array | null,
    href: string,
    message: string,
    failed: boolean,
  ): void {
    this.#finished = true;
    const { lending } = this.#client;
    if (this.#generation === this.#client.generation) this.#client.running--;
    // What ended last is this exchange, if it can be repeated.
    if (lending?.last !== undefined && lending.last.hop !== this) lending.last = undefined;
    const { shared, options, io } = this.#client;
    shared.deadlines.clear(this);
    const spec = this.#spec;
    const throws = failed && (spec.throw ?? options.throw);
    if (failed && !throws) io.log('warning', 'Request Failed', { error: message });
    this.#done({
      ok: true,
      value: resultOf(this, this.#peer, head, body, href, message, this.#sentHeaders, throws, this.#jarChanged),
    });
  }

  /** @param authenticating the challenge that begins digest authentication is no failure */
  #record(now: number, authenticating: boolean): void {
    const { expected, tags, metadata } = this.#spec;
    this.expected = expected === null ? undefined : authenticating || isExpected(expected, this.status);
    const { shared, io } = this.#client;
    shared.sampler(io).record(this, tags, now, metadata, io);
  }

  #digest(head: ResponseHead, target: Target): string | undefined {
    if (head.status !== 401 || this.#spec.auth !== 'digest' || this.#challenged || target.user === undefined)
      return undefined;
    const challenge = findChallenge(head.challenges);
    if (challenge === undefined) return undefined;
    this.#challenged = true;
    return answer(challenge, target.user, target.password, this.method, target.requestUri);
  }

  /** Where the response leads; undefined when it is the last one. */
  #redirect(head: ResponseHead, from: Target): Redirect | ExchangeError | undefined {
    const redirect = redirectOf(head, this.method, from);
    if (redirect === undefined || redirect instanceof ExchangeError) return redirect;
    const { options, io } = this.#client;
    const limit = this.#spec.redirects ?? options.maxRedirects;
    if (this.#redirects < limit) return redirect;
    if (this.#spec.redirects === undefined && limit > 0) warnOfStop(io, limit, redirect.to);
    return undefined;
  }

  #follow({ to, method, keepsBody }: Redirect, from: Target, now: number): void {
    this.#redirects++;
    this.method = method;
    if (!keepsBody) this.#body = undefined;
    if (to.hostname !== from.hostname && !to.hostname.endsWith(`.${from.hostname}`)) {
      this.#headers = withoutSensitive(this.#headers);
      this.#authorization = '';
    }
    if (to.url.host !== from.url.host) this.#host = '';
    const referer = refererOf(from, to);
    if (referer !== '' && !hasHeader(this.#spec.headers, 'Referer')) {
      this.#headers = withHeader(this.#headers, 'Referer', referer);
    }
    this.#begin(to, now);
  }

  #dead(): boolean {
    return this.#finished || this.#generation !== this.#client.generation;
  }
}

function textOf(bytes: Buffer): string {
  return decodeText(bytes, 0, bytes.length);
}
