/** The WebSocket connections of a VU. */
import type { Socket } from 'node:net';
import type WebSocket from 'ws';
import type { VuIo } from '../../contracts/host.ts';
import type { TagSet } from '../../contracts/metrics.ts';
import { goMessage } from '../go-errors.ts';
import type { WsEvent } from './types.ts';
import { vuState } from '../vu-state.ts';

const METRICS = {
  ws_sessions: ['counter', 'default'],
  ws_connecting: ['trend', 'time'],
  ws_session_duration: ['trend', 'time'],
  ws_msgs_sent: ['counter', 'default'],
  ws_msgs_received: ['counter', 'default'],
  ws_ping: ['trend', 'time'],
} as const;

/** Events waiting for the script; beyond, the peer is made to wait. */
const MAX_QUEUED = 1000;

function bytesOf(data: WebSocket.RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

/** The metrics of one attempt to connect, and of the session when it went well. */
export class Session {
  readonly #io: VuIo;
  readonly #start: number;
  #tags: TagSet;
  /** undefined: the handshake is not over; true: until the session's duration is known. */
  #open: boolean | undefined;

  /** @param start when the attempt began, as `io.now()` */
  constructor(io: VuIo, tags: TagSet, start: number) {
    this.#io = io;
    this.#tags = tags;
    this.#start = start;
  }

  sample(name: keyof typeof METRICS, value: number): void {
    const [type, contains] = METRICS[name];
    this.#io.samples.add(this.#io.metric(name, type, contains), value, this.#tags, this.#io.now());
  }

  /** The handshake is over, one way or the other. @returns how long it took */
  begin(tags: TagSet): number {
    const connecting = this.#io.now() - this.#start;
    this.#tags = tags;
    this.#open = true;
    this.sample('ws_sessions', 1);
    this.sample('ws_connecting', connecting);
    return connecting;
  }

  end(): void {
    if (this.#open !== true) return;
    this.#open = false;
    this.sample('ws_session_duration', this.#io.now() - this.#start);
  }
}

export class Connection {
  readonly #io: VuIo;
  readonly #session: Session;
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

  constructor(io: VuIo, socket: WebSocket, session: Session) {
    this.#io = io;
    this.#socket = socket;
    this.#session = session;
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

  end(): void {
    this.count();
    this.#session.end();
  }

  #deliver(event: WsEvent, take: (event: WsEvent) => void): void {
    if (event.kind === 'text' || event.kind === 'binary') this.#session.sample('ws_msgs_received', 1);
    if (event.kind === 'pong' && event.roundTrip !== undefined) this.#session.sample('ws_ping', event.roundTrip);
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
    this.#session.sample('ws_msgs_sent', 1);
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
export class Connections {
  readonly #open = new Map<number, Connection>();
  #last = 0;

  static of(io: VuIo): Connections {
    return vuState(io, 'ws', () => new Connections(io));
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
