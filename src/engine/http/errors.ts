/** What goes wrong with a request: k6's error codes and texts (public documentation, "Error codes"), Go's messages. */
import { ProtocolError } from './head.ts';

export const ErrorCode = {
  generic: 1000,
  invalidUrl: 1020,
  timeout: 1050,
  dns: 1100,
  noSuchHost: 1101,
  blockedIp: 1110,
  blockedHost: 1111,
  tcp: 1200,
  brokenPipe: 1201,
  unknownTcp: 1202,
  dial: 1210,
  dialTimeout: 1211,
  refused: 1212,
  unknownDial: 1213,
  reset: 1220,
  tls: 1300,
  notTls: 1301,
  unknownAuthority: 1310,
  wrongHost: 1311,
  http2: 1600,
  goAway: 1610,
  stream: 1630,
  connection: 1650,
  decompression: 1701,
} as const;

export class ExchangeError extends Error {
  /** One of {@link ErrorCode}, or one computed from an HTTP/2 code. */
  readonly code: number;
  /** The same for all errors of a kind: it becomes a tag. */
  readonly short: string;
  /** @param message without the method and URL before it; the short text when left out */
  constructor(code: number, short: string, message: string = short) {
    super(message);
    this.code = code;
    this.short = short;
  }
}

export const timedOut = (): ExchangeError => new ExchangeError(ErrorCode.timeout, 'request timeout');
/** The peer closed the connection instead of answering, or in the middle of its answer. */
export const endOfFile = (started: boolean): ExchangeError =>
  new ExchangeError(ErrorCode.generic, started ? 'unexpected EOF' : 'EOF');

interface Errno {
  readonly code?: string | undefined;
  readonly errno?: number | undefined;
  readonly syscall?: string | undefined;
}

/** Texts of Linux for the errors that happen to sockets. */
const ERRNO_TEXT: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EAFNOSUPPORT: 'address family not supported by protocol',
  ECONNABORTED: 'software caused connection abort',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  EHOSTUNREACH: 'no route to host',
  EINVAL: 'invalid argument',
  EMFILE: 'too many open files',
  ENETUNREACH: 'network is unreachable',
  ENFILE: 'too many open files in system',
  ENOBUFS: 'no buffer space available',
  EPERM: 'operation not permitted',
  EPIPE: 'broken pipe',
  ETIMEDOUT: 'connection timed out',
};

const errnoText = (error: Errno): string => ERRNO_TEXT[error.code ?? ''] ?? error.code ?? 'unknown error';

/** @param address `ip:port` that was dialled */
export function dialError(error: Errno, address: string): ExchangeError {
  const text = errnoText(error);
  const message = `dial tcp ${address}: connect: ${text}`;
  switch (error.code) {
    case 'ECONNREFUSED':
      return new ExchangeError(ErrorCode.refused, 'dial: connection refused', message);
    case 'ETIMEDOUT':
      return new ExchangeError(ErrorCode.dialTimeout, 'dial: i/o timeout', `dial tcp ${address}: i/o timeout`);
    case 'EMFILE':
    case 'ENFILE':
      return new ExchangeError(ErrorCode.dial, `socket: ${text}`, `dial tcp ${address}: socket: ${text}`);
    default:
      return new ExchangeError(
        ErrorCode.unknownDial,
        `dial: unknown errno ${Math.abs(error.errno ?? 0)} error with msg \`${text}\``,
        message,
      );
  }
}

/** An error of an established connection. */
export function socketError(error: Error & Errno): ExchangeError {
  if (error instanceof ExchangeError) return error;
  if (error instanceof ProtocolError) {
    return new ExchangeError(ErrorCode.generic, `net/http: HTTP/1.x transport connection broken: ${error.message}`);
  }
  switch (error.code) {
    case 'EPIPE':
      return new ExchangeError(ErrorCode.brokenPipe, 'write: broken pipe');
    case 'ECONNRESET':
      return new ExchangeError(ErrorCode.reset, 'read: connection reset by peer');
    default: {
      if (error.errno === undefined) return new ExchangeError(ErrorCode.generic, error.message);
      const operation = error.syscall ?? 'read';
      const text = errnoText(error);
      const short = `${operation}: unknown errno \`${Math.abs(error.errno)}\` on ${process.platform} with message \`${text}\``;
      return new ExchangeError(ErrorCode.unknownTcp, short, `${operation}: ${text}`);
    }
  }
}

export const noSuchHost = (host: string): ExchangeError =>
  new ExchangeError(ErrorCode.noSuchHost, 'lookup: no such host', `dial tcp: lookup ${host}: no such host`);

/** Before `secureConnect`: the handshake failed. */
export function handshakeError(error: Error & Errno & { readonly reason?: string | undefined }): ExchangeError {
  const { code, reason } = error;
  if (
    code === 'ERR_SSL_WRONG_VERSION_NUMBER' ||
    code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG' ||
    code === 'ERR_SSL_HTTP_REQUEST'
  ) {
    return new ExchangeError(
      ErrorCode.notTls,
      'tls: first record does not look like a TLS handshake',
      'http: server gave HTTP response to HTTPS client',
    );
  }
  if (code === 'ECONNRESET') return endOfFile(false);
  const alert = /alert ([a-z0-9 ]+)/i.exec(reason ?? error.message)?.[1]?.replace(/ number \d+$/, '');
  const text = alert === undefined ? `tls: ${reason ?? error.message}` : `remote error: tls: ${alert.toLowerCase()}`;
  return new ExchangeError(ErrorCode.tls, text);
}

/** `Get "http://…": ` before the message, the password masked. */
export function withRequest(method: string, href: string, message: string): string {
  const title = method.slice(0, 1).toUpperCase() + method.slice(1).toLowerCase();
  const url = href.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#@]*?):[^/?#]*@/i, '$1:***@');
  return `${title} ${JSON.stringify(url)}: ${message}`;
}
