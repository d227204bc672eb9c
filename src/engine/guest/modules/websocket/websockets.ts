/** k6/websockets: the WebSocket of the browsers on the VU's event loop. */
import type { WsEvent, WsHandshake } from '../../../ops/websocket/types.ts';
import {
  copyBytes,
  type GuestContext,
  GoError,
  makeError,
  type ModuleFactory,
  type ScriptFunction,
} from '../../runtime/api.ts';
import { asText, describe, viewOf } from '../bytes.ts';
import { type Blob, blobBytes, createBlob } from './blob.ts';
import { attemptOf, closeError, keepCookies } from './params.ts';

const STATES = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const;
type State = (typeof STATES)[keyof typeof STATES];
const EVENTS = ['open', 'message', 'ping', 'pong', 'close', 'error'] as const;
type EventName = (typeof EVENTS)[number];

const isEvent = (name: unknown): name is EventName => (EVENTS as readonly unknown[]).includes(name);

function invalidState(what: string, state: State): Error {
  const name = Object.entries(STATES).find(([, value]) => value === state)?.[0] ?? '';
  return makeError('InvalidStateError', `${what}: the WebSocket is ${name}, not OPEN`);
}

/** The engine's side of one WebSocket object. */
class Channel {
  readonly #ctx: GuestContext;
  readonly #Blob: typeof Blob;
  readonly url: string;
  readonly #listeners = new Map<EventName, ScriptFunction[]>();
  readonly #handlers = new Map<EventName, ScriptFunction>();
  #self: object;
  #id = 0;
  #failed = false;
  /** Asked for while connecting. */
  #closeWith: { code: number; reason: string } | undefined;
  state: State = STATES.CONNECTING;
  binaryType: 'blob' | 'arraybuffer' = 'blob';

  constructor(ctx: GuestContext, BlobClass: typeof Blob, self: object, url: string, params: unknown) {
    this.#ctx = ctx;
    this.#Blob = BlobClass;
    this.#self = self;
    this.url = url;
    const attempt = attemptOf(ctx, url, params);
    ctx.loop.begin('ws.connect', attempt.request, (outcome) => {
      if (outcome.ok) {
        keepCookies(ctx, attempt, outcome.value);
        this.#connected(outcome.value);
      } else this.#refused(outcome.message);
    });
  }

  #connected(handshake: WsHandshake): void {
    if (handshake.error !== '') {
      this.#refused(handshake.error);
      return;
    }
    this.#id = handshake.id;
    if (this.#closeWith) {
      this.#ctx.host.call('ws.close', { id: this.#id, ...this.#closeWith, leave: false });
      this.#next();
      return;
    }
    this.state = STATES.OPEN;
    this.#emit('open', {}, () => {
      this.#next();
    });
  }

  #refused(message: string): void {
    this.state = STATES.CLOSED;
    this.#emit('error', { error: message }, () => {
      this.#emit('close', { code: 1006, reason: '' });
    });
  }

  #next(): void {
    this.#ctx.loop.begin('ws.next', { id: this.#id, timeout: undefined }, (outcome) => {
      if (outcome.ok) this.#received(outcome.value);
    });
  }

  #received(event: WsEvent): void {
    const next = (): void => {
      this.#next();
    };
    switch (event.kind) {
      case 'text':
        this.#emit('message', { data: event.text }, next);
        break;
      case 'binary': {
        const buffer = copyBytes(event.bytes);
        this.#emit('message', { data: this.binaryType === 'blob' ? new this.#Blob([buffer]) : buffer }, next);
        break;
      }
      case 'ping':
      case 'pong':
        this.#emit(event.kind, {}, next);
        break;
      case 'error':
        this.#failed = true;
        this.#emit('error', { error: event.message }, next);
        break;
      case 'close':
        this.#closed(event.code, event.reason);
        break;
      case 'timeout':
        next();
    }
  }

  #closed(code: number, reason: string): void {
    const error = this.state === STATES.OPEN && !this.#failed ? closeError(code, reason) : undefined;
    this.state = STATES.CLOSED;
    const finish = (): void => {
      this.#emit('close', { code, reason });
    };
    if (error === undefined) finish();
    else this.#emit('error', { error }, finish);
  }

  /** Each handler is a macrotask; `then` follows the last. */
  #emit(type: EventName, fields: Readonly<Record<string, unknown>>, then?: () => void): void {
    const handler = this.#handlers.get(type);
    const queue = [...(handler ? [handler] : []), ...(this.#listeners.get(type) ?? [])];
    const event = { type, timestamp: this.#ctx.host.now(), target: this.#self, ...fields };
    const step = (index: number): void => {
      const fn = queue[index];
      if (fn) {
        this.#ctx.loop.run(fn, this.#self, [event], () => {
          step(index + 1);
        });
      } else {
        then?.();
      }
    };
    step(0);
  }

  listen(name: unknown, listener: unknown): void {
    if (!isEvent(name)) throw new GoError(`unknown event type: ${String(name)}`);
    if (typeof listener !== 'function')
      throw new GoError(`a handler for "${name}" must be a function, not ${describe(listener)}`);
    const known = this.#listeners.get(name);
    if (known) known.push(listener as ScriptFunction);
    else this.#listeners.set(name, [listener as ScriptFunction]);
  }

  handler(name: EventName): ScriptFunction | null {
    return this.#handlers.get(name) ?? null;
  }

  /** @param value a function, or null or undefined to take the handler away */
  setHandler(name: EventName, value: unknown): void {
    if (value == null) this.#handlers.delete(name);
    else if (typeof value === 'function') this.#handlers.set(name, value as ScriptFunction);
    else throw new GoError(`a value for 'on${name}' should be callable`);
  }

  get buffered(): number {
    return this.#id === 0 ? 0 : this.#ctx.call('ws.buffered', this.#id);
  }

  send(data: unknown): void {
    if (this.state !== STATES.OPEN) throw invalidState('send', this.state);
    const payload = typeof data === 'string' ? data : (blobBytes(data) ?? viewOf(data));
    if (payload === undefined) throw new GoError(`unsupported send type ${describe(data)}`);
    this.#ctx.call('ws.send', { id: this.#id, data: payload });
  }

  ping(): void {
    if (this.state !== STATES.OPEN) throw invalidState('ping', this.state);
    this.#ctx.call('ws.ping', this.#id);
  }

  close(code: number, reason: string): void {
    if (code !== 1000 && !(code >= 3000 && code <= 4999) && !(code >= 1001 && code <= 1014)) {
      throw makeError('InvalidAccessError', `the close code ${code} is not valid`);
    }
    if (this.state === STATES.CLOSING || this.state === STATES.CLOSED) return;
    const connecting = this.state === STATES.CONNECTING;
    this.state = STATES.CLOSING;
    if (connecting) this.#closeWith = { code, reason };
    else this.#ctx.call('ws.close', { id: this.#id, code, reason, leave: false });
  }
}

function webSocketClass(ctx: GuestContext, BlobClass: typeof Blob): new (...args: unknown[]) => object {
  class WebSocket {
    readonly #channel: Channel;

    constructor(url: unknown, _protocols?: unknown, params?: unknown) {
      if (ctx.stage === 'init') throw new GoError('using websockets in the init context is not supported');
      this.#channel = new Channel(ctx, BlobClass, this, String(url), params);
    }

    get url(): string {
      return this.#channel.url;
    }
    get readyState(): State {
      return this.#channel.state;
    }
    get bufferedAmount(): number {
      return this.#channel.buffered;
    }
    get binaryType(): string {
      return this.#channel.binaryType;
    }
    set binaryType(value: unknown) {
      if (value !== 'blob' && value !== 'arraybuffer') {
        throw new GoError(`unknown binaryType ${String(value)}, the supported ones are "blob" and "arraybuffer"`);
      }
      this.#channel.binaryType = value;
    }
    send(data: unknown): void {
      this.#channel.send(data);
    }
    ping(): void {
      this.#channel.ping();
    }
    close(code?: unknown, reason?: unknown): void {
      this.#channel.close(code === undefined ? 1000 : Number(code), reason === undefined ? '' : asText(reason));
    }
    addEventListener(event: unknown, listener: unknown): void {
      this.#channel.listen(event, listener);
    }
    static {
      for (const name of EVENTS) {
        Object.defineProperty(WebSocket.prototype, `on${name}`, {
          get(this: WebSocket) {
            return this.#channel.handler(name);
          },
          set(this: WebSocket, value: unknown) {
            this.#channel.setHandler(name, value);
          },
          enumerable: true,
          configurable: true,
        });
      }
      for (const [name, value] of Object.entries(STATES)) {
        for (const target of [WebSocket, WebSocket.prototype])
          Object.defineProperty(target, name, { value, enumerable: true });
      }
    }
  }
  return WebSocket;
}

export const websocketsModule: ModuleFactory = (ctx) => {
  const Blob = createBlob(ctx);
  const exports = { Blob, WebSocket: webSocketClass(ctx, Blob) };
  return { ...exports, default: exports };
};
