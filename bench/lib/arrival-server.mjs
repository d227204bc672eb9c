// Notes when each numbered request (`/?n=17`) arrives; `/report?interval=1` says how far they were from an even pace.
import { serveRequests } from './raw-server.mjs';

let arrivals = [];

function report(interval) {
  const offsets = arrivals.map(({ n, at }) => at - n * interval).sort((a, b) => a - b);
  // The pace has no known beginning here: its phase is the middle of what was seen.
  const middle = offsets[offsets.length >> 1] ?? 0;
  const off = offsets.map((offset) => Math.abs(offset - middle)).sort((a, b) => a - b);
  const at = (q) => off[Math.min(off.length - 1, Math.floor(off.length * q))] ?? Infinity;
  return {
    count: off.length,
    distinct: new Set(arrivals.map(({ n }) => n)).size,
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
  };
}

const answer = (body) => `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

serveRequests((path, socket) => {
  const at = performance.now();
  const url = new URL(path, 'http://localhost');
  if (url.pathname === '/report') {
    socket.end(answer(JSON.stringify(report(Number(url.searchParams.get('interval'))))));
    arrivals = [];
    return;
  }
  arrivals.push({ n: Number(url.searchParams.get('n')), at });
  socket.write(answer('{}'), 'latin1');
});
