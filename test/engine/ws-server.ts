/** A WebSocket server on loopback that answers by what it is sent. */
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

export interface WsServer {
  readonly url: string;
  /** Headers of the handshakes, in order. */
  readonly handshakes: Readonly<Record<string, unknown>>[];
  readonly open: () => number;
  close(): Promise<void>;
}

/** Echoes, except for `close:CODE:REASON`, `ping`, and `drop` (ends the TCP connection). The path `/refuse` gets 403. */
export async function wsServer(): Promise<WsServer> {
  const handshakes: Record<string, unknown>[] = [];
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    perMessageDeflate: true,
    handleProtocols: (protocols) => [...protocols].at(-1) ?? false,
    verifyClient: ({ req }, done) => {
      handshakes.push(req.headers);
      done(req.url !== '/refuse', 403, 'not here', { 'X-Why': 'no' });
    },
  });
  server.on('headers', (headers) => headers.push('Set-Cookie: seat=7; Path=/'));
  server.on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.on('message', (data, isBinary) => {
      const text = (data as Buffer).toString();
      if (isBinary) socket.send(data, { binary: true });
      else if (text === 'ping') socket.ping();
      else if (text === 'drop') socket.terminate();
      else if (text.startsWith('close:')) socket.close(Number(text.split(':')[1]), text.split(':')[2]);
      else socket.send(`echo ${text}`);
    });
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    handshakes,
    open: () => server.clients.size,
    close: () =>
      new Promise((resolve) => {
        for (const client of server.clients) client.terminate();
        server.close(() => {
          resolve();
        });
      }),
  };
}
