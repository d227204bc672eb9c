// Answers 5 ms after a request was read and reports its own time in a header. It neither spins nor parses: whatever kept
// its thread from reading the next request would be counted as the client's error.
import { serveRequests } from './raw-server.mjs';

const DELAY_MS = 5;
const body = '{"status":"ok"}';

serveRequests((_, socket) => {
  const arrived = performance.now();
  setTimeout(() => {
    if (socket.destroyed) return;
    const own = (performance.now() - arrived).toFixed(4);
    socket.write(
      `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Server-Ms: ${own}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      'latin1',
    );
  }, DELAY_MS);
});
