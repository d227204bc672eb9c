/** One HTTP/1.1 connection: a request goes out in one write, bytes come in through a buffer all connections share. */
import type { BodyMemory } from './body-memory.ts';
import type { Socket } from 'node:net';
import { endOfFile, type ExchangeError, socketError } from './errors.ts';
import type { ResponseHead } from './head.ts';
import { now } from './clock.ts';
import { enqueue, type Outgoing } from './outbox.ts';
import type { HeadMemory } from './head-memory.ts';
import { ResponseParser } from './parser.ts';

/** What is known about the other end. */
export interface Peer {
  readonly ip: string;
  readonly port: number;
  /** Empty without TLS. */
  readonly tlsVersion: string;
  readonly tlsCipher: string;
  readonly ocspStatus: string;
}

/** What has come of a response. */
export interface Received {
  readonly head: ResponseHead | undefined;
  /** False while not a byte of it has come. */
  readonly started: boolean;
  /** @param buffer the one given to `onResponse` */
  text(buffer: Buffer, memory?: BodyMemory): string;
  /** A copy. */
  bytes(buffer: Buffer): Buffer;
}

/** Whoever waits for the response. */
export interface ResponseOwner {
  /** Where the head of the response may have been seen before. */
  readonly heads: HeadMemory | undefined;
  /**
   * A request that `send` put off has been written.
   * @param start wall-clock milliseconds
   * @returns the time now
   */
  onWritten(start: number): number;
  /** A request body this large is still being written when `send` returns; told when all of it is out. */
  onSent(): void;
  /** The first bytes have come. */
  onFirstByte(): void;
  /** All of it is there; `buffer` is only good until the call returns. */
  onResponse(response: Received, buffer: Buffer): void;
  /** Never follows `onResponse`. */
  onBroken(error: ExchangeError, response: Received): void;
}

/** Reading is synchronous from the kernel to the parser, so one buffer serves all sockets of a thread. */
export const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);
/** Bodies above this may not fit into the socket's buffer: then the end of sending is waited for. */
const LARGE_BODY = 64 * 1024;

export class Http1Connection implements Outgoing {
  /** Set once the socket is connected. */
  peer!: Peer;
  readonly socket: Socket;
  /** Requests sent so far. */
  used = 0;
  closed = false;
  /** Number of the thread that may use the connection by itself; see lending.ts. */
  lentTo: number | undefined = undefined;
  /** Of the response that is coming in, or came in last. */
  responseBytes = 0;
  readonly #traffic: { sent: number; received: number };
  readonly #parser: ResponseParser;
  #owner: ResponseOwner | undefined;
  /** The request that waits to be written, and its length in bytes. */
  #text = '';
  #length = 0;
  #first = false;
  readonly #onClose: (connection: Http1Connection) => void;

  constructor(
    socket: Socket,
    traffic: { sent: number; received: number },
    memory: HeadMemory,
    onClose: (connection: Http1Connection) => void,
  ) {
    this.socket = socket;
    this.#traffic = traffic;
    this.#parser = new ResponseParser(memory);
    this.#onClose = onClose;
  }

  /** The response that is coming in. */
  get received(): Received {
    return this.#parser;
  }

  /** The request has not been written yet. */
  get unsent(): boolean {
    return this.#text !== '';
  }

  /** Call it when the handshakes are done. */
  listen(): void {
    const { socket } = this;
    socket.on('error', (error) => this.#fail(socketError(error)));
    socket.on('end', () => this.#end());
    socket.on('close', () => this.#fail(endOfFile(this.#parser.started)));
  }

  /** Of the socket; -1 where the system has none. */
  get descriptor(): number {
    const { _handle: handle } = this.socket as Socket & { readonly _handle?: { readonly fd?: number } | null };
    return handle?.fd ?? -1;
  }

  /** It is open, and all that was asked is written. */
  get idle(): boolean {
    return !this.closed && this.socket.writableLength === 0;
  }

  /** From now on the thread may use the connection, until it is sent over or resumed here. */
  lend(thread: number): void {
    this.lentTo = thread;
    this.socket.pause();
  }

  /** @returns whether it was lent */
  takeBack(): boolean {
    if (this.lentTo === undefined) return false;
    this.lentTo = undefined;
    this.socket.resume();
    return true;
  }

  /**
   * Goes on with an exchange that was begun by the thread it was lent to.
   * @param keep the body is wanted
   * @param written bytes of the request that are out
   * @param received of the response, at most as much as {@link READ_BUFFER} holds
   * @param failure code of what ended the connection, `EOF` for the other end; empty: nothing
   */
  resume(
    owner: ResponseOwner,
    keep: boolean,
    request: Buffer,
    written: number,
    received: Uint8Array,
    failure: string,
  ): void {
    this.#owner = owner;
    this.#first = received.length === 0;
    this.responseBytes = 0;
    this.used++;
    this.#parser.begin(false, keep, owner.heads);
    this.takeBack();
    if (failure !== '' && written === 0) this.#text = request.toString();
    else this.#traffic.sent += request.length;
    if (failure === '' && written < request.length) this.socket.write(request.subarray(written));
    if (received.length > 0) {
      READ_BUFFER.set(received);
      this.onData(received.length, READ_BUFFER);
    }
    if (failure === '' || this.#parser.done) return;
    if (failure === 'EOF') this.#end();
    else this.#fail(socketError(Object.assign(new Error(failure), { code: failure, syscall: 'read' })));
  }

  /**
   * @param bodyLength in bytes
   * @param toHead the response to expect has no body
   * @param keep the body is wanted
   * @returns false when it will be written at the end of the event loop's turn
   */
  send(
    owner: ResponseOwner,
    head: string,
    body: string | Uint8Array | undefined,
    bodyLength: number,
    toHead: boolean,
    keep: boolean,
  ): boolean {
    this.#owner = owner;
    this.#first = true;
    this.responseBytes = 0;
    this.used++;
    const lent = this.takeBack();
    this.#parser.begin(toHead, keep, owner.heads);
    const { socket } = this;
    if (body === undefined || typeof body === 'string') {
      const text = body === undefined ? head : head + body;
      if (text.length <= LARGE_BODY) {
        this.#text = text;
        this.#length = head.length + bodyLength;
        // Nobody has looked at what came while it was lent, its end perhaps.
        if (lent) setImmediate(enqueue, this);
        else enqueue(this);
        return false;
      }
      socket.write(text, 'utf8', () => owner.onSent());
      this.#traffic.sent += head.length + bodyLength;
      return true;
    }
    socket.cork();
    socket.write(head, 'utf8');
    if (body.length > LARGE_BODY) socket.write(body, () => owner.onSent());
    else socket.write(body);
    socket.uncork();
    this.#traffic.sent += head.length + bodyLength;
    return true;
  }

  flush(start: number): number {
    const owner = this.#owner;
    const text = this.#text;
    this.#text = '';
    if (owner === undefined || text === '') return start;
    this.socket.write(text, 'utf8');
    this.#traffic.sent += this.#length;
    return owner.onWritten(start);
  }

  /** For `onread`. */
  readonly onData = (size: number, bytes: Uint8Array): boolean => {
    const buffer = bytes as Buffer;
    this.#traffic.received += size;
    this.responseBytes += size;
    // A server that answers before the request is written.
    if (this.unsent) this.flush(now());
    const owner = this.#owner;
    if (owner === undefined) {
      // Bytes nobody asked for: what follows could be taken for the answer to another request.
      this.destroy();
      return true;
    }
    if (this.#first) {
      this.#first = false;
      owner.onFirstByte();
    }
    const parser = this.#parser;
    let used: number;
    try {
      used = parser.execute(buffer, size);
    } catch (error) {
      this.#fail(socketError(error as Error));
      return true;
    }
    if (!parser.done) return true;
    this.#owner = undefined;
    if (used < size || parser.head?.close === true) this.destroy();
    owner.onResponse(parser, buffer);
    return true;
  };

  /** Closes the connection without telling the owner. */
  destroy(): void {
    this.#owner = undefined;
    this.#closing();
    this.socket.destroy();
  }

  #end(): void {
    const owner = this.#owner;
    if (owner !== undefined && this.#parser.end()) {
      this.#owner = undefined;
      this.#closing();
      owner.onResponse(this.#parser, READ_BUFFER);
      this.socket.destroy();
    } else this.#fail(endOfFile(this.#parser.started));
  }

  #fail(error: ExchangeError): void {
    const owner = this.#owner;
    this.destroy();
    owner?.onBroken(error, this.#parser);
  }

  #closing(): void {
    if (this.closed) return;
    this.closed = true;
    this.#onClose(this);
  }
}
