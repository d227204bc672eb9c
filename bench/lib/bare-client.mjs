// The floor for any client on Node: bare sockets that write the same request at the same rate and take the answer as text,
// without metrics, without a script. Prints how many were answered.
//   node bench/lib/bare-client.mjs URL RATE SECONDS
import net from 'node:net';

const [url, rate, seconds] = [new URL(process.argv[2]), Number(process.argv[3]), Number(process.argv[4])];
const CONNECTIONS = 50;
const request = `GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nUser-Agent: bare\r\n\r\n`;
const buffer = Buffer.allocUnsafeSlow(64 * 1024);
const idle = [];
let answers = 0;
let text = '';

for (let i = 0; i < CONNECTIONS; i++) {
  const socket = net.connect({
    host: url.hostname,
    port: url.port,
    noDelay: true,
    onread: {
      buffer,
      callback(size) {
        text = buffer.latin1Slice(0, size);
        answers++;
        idle.push(socket);
        return true;
      },
    },
  });
  socket.on('connect', () => idle.push(socket));
}

const start = performance.now();
let sent = 0;
function turn() {
  const due = ((performance.now() - start) / 1000) * rate;
  while (sent < Math.min(due, rate * seconds) && idle.length > 0) {
    idle.shift().write(request, 'latin1');
    sent++;
  }
  if (sent < rate * seconds || answers < sent) setTimeout(turn, 1);
  else {
    console.log(JSON.stringify({ answers, last: text.length }));
    process.exit();
  }
}
setTimeout(turn, 100);
