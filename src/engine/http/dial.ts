/** Makes connections: address, TCP, proxy, TLS, protocol. */
import net from 'node:net';
import type { ConnectionOptions, TLSSocket, TLSSocketOptions } from 'node:tls';
import type { LocalAddresses, Resolver } from './addresses.ts';
import { Http1Connection, READ_BUFFER } from './connection.ts';
import { dialError, ErrorCode, ExchangeError, handshakeError } from './errors.ts';
import type { ConnectGate } from './gate.ts';
import type { HeadMemory } from './head-memory.ts';
import { type Proxy, tunnel } from './proxy.ts';
import type { Target } from './target.ts';
import { cipherName, isSecure, nodeTls, type TlsContexts, tlsVersionName, verifyPeer } from './tls-options.ts';
import { ocspStatus } from './ocsp.ts';

/** As in k6: longer, and the connection counts as impossible. */
const DIAL_TIMEOUT = 30_000;

export interface DialContext {
  readonly resolver: Resolver;
  readonly gate: ConnectGate;
  readonly contexts: TlsContexts;
  readonly localAddresses: LocalAddresses | undefined;
  readonly vuId: number;
  readonly insecure: boolean;
  readonly traffic: { sent: number; received: number };
  readonly memory: HeadMemory;
  readonly now: () => number;
  readonly proxy: Proxy | undefined;
}

export interface DialOwner {
  /** The connection can be used; `http2` says in which protocol. */
  onConnected(connection: Http1Connection, http2: boolean): void;
  onDialFailed(error: ExchangeError): void;
  /** Milliseconds, set as far as the phases have come. */
  connecting: number;
  tlsHandshaking: number;
}

/** A connection on its way. */
export class Dial {
  readonly #context: DialContext;
  readonly #target: Target;
  readonly #onClose: (connection: Http1Connection) => void;
  #owner: DialOwner | undefined;
  #socket: net.Socket | undefined;
  #release: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(context: DialContext, target: Target, owner: DialOwner, onClose: (connection: Http1Connection) => void) {
    this.#context = context;
    this.#target = target;
    this.#owner = owner;
    this.#onClose = onClose;
  }

  start(): void {
    const { resolver, gate, proxy } = this.#context;
    const refused = resolver.refusal(this.#target.hostname);
    if (refused !== undefined) {
      this.#fail(refused);
      return;
    }
    const { hostname, port } = proxy ?? this.#target;
    resolver.resolve(hostname, port, (error, { ip, port: to }) => {
      if (this.#owner === undefined) return;
      if (error !== undefined) this.#fail(error);
      else {
        this.#release = gate.enter(net.isIP(ip) === 6 ? `[${ip}]:${to}` : `${ip}:${to}`, () => this.#connect(ip, to));
      }
    });
  }

  /** Gives up; the owner hears nothing more. */
  cancel(): void {
    this.#owner = undefined;
    this.#end();
    this.#socket?.destroy();
  }

  #connect(ip: string, port: number): void {
    if (this.#owner === undefined) return;
    const { proxy, localAddresses, vuId, contexts, now } = this.#context;
    const target = this.#target;
    const address = net.isIP(ip) === 6 ? `[${ip}]:${port}` : `${ip}:${port}`;
    // What is loaded for the first one is no part of connecting.
    if (target.secure) nodeTls();
    const start = now();
    this.#timer = setTimeout(() => this.#fail(dialError({ code: 'ETIMEDOUT' }, address)), DIAL_TIMEOUT);
    const reader = new Reader();
    const tcp = {
      host: ip,
      port,
      noDelay: true,
      ...(localAddresses === undefined ? {} : { localAddress: localAddresses.of(vuId) }),
    };
    const direct = proxy === undefined || !target.secure;
    let secured: TLSSocket | undefined;
    let socket: net.Socket;
    try {
      if (target.secure && direct) {
        // The option reaches the socket under TLS too, but the types do not know it there.
        const options: ConnectionOptions & { onread: net.OnReadOpts } = {
          ...tcp,
          ...this.#tlsOptions(contexts),
          onread: reader,
        };
        secured = nodeTls().connect(options);
      }
      socket = secured ?? net.connect(direct ? { ...tcp, onread: reader } : tcp);
    } catch (error) {
      this.#fail(error instanceof ExchangeError ? error : dialError(error as NodeJS.ErrnoException, address));
      return;
    }
    this.#socket = socket;
    let connected = false;
    let tunnelled: net.Socket | undefined;
    const ready = (final: net.Socket): void => {
      const connection = new Http1Connection(final, this.#context.traffic, this.#context.memory, this.#onClose);
      reader.connection = connection;
      const listens = this.#ready(connection, ip, port);
      // A listener keeps what it can see, and the connection now has its own.
      if (listens && final === socket) socket.off('error', onError);
    };
    const onError = (error: NodeJS.ErrnoException): void => {
      if (tunnelled !== undefined || reader.connection !== undefined) return;
      this.#fail(connected ? handshakeError(error) : dialError(error, address));
    };
    socket.on('error', onError);
    socket.once('connect', () => {
      connected = true;
      const owner = this.#owner;
      if (owner === undefined) return;
      owner.connecting = now() - start;
      if (secured !== undefined) this.#secure(secured, ready);
      else if (!target.secure || proxy === undefined) ready(socket);
      else {
        tunnel(socket, target, proxy, (error) => {
          if (error !== undefined) {
            this.#fail(error);
            return;
          }
          const inner = nodeTls().connect({ ...this.#tlsOptions(contexts), socket });
          this.#socket = tunnelled = inner;
          inner.on('data', (bytes: Buffer) => {
            // The parser reads from a buffer of its own size at most; a tunnel has no shared one.
            reader.connection?.onData(bytes.length, bytes);
          });
          inner.once('error', (error_: Error) => reader.connection === undefined && this.#fail(handshakeError(error_)));
          this.#secure(inner, ready);
        });
      }
    });
  }

  #tlsOptions(contexts: TlsContexts): ConnectionOptions & TLSSocketOptions {
    const { hostname } = this.#target;
    return {
      secureContext: contexts.for(hostname),
      ALPNProtocols: ['h2', 'http/1.1'],
      rejectUnauthorized: false,
      requestOCSP: true,
      ...(net.isIP(hostname) === 0 ? { servername: hostname } : {}),
    };
  }

  #secure(socket: TLSSocket, ready: (socket: net.Socket) => void): void {
    const { now, insecure } = this.#context;
    const start = now();
    socket.once('secureConnect', () => {
      const owner = this.#owner;
      if (owner === undefined) return;
      owner.tlsHandshaking = now() - start;
      const error = insecure ? undefined : verifyPeer(socket, this.#target.hostname);
      if (error === undefined) ready(socket);
      else this.#fail(error);
    });
    socket.once('OCSPResponse', (response: Buffer | null) => {
      if (response !== null) this.#ocsp = ocspStatus(response);
    });
  }
  #ocsp = 'unknown';

  /** @returns whether the connection listens to its socket from now on */
  #ready(connection: Http1Connection, ip: string, port: number): boolean {
    const owner = this.#owner;
    if (owner === undefined) {
      connection.destroy();
      return false;
    }
    this.#owner = undefined;
    const { socket } = connection;
    const secure = isSecure(socket);
    connection.peer = {
      ip,
      port,
      tlsVersion: secure ? tlsVersionName(socket) : '',
      tlsCipher: secure ? cipherName(socket) : '',
      ocspStatus: secure ? this.#ocsp : '',
    };
    clearTimeout(this.#timer);
    const http2 = secure && socket.alpnProtocol === 'h2';
    if (!http2) connection.listen();
    owner.onConnected(connection, http2);
    this.#release?.();
    return !http2;
  }

  #fail(error: ExchangeError): void {
    const owner = this.#owner;
    this.cancel();
    owner?.onDialFailed(error);
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#release?.();
  }
}

/** What a socket reads into; it lives as long as the socket, so it keeps nothing of the dial. */
class Reader implements net.OnReadOpts {
  readonly buffer = READ_BUFFER;
  /** Known when the connection exists; reading starts later than that. */
  connection: Http1Connection | undefined = undefined;
  readonly callback = (size: number, buffer: Uint8Array): boolean => this.connection?.onData(size, buffer) ?? true;
}

/** A scheme the client does not speak, a URL without a host. */
export function unrequestable(target: Target): ExchangeError | undefined {
  const { scheme, host } = target.url;
  if (scheme !== 'http' && scheme !== 'https') {
    return new ExchangeError(ErrorCode.generic, `unsupported protocol scheme ${JSON.stringify(scheme)}`);
  }
  return host === '' ? new ExchangeError(ErrorCode.generic, 'http: no Host in request URL') : undefined;
}
