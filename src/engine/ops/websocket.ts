/** WebSocket connections of a VU, on the npm package `ws`. The guest asks for one event after the other. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type WebSocket from 'ws';
import type { AsyncOpHandler, CallOpHandler, Outcome, VuIo } from '../contracts/host.ts';
import type { TagSet } from '../contracts/metrics.ts';
import { goMessage } from './go-errors.ts';
import { wsPackage } from './packages.ts';
import { type SocketSettings, socketSettings } from './socket-settings.ts';
import { withSystemTags } from './system-tags.ts';

export interface WsRequest {
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly protocols: readonly string[];
  /** Offers permessage-deflate. */
  readonly compress: boolean;
  /** Those of the script; the connection's samples add these system tags. */
  readonly tags: TagSet;
  readonly systemTags: readonly string[];
}

/** How the handshake went; `error` is empty when the connection is open. */
export interface WsHandshake {
  readonly id: number;
  readonly error: string;
  /** The script has to see an exception. */
  readonly throws: boolean;
  /** 0 when no response came. */
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Of a response that refused the handshake. */
  readonly body: string;
  readonly subprotocol: string;
  readonly remoteIp: string;
  /** Milliseconds from the start to the end of the handshake. */
  readonly connecting: number;
}

export type WsEvent =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'binary'; readonly bytes: Uint8Array }
  | { readonly kind: 'ping' }
  /** `roundTrip` in milliseconds; undefined for a pong nobody asked for. */
  | { readonly kind: 'pong'; readonly roundTrip: number | undefined }
  | { readonly kind: 'error'; readonly message: string }
  /** The last event. */
  | { readonly kind: 'close'; readonly code: number; readonly reason: string }
  | { readonly kind: 'timeout' };

export interface WsClose {
  readonly id: number;
  readonly code: number;
  readonly reason: string;
  /** The script wants no more events: its session ends now. */
  readonly leave: boolean;
}

declare module '../contracts/host.ts' {
  interface AsyncOps {
    'ws.connect': { arg: WsRequest; result: WsHandshake };
    /** The next event of a connection; `timeout` in milliseconds. */
    'ws.next': { arg: { readonly id: number; readonly timeout: number | undefined }; result: WsEvent };
  }
  interface CallOps {
    'ws.send': { arg: { readonly id: number; readonly data: string | Uint8Array }; result: undefined };
    'ws.ping': { arg: number; result: undefined };
    'ws.close': { arg: WsClose; result: undefined };
    /** Bytes handed over for sending that have not left yet. */
    'ws.buffered': { arg: number; result: number };
  }
}

const METRICS = {
  ws_sessions: ['counter', 'default'],
  ws_connecting: ['trend', 'time'],
  ws_session_duration: ['trend', 'time'],
  ws_msgs_sent: ['counter', 'default'],
  ws_msgs_received: ['counter', 'default'],
  ws_ping: ['trend', 'time'],
} as const;

/** As in k6. */
const HANDSHAKE_TIMEOUT = 60_000;
/** Events waiting for the script; beyond, the peer is made to wait. */
const MAX_QUEUED = 1000;
const MAX_REFUSAL_BODY = 1 << 20;

const canonical = (name: string) => name.toLowerCase().replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());

function headersOf({ rawHeaders }: IncomingMessage): [string, string][] {
  const headers: [string, string][] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    headers.push([canonical(rawHeaders[i] ?? ''), rawHeaders[i + 1] ?? '']);
  return headers;
}

function bytesOf(data: WebSocket.RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

class Connection {
  readonly #io: VuIo;
  readonly #socket: WebSocket;
  readonly #events: WsEvent[] = [];
  readonly #pings = new Map<string, number>();
  #waiting: ((event: WsEvent) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** An event on its way to the script. */
  #handOver: NodeJS.Immediate | undefined;
  #tcp: Socket | undefined;
  #counted = { sent: 0, received: 0 };
  #lastPing = 0;
  readonly #start: number;
  #tags: TagSet;
  /** undefined: the handshake is not over; true: until the session's duration is known. */
  #inSession: boolean | undefined;

  constructor(io: VuIo, socket: WebSocket, tags: TagSet) {
    this.#io = io;
    this.#socket = socket;
    this.#start = io.now();
    this.#tags = tags;
    socket.on('message', (data, isBinary) => {
      const bytes = bytesOf(data);
      this.#push(isBinary ? { kind: 'binary', bytes } : { kind: 'text', text: Buffer.from(bytes).toString() });
    });
    socket.on('ping', () => this.#push({ kind: 'ping' }));
    socket.on('pong', (data) => {
      const key = data.toString();
      const start = this.#pings.get(key);
      this.#pings.delete(key);
      this.#push({ kind: 'pong', roundTrip: start === undefined ? undefined : io.now() - start });
    });
    socket.on('error', (error) => this.#push({ kind: 'error', message: goMessage(error) }));
    socket.on('close', (code, reason) => {
      this.end();
      this.#push({ kind: 'close', code, reason: reason.toString() });
    });
  }

  /** The TCP or TLS socket below, whose traffic counts. */
  attach(tcp: Socket): void {
    this.#tcp = tcp;
  }

  #sample(name: keyof typeof METRICS, value: number): void {
    const [type, contains] = METRICS[name];
    this.#io.samples.add(this.#io.metric(name, type, contains), value, this.#tags, this.#io.now());
  }

  /** The handshake is over, one way or the other. */
  begin(tags: TagSet): number {
    const connecting = this.#io.now() - this.#start;
    this.#tags = tags;
    this.#inSession = true;
    this.#sample('ws_sessions', 1);
    this.#sample('ws_connecting', connecting);
    return connecting;
  }

  end(): void {
    this.count();
    if (this.#inSession !== true) return;
    this.#inSession = false;
    this.#sample('ws_session_duration', this.#io.now() - this.#start);
  }

  #deliver(event: WsEvent, take: (event: WsEvent) => void): void {
    if (event.kind === 'text' || event.kind === 'binary') this.#sample('ws_msgs_received', 1);
    if (event.kind === 'pong' && event.roundTrip !== undefined) this.#sample('ws_ping', event.roundTrip);
    take(event);
  }

  /** Adds what went over the wire since the last time to the VU's traffic. */
  count(): void {
    const { bytesWritten = 0, bytesRead = 0 } = this.#tcp ?? {};
    this.#io.traffic.sent += bytesWritten - this.#counted.sent;
    this.#io.traffic.received += bytesRead - this.#counted.received;
    this.#counted = { sent: bytesWritten, received: bytesRead };
  }

  #push(event: WsEvent): void {
    this.count();
    const waiting = this.#waiting;
    if (waiting) {
      this.#waiting = undefined;
      waiting(event);
      return;
    }
    this.#events.push(event);
    if (this.#events.length >= MAX_QUEUED) this.#socket.pause();
  }

  next(timeout: number | undefined, take: (event: WsEvent) => void): void {
    const event = this.#events.shift();
    if (this.#socket.isPaused && this.#events.length < MAX_QUEUED / 2) this.#socket.resume();
    const settle = (value: WsEvent): void => {
      clearTimeout(this.#timer);
      this.#deliver(value, take);
    };
    if (event) {
      this.#handOver = setImmediate(() => {
        this.#handOver = undefined;
        settle(event);
      });
      return;
    }
    this.#waiting = settle;
    if (timeout !== undefined) {
      this.#timer = setTimeout(
        () => {
          this.#waiting = undefined;
          take({ kind: 'timeout' });
        },
        Math.max(0, timeout),
      );
    }
  }

  send(data: string | Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) throw new Error('websocket: close sent');
    this.#socket.send(typeof data === 'string' ? data : Uint8Array.from(data), { binary: typeof data !== 'string' });
    this.#sample('ws_msgs_sent', 1);
  }

  ping(): void {
    const key = String(++this.#lastPing);
    this.#pings.set(key, this.#io.now());
    this.#socket.ping(key);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** Ends the session for the script; the closing handshake goes on without it. */
  leave(): void {
    this.end();
    this.#events.length = 0;
    this.#socket.removeAllListeners('message');
    this.#socket.resume();
    this.#socket.once('close', () => {
      this.count();
    });
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  destroy(): void {
    this.end();
    this.#waiting = () => undefined;
    clearImmediate(this.#handOver);
    clearTimeout(this.#timer);
    this.#socket.terminate();
  }
}

/** The open connections of one VU. */
class Connections {
  readonly #open = new Map<number, Connection>();
  #last = 0;

  static of(io: VuIo): Connections {
    const known = io.state['ws'];
    if (known instanceof Connections) return known;
    const made = new Connections(io);
    io.state['ws'] = made;
    return made;
  }

  private constructor(io: VuIo) {
    io.onInterrupt(() => {
      for (const connection of this.#open.values()) connection.destroy();
      this.#open.clear();
    });
  }

  add(connection: Connection): number {
    this.#open.set(++this.#last, connection);
    return this.#last;
  }

  get(id: number): Connection | undefined {
    return this.#open.get(id);
  }

  delete(id: number): void {
    this.#open.delete(id);
  }
}

function open(request: WsRequest, settings: SocketSettings): WebSocket {
  const { hostname, protocol } = new URL(request.url);
  const refused = settings.refusal?.(hostname.replace(/^\[|\]$/g, ''));
  if (refused !== undefined) throw new Error(refused);
  return new (wsPackage())(request.url, [...request.protocols], {
    headers: { 'User-Agent': settings.userAgent, ...Object.fromEntries(request.headers) },
    perMessageDeflate: request.compress,
    handshakeTimeout: HANDSHAKE_TIMEOUT,
    ...(settings.lookup && { lookup: settings.lookup }),
    ...(settings.localAddress !== undefined && { localAddress: settings.localAddress }),
    ...(protocol === 'wss:' && settings.tls(hostname)),
  });
}

const NO_RESPONSE = { status: 0, headers: [], body: '', subprotocol: '', remoteIp: '' } as const;
type Answer = Omit<WsHandshake, 'id' | 'error' | 'throws' | 'connecting'>;

export const connect: AsyncOpHandler<'ws.connect'> = (io, request, done) => {
  const connections = Connections.of(io);
  const settings = socketSettings(io);
  const { throw: throws } = settings;
  let socket: WebSocket;
  try {
    socket = open(request, settings);
  } catch (error) {
    const value = { ...NO_RESPONSE, id: 0, error: (error as Error).message, throws, connecting: 0 };
    setImmediate(done, { ok: true, value });
    return undefined;
  }
  const connection = new Connection(io, socket, request.tags);
  let settled = false;
  const settle = (error: string, answer: Answer): void => {
    if (settled) return;
    settled = true;
    const { status, subprotocol, remoteIp } = answer;
    const known = status === 0 ? {} : { status: String(status), subproto: subprotocol, ip: remoteIp };
    const tags = withSystemTags(request.tags, request.systemTags, { url: request.url, ...known });
    const connecting = connection.begin(tags);
    if (error !== '') connection.end();
    const id = error === '' ? connections.add(connection) : 0;
    done({ ok: true, value: { ...answer, id, error, throws: throws && error !== '', connecting } });
  };
  /** At its end a message has lost its socket already. */
  const answerOf = (message: IncomingMessage, body: string, remoteIp: string): Answer => {
    const { statusCode = 0 } = message;
    return { status: statusCode, headers: headersOf(message), body, subprotocol: '', remoteIp };
  };
  const peerOf = ({ socket: tcp }: IncomingMessage): string => {
    connection.attach(tcp);
    return tcp.remoteAddress ?? '';
  };
  let answer: Answer = NO_RESPONSE;
  socket.once('upgrade', (message) => {
    answer = answerOf(message, '', peerOf(message));
  });
  socket.once('open', () => {
    settle('', { ...answer, subprotocol: socket.protocol });
  });
  socket.once('unexpected-response', (_request, message) => {
    const peer = peerOf(message);
    const parts: Buffer[] = [];
    let size = 0;
    message.on('data', (part: Buffer) => {
      size += part.length;
      if (size <= MAX_REFUSAL_BODY) parts.push(part);
    });
    const finish = (): void => {
      settle('websocket: bad handshake', answerOf(message, Buffer.concat(parts).toString(), peer));
      connection.destroy();
    };
    message.once('end', finish).once('error', finish);
  });
  socket.once('error', (error) => {
    settle(goMessage(error), NO_RESPONSE);
  });
  return () => {
    settled = true;
    connection.destroy();
  };
};

export const next: AsyncOpHandler<'ws.next'> = (io, { id, timeout }, done) => {
  const connections = Connections.of(io);
  const connection = connections.get(id);
  if (connection === undefined) {
    setImmediate(done, { ok: false, name: 'Error', message: 'the WebSocket connection is closed' });
    return undefined;
  }
  connection.next(timeout, (event) => {
    if (event.kind === 'close') connections.delete(id);
    done({ ok: true, value: event });
  });
  // Whoever no longer waits for events has no more use for the connection.
  return () => {
    connections.delete(id);
    connection.destroy();
  };
};

function act(io: VuIo, id: number, action: (connection: Connection) => void): Outcome<undefined> {
  const connection = Connections.of(io).get(id);
  if (connection === undefined) return { ok: false, name: 'Error', message: 'websocket: close sent' };
  try {
    action(connection);
    connection.count();
    return { ok: true, value: undefined };
  } catch (error) {
    return { ok: false, name: 'Error', message: (error as Error).message };
  }
}

export const send: CallOpHandler<'ws.send'> = (io, { id, data }) =>
  act(io, id, (connection) => {
    connection.send(data);
  });

export const ping: CallOpHandler<'ws.ping'> = (io, id) =>
  act(io, id, (connection) => {
    connection.ping();
  });

export const close: CallOpHandler<'ws.close'> = (io, { id, code, reason, leave }) => {
  const outcome = act(io, id, (connection) => {
    connection.close(code, reason);
    if (leave) connection.leave();
  });
  if (leave) Connections.of(io).delete(id);
  return outcome;
};

export const buffered: CallOpHandler<'ws.buffered'> = (io, id) => ({
  ok: true,
  value: Connections.of(io).get(id)?.buffered ?? 0,
});
