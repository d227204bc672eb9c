/** An HTTP/2 connection: Node's implementation under the interface of the engine's own HTTP/1.1. */
import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2';
import type { Socket } from 'node:net';
import type { Peer, Received, ResponseOwner } from './connection.ts';
import { endOfFile, ErrorCode, ExchangeError } from './errors.ts';
import { parseHead, type ResponseHead } from './head.ts';
import { decodeText } from './text.ts';
import { STATUS_TEXT } from './status-text.ts';
import type { Target } from './target.ts';

/** Loaded when the first server wants it: with what it needs itself, 2 MB and a twentieth of an engine's start. */
const http2 = () => process.getBuiltinModule('node:http2');

/** Headers of HTTP/1.1 that have no place in HTTP/2. */
const CONNECTION_HEADERS = new Set([
  'connection',
  'host',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

const CODES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
];

/** One stream, and what has come of its response. */
class Exchange2 implements Received {
  head: ResponseHead | undefined;
  readonly stream: ClientHttp2Stream;
  readonly pieces: Buffer[] = [];

  constructor(stream: ClientHttp2Stream) {
    this.stream = stream;
  }

  get started(): boolean {
    return this.head !== undefined;
  }

  text(): string {
    const body = this.bytes();
    return decodeText(body, 0, body.length);
  }

  bytes(): Buffer {
    return Buffer.concat(this.pieces);
  }
}

const NO_BUFFER = Buffer.alloc(0);

export class Http2Connection {
  readonly peer: Peer;
  closed = false;
  readonly #session: ClientHttp2Session;
  readonly #socket: Socket;
  readonly #traffic: { sent: number; received: number };
  readonly #running = new Map<ResponseOwner, Exchange2>();
  readonly #onClose: (connection: Http2Connection) => void;
  #error: ExchangeError | undefined;

  constructor(
    socket: Socket,
    peer: Peer,
    target: Target,
    traffic: { sent: number; received: number },
    onClose: (connection: Http2Connection) => void,
  ) {
    this.peer = peer;
    this.#socket = socket;
    this.#traffic = traffic;
    this.#onClose = onClose;
    this.#session = http2().connect(`https://${target.url.host}`, { createConnection: () => socket });
    this.#session.on('error', (error: Error) => {
      this.#error ??= connectionError(error);
    });
    this.#session.on('goaway', (code: number) => {
      if (code !== 0)
        this.#error = codeError(ErrorCode.goAway, code, 'http2: server sent GOAWAY and closed the connection');
      this.#closing();
    });
    this.#session.on('close', () => this.#closing());
  }

  /** The parameters of `Http1Connection.send`; nothing is put off. */
  send(
    owner: ResponseOwner,
    head: string,
    body: string | Uint8Array | undefined,
    bodyLength: number,
    toHead: boolean,
    keep: boolean,
  ): true {
    const stream = this.#session.request(pseudoHeaders(head), { endStream: body === undefined });
    const exchange = new Exchange2(stream);
    this.#running.set(owner, exchange);
    this.#traffic.sent += head.length + bodyLength;
    if (body !== undefined) stream.end(body, () => owner.onSent());
    stream.on('response', (_headers: unknown, _flags: number, raw: readonly string[]) => {
      owner.onFirstByte();
      exchange.head = headOf(raw, toHead);
      this.#traffic.received += exchange.head.lines.length;
    });
    stream.on('data', (bytes: Buffer) => {
      this.#traffic.received += bytes.length;
      if (keep) exchange.pieces.push(bytes);
    });
    stream.on('error', (error: Error) => {
      if (this.#running.delete(owner)) owner.onBroken(this.#error ?? streamError(error, stream), exchange);
    });
    stream.on('close', () => {
      if (!this.#running.delete(owner)) return;
      if (exchange.head !== undefined && stream.readableEnded) owner.onResponse(exchange, NO_BUFFER);
      else owner.onBroken(this.#error ?? endOfFile(exchange.started), exchange);
    });
    return true;
  }

  /** Gives up waiting. @returns what had come */
  abort(owner: ResponseOwner): Received | undefined {
    const exchange = this.#running.get(owner);
    this.#running.delete(owner);
    exchange?.stream.close(http2().constants.NGHTTP2_CANCEL);
    return exchange;
  }

  /** Closes the connection without telling anyone. */
  destroy(): void {
    this.#running.clear();
    this.#closing();
    this.#session.destroy();
    this.#socket.destroy();
  }

  #closing(): void {
    if (this.closed) return;
    this.closed = true;
    this.#onClose(this);
  }
}

function pseudoHeaders(head: string): OutgoingHttpHeaders {
  const [first = '', ...lines] = head.split('\r\n');
  const [method = '', path = ''] = first.split(' ', 2);
  const headers: Record<string, string> = { ':method': method, ':scheme': 'https', ':path': path };
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const name = line.slice(0, colon).toLowerCase();
    if (name === 'host') headers[':authority'] = line.slice(colon + 1).trim();
    if (!CONNECTION_HEADERS.has(name)) headers[name] = line.slice(colon + 1).trim();
  }
  return headers;
}

function headOf(raw: readonly string[], toHead: boolean): ResponseHead {
  let status = '200';
  let lines = '';
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    if (name === ':status') status = value;
    else if (!name.startsWith(':')) lines += `${name}: ${value}\r\n`;
  }
  const head = parseHead(`HTTP/1.1 ${status}\r\n${lines}`);
  const statusText = `${status} ${STATUS_TEXT[head.status] ?? ''}`;
  return { ...head, statusText, proto: 'HTTP/2.0', contentLength: toHead ? 0 : head.contentLength };
}

function codeError(base: number, code: number, text: string): ExchangeError {
  const name = CODES[code] ?? `unknown error code 0x${code.toString(16)}`;
  return new ExchangeError(code < 19 ? base + 1 + code : base, `${text}; ErrCode=${name}`);
}

function streamError(error: Error, stream: ClientHttp2Stream): ExchangeError {
  const code = stream.rstCode;
  if (code === 0) return new ExchangeError(ErrorCode.http2, `http2: ${error.message}`);
  const name = CODES[code] ?? `unknown error code 0x${code.toString(16)}`;
  const short = `http2: stream error with http2 ErrCode ${name}`;
  const message = `stream error: stream ID ${stream.id ?? 0}; ${name}; received from peer`;
  return new ExchangeError(code < 19 ? ErrorCode.stream + 1 + code : ErrorCode.stream, short, message);
}

function connectionError(error: Error & { readonly code?: string }): ExchangeError {
  if (error.code === 'ECONNRESET') return new ExchangeError(ErrorCode.reset, 'read: connection reset by peer');
  const name = /NGHTTP2_(\w+)/.exec(error.message)?.[1];
  const code = name === undefined ? -1 : CODES.indexOf(name);
  if (code < 0) return new ExchangeError(ErrorCode.connection, `http2: ${error.message}`);
  return codeError(ErrorCode.connection, code, 'http2: connection error');
}
