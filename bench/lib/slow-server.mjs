// Answers 5 ms after the request was read, spinning for the last part, and reports its own time in a header.
import http from 'node:http';

const DELAY_MS = 5;
const server = http.createServer((request, response) => {
  const arrived = performance.now();
  const answer = () => {
    while (performance.now() - arrived < DELAY_MS);
    response.setHeader('X-Server-Ms', (performance.now() - arrived).toFixed(4));
    response.end('{"status":"ok"}');
  };
  setTimeout(answer, DELAY_MS - 1);
});
server.keepAliveTimeout = 600_000;
server.listen({ port: 0, host: '127.0.0.1', backlog: 16384 }, () => console.log(`listening ${server.address().port}`));
