// A keep-alive HTTP server on bare sockets: cheap enough not to be the bottleneck. Requests without a body only.
import net from 'node:net';
import { body } from './servers.mjs';

const answer = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
);
const server = net.createServer({ noDelay: true }, (socket) => {
  let tail = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    const text = tail + chunk.toString('latin1');
    const parts = text.split('\r\n\r\n');
    tail = parts.pop();
    for (let i = 0; i < parts.length; i++) socket.write(answer);
  });
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 16384 }, () => console.log(`listening ${server.address().port}`));
