/** k6/ws: a connection with an event loop of its own, which blocks the VU until it is closed. */
import type { WsEvent, WsHandshake } from '../../../ops/websocket/types.ts';
import {
  copyBytes,
  type Frame,
  type GuestContext,
  GoError,
  type ModuleFactory,
  native,
  type ScriptFunction,
  type Steps,
  suspendable,
} from '../../runtime/api.ts';
import { describe, viewOf } from '../bytes.ts';
import { attemptOf, closeError, keepCookies } from './params.ts';

/** What `socket.close()` says without an argument. */
const GOING_AWAY = 1001;
const EVENTS = new Set(['open', 'message', 'binaryMessage', 'ping', 'pong', 'close', 'error']);

interface Timer {
  readonly fn: ScriptFunction;
  /** Wall-clock milliseconds. */
  due: number;
  /** Milliseconds; undefined: once. */
  readonly every: number | undefined;
}

function functionOf(value: unknown, what: string): ScriptFunction {
  if (typeof value === 'function') return value as ScriptFunction;
  throw new TypeError(`${what} must be a function, not ${describe(value)}`);
}

class Session {
  readonly #ctx: GuestContext;
  readonly #handlers = new Map<string, ScriptFunction[]>();
  readonly #timers: Timer[] = [];
  #id = 0;
  #closed = false;
  #failed = false;

  constructor(ctx: GuestContext) {
    this.#ctx = ctx;
  }

  /** What the script is handed. */
  socket(): object {
    const ctx = this.#ctx;
    const socket = {
      on: native('on', 2, (event, handler) => {
        this.#on(event, functionOf(handler, `the handler of '${String(event)}'`));
      }),
      send: native('send', 1, (data) => {
        this.#send(String(data));
      }),
      sendBinary: native('sendBinary', 1, (data) => {
        const bytes = viewOf(data);
        if (!bytes) throw new TypeError(`expected ArrayBuffer as argument, received: ${describe(data)}`);
        this.#send(bytes);
      }),
      ping: native('ping', 0, () => {
        if (!this.#closed) ctx.call('ws.ping', this.#id);
      }),
      setTimeout: native('setTimeout', 2, (fn, delay) => {
        this.#schedule('setTimeout', fn, delay, false);
      }),
      setInterval: native('setInterval', 2, (fn, interval) => {
        this.#schedule('setInterval', fn, interval, true);
      }),
      close: suspendable(ctx, 'close', 1, (steps, code) =>
        this.close(steps, code === undefined ? GOING_AWAY : Number(code)),
      ),
    };
    return socket;
  }

  #on(event: unknown, handler: ScriptFunction): void {
    const name = String(event);
    if (!EVENTS.has(name)) return;
    const known = this.#handlers.get(name);
    if (known) known.push(handler);
    else this.#handlers.set(name, [handler]);
  }

  #send(data: string | Uint8Array): void {
    const outcome = this.#ctx.host.call('ws.send', { id: this.#id, data });
    if (!outcome.ok) throw new GoError(outcome.message);
  }

  #schedule(what: string, fn: unknown, delay: unknown, repeat: boolean): void {
    const ms = Number(delay);
    if (!(ms > 0)) throw new GoError(`${what} requires a >0 timeout parameter, received ${ms.toFixed(2)}`);
    const due = this.#ctx.host.now() + ms;
    this.#timers.push({ fn: functionOf(fn, `the callback of ${what}`), due, every: repeat ? ms : undefined });
  }

  *emit(steps: Steps, event: string, ...args: unknown[]): Frame<void> {
    for (const handler of [...(this.#handlers.get(event) ?? [])]) yield* steps.call(handler, undefined, args);
  }

  /** Once; the handlers run before the call returns. */
  *close(steps: Steps, code: number, byPeer = false): Frame<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#id !== 0 && !byPeer) this.#ctx.call('ws.close', { id: this.#id, code, reason: '', leave: true });
    yield* this.emit(steps, 'close', code);
  }

  *fail(steps: Steps, message: string): Frame<void> {
    this.#failed = true;
    yield* this.emit(steps, 'error', { error: native('error', 0, () => message) });
  }

  /** From the open connection to its end. */
  *run(steps: Steps, id: number): Frame<void> {
    this.#id = id;
    yield* this.emit(steps, 'open');
    while (!this.#closed) {
      const timer = this.#nextTimer();
      const left = timer && timer.due - this.#ctx.host.now();
      if (timer && left !== undefined && left <= 0) {
        yield* this.#fire(steps, timer);
        continue;
      }
      yield* this.#handle(steps, yield* steps.invoke('ws.next', { id, timeout: left }));
    }
  }

  #nextTimer(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (!next || timer.due < next.due) next = timer;
    return next;
  }

  *#fire(steps: Steps, timer: Timer): Frame<void> {
    if (timer.every === undefined) this.#timers.splice(this.#timers.indexOf(timer), 1);
    else timer.due += timer.every;
    yield* steps.call(timer.fn, undefined, []);
  }

  *#handle(steps: Steps, event: WsEvent): Frame<void> {
    switch (event.kind) {
      case 'text':
        yield* this.emit(steps, 'message', event.text);
        break;
      case 'binary':
        yield* this.emit(steps, 'binaryMessage', copyBytes(event.bytes));
        break;
      case 'ping':
      case 'pong':
        yield* this.emit(steps, event.kind);
        break;
      case 'error':
        yield* this.fail(steps, event.message);
        break;
      case 'close': {
        const error = closeError(event.code, event.reason);
        if (error !== undefined && !this.#failed) yield* this.fail(steps, error);
        yield* this.close(steps, event.code, true);
        break;
      }
      case 'timeout':
        break;
    }
  }
}

function responseOf(url: string, handshake: WsHandshake): object {
  const headers: Record<string, string> = {};
  const { length } = handshake.headers;
  for (let i = 0; i < length; i++) {
    const name = handshake.headers[i]?.[0] ?? '';
    const value = handshake.headers[i]?.[1] ?? '';
    headers[name] = name in headers ? `${headers[name] ?? ''}, ${value}` : value;
  }
  return { url, status: handshake.status, headers, body: handshake.body, error: handshake.error };
}

export const wsModule: ModuleFactory = (ctx) => {
  const connect = suspendable(ctx, 'connect', 3, function* (steps, address, ...rest) {
    if (ctx.stage === 'init') throw new GoError('using websockets in the init context is not supported');
    const [params, callback] = rest.length === 1 ? [undefined, rest[0]] : rest;
    if (typeof callback !== 'function') throw new GoError('last argument to ws.connect must be a function');
    const url = String(address);
    const attempt = attemptOf(ctx, url, params);
    const handshake = yield* steps.invoke('ws.connect', attempt.request);
    keepCookies(ctx, attempt, handshake);
    const session = new Session(ctx);
    try {
      yield* steps.call(callback as ScriptFunction, undefined, [session.socket()]);
    } catch (error) {
      if (handshake.id !== 0) ctx.call('ws.close', { id: handshake.id, code: GOING_AWAY, reason: '', leave: true });
      throw error;
    }
    if (handshake.error !== '') {
      yield* session.fail(steps, handshake.error);
      if (handshake.throws) throw new GoError(handshake.error);
      ctx.host.log('warning', `Attempt to establish a WebSocket connection failed: ${handshake.error}`);
    } else {
      yield* session.run(steps, handshake.id);
    }
    return responseOf(url, handshake);
  });
  return { connect, default: { connect } };
};
