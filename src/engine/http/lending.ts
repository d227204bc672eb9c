/**
 * Connections lent to the thread of a VU in exact mode. It asks for an exchange and stands still, so each costs two changes
 * of threads. But most scripts send the same requests again and get answers that differ in nothing but their bodies: those
 * the thread writes and reads by itself, and tells what it measured later. What it cannot go on with it hands over at any
 * point (`http.resume`). A lent connection stays in its pool, paused: the thread uses it only while it asks for nothing else of HTTP,
 * and whatever it asks for takes the connection back.
 */
import type { VuIo } from '../contracts/host.ts';
import type { HttpClient } from './client.ts';
import type { Http1Connection } from './connection.ts';
import type { ResponseHead } from './head.ts';
import type { HopRecord, HopSampler } from './samples.ts';
import type { Target } from './target.ts';
import type { DirectExchange, LendSpec, Lent, RequestSpec } from './types.ts';

/** Longer requests may not fit into the socket's buffer at once. */
const MAX_REQUEST = 16 * 1024;

/** An exchange of one request, over a connection that can be used again. */
export interface Repeatable {
  readonly connection: Http1Connection;
  readonly spec: RequestSpec;
  readonly hop: HopRecord;
  /** What was written: head and body. */
  readonly request: string;
  readonly head: ResponseHead;
  /** Bytes of the response. */
  readonly received: number;
}

/** What the samples of exchanges with this answer have in common. */
interface Answer {
  readonly spec: RequestSpec;
  readonly hop: HopRecord;
  /** Bytes. */
  readonly sent: number;
  readonly received: number;
}

/** Whether there is no more to requests like this than writing them, and reading what comes. */
export function isPlain(client: HttpClient, spec: RequestSpec, target: Target): boolean {
  return (
    !target.secure &&
    spec.auth === undefined &&
    spec.compression === '' &&
    spec.cookies === undefined &&
    client.jar(spec.jar)?.empty === true &&
    client.shared.limiter === undefined &&
    client.shared.proxy(target) === undefined &&
    client.options.httpDebug === 'off'
  );
}

const NONE: Lent = { kept: false, loan: undefined, headLength: -1, bodyLength: 0 };

export class Lending {
  /** The last exchange, until it has been asked for; undefined when it cannot be repeated. */
  last: Repeatable | undefined = undefined;
  readonly #connections: (Http1Connection | undefined)[] = [];
  readonly #answers: (Answer | undefined)[] = [];

  /**
   * What the thread may do by itself after the last exchange.
   * @param place where both sides keep the request, and the loan with it; -1: nowhere yet
   * @param slot where the thread will keep the answer that it handed over; -1: it handed none over
   * @param alone no other exchange of the VU is under way
   * @param examples failures are wanted as examples, with their bodies
   */
  lend({ thread, place, slot }: LendSpec, alone: boolean, examples: boolean): Lent {
    const { last } = this;
    this.last = undefined;
    const kept = this.#connections.every((connection) => connection?.closed !== true);
    const usable = last !== undefined && alone && last.connection.idle;
    if (!kept || !usable) {
      for (const connection of this.#connections) connection?.takeBack();
      this.#connections.length = 0;
    }
    if (!usable) return NONE;
    const { connection, request } = last;
    const fd = connection.descriptor;
    const bytes = Buffer.from(request);
    const lends = place >= 0 && fd >= 0 && bytes.length <= MAX_REQUEST;
    const known = this.#connections[place] === connection;
    if (lends) this.#connections[place] = connection;
    if (!this.#connections.includes(connection)) return { ...NONE, kept };
    connection.lend(thread);
    const loan = lends && !(known && slot >= 0) ? { fd, request: bytes } : undefined;
    const bodyLength = lends && slot >= 0 ? bodyLengthOf(last, examples) : -1;
    if (bodyLength < 0) return { ...NONE, kept, loan };
    const { spec, hop, received } = last;
    this.#answers[slot] = { spec, hop: copyOf(hop), sent: bytes.length, received };
    return { kept, loan, headLength: received - bodyLength, bodyLength };
  }

  /** The connection lent for the request at this place. */
  lentFor(place: number): Http1Connection | undefined {
    return this.#connections[place];
  }

  /** Takes note of an exchange that the thread has made. */
  record(exchange: DirectExchange, sampler: HopSampler, io: VuIo): void {
    const answer = this.#answers[exchange.slot];
    if (answer === undefined) return;
    const { hop, spec, sent, received } = answer;
    io.traffic.sent += sent;
    io.traffic.received += received;
    hop.sending = exchange.sending;
    hop.waiting = exchange.waiting;
    hop.receiving = exchange.receiving;
    sampler.record(hop, spec.tags, exchange.end, spec.metadata, io);
  }
}

function copyOf(hop: HopRecord): HopRecord {
  const { method, name, status, proto, tlsVersion, ip, ocspStatus, error, errorCode, expected } = hop;
  return {
    method,
    name,
    status,
    proto,
    tlsVersion,
    ip,
    ocspStatus,
    error,
    errorCode,
    expected,
    blocked: 0,
    connecting: 0,
    tlsHandshaking: 0,
    sending: 0,
    waiting: 0,
    receiving: 0,
  };
}

/** Bytes of the body of every response with this head; -1 when more has to be done with such a response than to measure it. */
function bodyLengthOf({ head, hop }: Repeatable, examples: boolean): number {
  const { status, chunked, contentLength, contentEncoding, setCookies } = head;
  const redirects = status >= 300 && status < 400 && status !== 304;
  const example = examples && hop.expected === false;
  if (redirects || example || status === 101 || setCookies.length > 0) return -1;
  if (status === 204 || status === 304) return 0;
  return chunked || contentLength < 0 || contentEncoding !== '' ? -1 : contentLength;
}
