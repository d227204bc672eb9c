import net from 'node:net';

/**
 * Listens on a free port of loopback and says so. For clients that send one small request at a time: what one read brings
 * is one request.
 * @param {(path: string, socket: net.Socket) => void} onRequest
 */
export function serveRequests(onRequest) {
  const server = net.createServer({ noDelay: true }, (socket) => {
    socket.on('data', (bytes) => onRequest(bytes.toString('latin1').split(' ', 2)[1], socket));
    socket.on('error', () => socket.destroy());
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 16384 }, () =>
    console.log(`listening ${server.address().port}`),
  );
}
