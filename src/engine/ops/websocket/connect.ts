/** Opens WebSocket connections, on the npm package `ws`, under the network options of the run. */
import type { IncomingMessage } from 'node:http';
import net, { type Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type WebSocket from 'ws';
import type { AsyncOpHandler, VuIo } from '../../contracts/host.ts';
import { nodeTls } from '../../http/tls-options.ts';
import { goMessage } from '../go-errors.ts';
import { wsPackage } from '../packages.ts';
import { type SocketAddress, type SocketSettings, socketSettings } from '../socket-settings.ts';
import { withSystemTags } from '../system-tags.ts';
import { Connection, Connections, Session } from './connection.ts';
import type { WsHandshake, WsRequest } from './types.ts';

/** As in k6. */
const HANDSHAKE_TIMEOUT = 60_000;
const MAX_REFUSAL_BODY = 1 << 20;

const canonical = (name: string) => name.toLowerCase().replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());

function headersOf({ rawHeaders }: IncomingMessage): [string, string][] {
  const headers: [string, string][] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    headers.push([canonical(rawHeaders[i] ?? ''), rawHeaders[i + 1] ?? '']);
  return headers;
}

/** Makes a TCP or TLS connection to the address. */
function dialer({ ip: host, port }: SocketAddress, servername: string, secure: boolean) {
  return (options: net.TcpNetConnectOpts & ConnectionOptions): Socket => {
    const address = { ...options, host, port, path: undefined, servername };
    return secure ? nodeTls().connect(address) : net.connect(address);
  };
}

function open(
  { url, protocols, headers, compress }: WsRequest,
  settings: SocketSettings,
  to?: SocketAddress,
): WebSocket {
  const { hostname, protocol } = new URL(url);
  const secure = protocol === 'wss:';
  const servername = net.isIP(bare(hostname)) === 0 ? hostname : '';
  return new (wsPackage())(url, [...protocols], {
    headers: { 'User-Agent': settings.userAgent, ...Object.fromEntries(headers) },
    perMessageDeflate: compress,
    handshakeTimeout: HANDSHAKE_TIMEOUT,
    // `ws` makes its connections by these, whatever its types say of the option.
    ...(to && { createConnection: dialer(to, servername, secure) as never }),
    ...(settings.localAddress !== undefined && { localAddress: settings.localAddress }),
    ...(secure && settings.tls(hostname)),
  });
}

const bare = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1');

type Resolved = (error: Error | undefined, address?: SocketAddress) => void;

/** Without an address, the system knows where to dial. */
function resolve(url: string, { resolve: resolver }: SocketSettings, done: Resolved): void {
  const { hostname, port, protocol } = new URL(url);
  if (resolver) resolver(bare(hostname), port || (protocol === 'wss:' ? '443' : '80'), done);
  else done(undefined);
}

const NO_RESPONSE = { status: 0, headers: [], body: '', subprotocol: '', remoteIp: '' } as const;
type Answer = Omit<WsHandshake, 'id' | 'error' | 'throws' | 'connecting'>;

export const connect: AsyncOpHandler<'ws.connect'> = (io, request, done) => {
  const settings = socketSettings(io);
  const session = new Session(io, request.tags, io.now());
  let cancelled = false;
  let cancel = (): void => {
    cancelled = true;
  };
  const refuse = (error: unknown, connecting: number): void => {
    const { throw: throws } = settings;
    const value = { ...NO_RESPONSE, id: 0, error: (error as Error).message, throws, connecting };
    setImmediate(() => {
      if (!cancelled) done({ ok: true, value });
    });
  };
  const attempt = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      refuse(error, 0);
    }
  };
  attempt(() => {
    resolve(request.url, settings, (error, to) => {
      if (cancelled) return;
      if (error) {
        const connecting = session.begin(withSystemTags(request.tags, request.systemTags, { url: request.url }));
        session.end();
        refuse(error, connecting);
        return;
      }
      attempt(() => {
        cancel = handshake(io, open(request, settings, to), request, session, done);
      });
    });
  });
  return () => {
    cancel();
  };
};

/** Follows a handshake to its end, one way or the other. @returns what ends it early */
function handshake(
  io: VuIo,
  socket: WebSocket,
  request: WsRequest,
  session: Session,
  done: Parameters<AsyncOpHandler<'ws.connect'>>[2],
): () => void {
  const connections = Connections.of(io);
  const { throw: throws } = socketSettings(io);
  const connection = new Connection(io, socket, session);
  let settled = false;
  const settle = (error: string, answer: Answer): void => {
    if (settled) return;
    settled = true;
    const { status, subprotocol, remoteIp } = answer;
    const known = status === 0 ? {} : { status: String(status), subproto: subprotocol, ip: remoteIp };
    const tags = withSystemTags(request.tags, request.systemTags, { url: request.url, ...known });
    const connecting = session.begin(tags);
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
}
