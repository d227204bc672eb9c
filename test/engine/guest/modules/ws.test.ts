import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wsServer, type WsServer } from '../../ws-server.ts';

const run = promisify(execFile);
let server: WsServer;
let folder: string;
beforeAll(async () => {
  server = await wsServer();
  folder = mkdtempSync(path.join(tmpdir(), 'ws-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await server.close();
});

/** Console lines of one iteration whose body is `code`. */
async function lines(strategy: string, code: string, args: readonly string[] = []): Promise<string[]> {
  const script = path.join(folder, 'script.js');
  writeFileSync(
    script,
    `import ws from 'k6/ws'; import http from 'k6/http'; import { sleep } from 'k6';\nconst url = '${server.url}';\nexport default function () {\n${code}\n}`,
  );
  const log = path.join(folder, 'log');
  await run(
    process.execPath,
    [
      'bin/gravl-k6.js',
      'run',
      '--quiet',
      '--strategy',
      strategy,
      '--log-format',
      'json',
      '--log-output',
      `file=${log}`,
      ...args,
      script,
    ],
    { timeout: 120_000 },
  );
  const text = readFileSync(log, 'utf8');
  rmSync(log);
  return text
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { msg: string }).msg);
}

describe.each(['fast', 'exact'])('ws.connect, %s', (strategy) => {
  it('blocks until the socket is closed, while handlers may block themselves', async () => {
    const code = `
      const res = ws.connect(url, { headers: { 'X-Own': 'yes' } }, (socket) => {
        console.log('setting up');
        socket.on('open', () => { sleep(0.02); socket.send('a'); socket.sendBinary(new Uint8Array([1, 2, 3]).buffer); console.log('sent'); });
        socket.on('message', (text) => { sleep(0.02); console.log(text); });
        socket.on('binaryMessage', (bytes) => { console.log(bytes instanceof ArrayBuffer, bytes.byteLength); socket.ping(); });
        socket.on('pong', () => { console.log('pong'); socket.setTimeout(() => { socket.close(3000); console.log('after close'); }, 10); });
        socket.on('close', (code) => { sleep(0.01); console.log('closed', code); });
      });
      console.log(res.status, res.url === url, res.headers.Upgrade, res.error === '');`;
    expect(await lines(strategy, code)).toEqual([
      'setting up',
      'sent',
      'echo a',
      'true 3',
      'pong',
      'closed 3000',
      'after close',
      '101 true websocket true',
    ]);
    expect(server.handshakes.at(-1)).toMatchObject({ 'x-own': 'yes' });
  });

  it('runs intervals and ends when the peer closes', async () => {
    const code = `
      let ticks = 0;
      ws.connect(url, (socket) => {
        socket.setInterval(() => { if (++ticks === 3) socket.send('close:1011:oops'); }, 5);
        socket.on('error', (e) => console.log('error', e.error()));
        socket.on('close', (code) => console.log('closed', code, ticks >= 3));
      });`;
    expect(await lines(strategy, code)).toEqual([
      'error websocket: close 1011 (internal server error): oops',
      'closed 1011 true',
    ]);
  });

  it('tells of a refused handshake, or throws when the options ask for it', async () => {
    const code = `
      try {
        const res = ws.connect(url + 'refuse', (socket) => socket.on('error', (e) => console.log('error', e.error())));
        console.log(res.status, res.error, res.body, res.headers['X-Why']);
      } catch (e) { console.log('thrown', e.message); }`;
    expect(await lines(strategy, code)).toEqual([
      'error websocket: bad handshake',
      'Attempt to establish a WebSocket connection failed: websocket: bad handshake',
      '403 websocket: bad handshake not here no',
    ]);
    expect(await lines(strategy, code, ['--throw'])).toEqual([
      'error websocket: bad handshake',
      'thrown websocket: bad handshake',
    ]);
  });

  it('sends the cookies of a jar, and keeps those of the answer in it', async () => {
    const code = `
      const page = url.replace('ws:', 'http:');
      const closing = (socket) => socket.on('open', () => socket.close());
      http.cookieJar().set(page, 'kind', 'default');
      ws.connect(url, closing);
      const jar = new http.CookieJar();
      jar.set(page, 'kind', 'own');
      ws.connect(url, { jar }, closing);
      console.log(JSON.stringify([http.cookieJar().cookiesForURL(page), jar.cookiesForURL(page)]));`;
    expect(await lines(strategy, code)).toEqual([
      JSON.stringify([
        { kind: ['default'], seat: ['7'] },
        { kind: ['own'], seat: ['7'] },
      ]),
    ]);
    expect(server.handshakes.slice(-2)).toMatchObject([{ cookie: 'kind=default' }, { cookie: 'kind=own' }]);
  });

  it('obeys hosts and blacklistIPs, also for IP addresses', async () => {
    const code = `
      for (const address of ['ws://nowhere.test/a', url.replace('127.0.0.1', 'elsewhere.test'), 'ws://127.0.0.2:1/']) {
        ws.connect(address, (socket) => {
          socket.on('open', () => { console.log('there'); socket.close(); });
          socket.on('error', (e) => console.log(e.error()));
        });
      }`;
    const config = path.join(folder, 'config.json');
    const hosts = { 'nowhere.test': new URL(server.url).host, 'elsewhere.test': '127.0.0.1' };
    writeFileSync(config, JSON.stringify({ hosts, blacklistIPs: ['127.0.0.2/32'] }));
    const refused = 'IP (127.0.0.2) is in a blacklisted range (127.0.0.2/32)';
    expect(await lines(strategy, code, ['--config', config])).toEqual([
      'there',
      'there',
      refused,
      `Attempt to establish a WebSocket connection failed: ${refused}`,
    ]);
  });
});
