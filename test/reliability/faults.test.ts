/**
 * Targets that misbehave under load, through the real bins: the run ends, its verdict tells the truth, memory stays
 * bounded. docs/reliability.md lists what is promised.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import zlib from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gravlLoad, recordOf, target, temporaryFolder, type Finished } from '../e2e/harness.ts';

type Misbehave = (socket: net.Socket, request: string) => void;

const healthy = '{"status":"ok","uptime":1,"version":"1"}';
const answer = (body: string, more = ''): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${more}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** Listens on loopback; the probe of /health before the load is answered well, everything after it by `misbehave`. */
async function badTarget(misbehave: Misbehave, host = '127.0.0.1'): Promise<{ url: string; close(): void }> {
  let probed = false;
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    socket.on('data', (bytes) => {
      const request = bytes.toString('latin1');
      if (!probed && request.startsWith('GET /health')) {
        probed = true;
        socket.end(answer(healthy));
      } else misbehave(socket, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(close);
  const { port } = server.address() as AddressInfo;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, close };
}

/** @param amount of load, as options */
const runOn = (url: string, amount: readonly string[], env: Record<string, string> = {}): Promise<Finished> =>
  gravlLoad(
    [
      'run',
      '--scenario',
      'health',
      ...amount,
      '--base-url',
      url,
      '--no-compare',
      '--json',
      '--results',
      temporaryFolder(),
    ],
    { env },
  );

const load = (url: string, env: Record<string, string> = {}, more: readonly string[] = []): Promise<Finished> =>
  runOn(url, ['--iterations', '40', '--vus', '20', ...more], env);

/** Every second case, and all with RELIABILITY=all: each is a run of its own. */
const often = (cases: [string, Misbehave, RegExp][]): [string, Misbehave, RegExp][] =>
  cases.filter((_, index) => process.env['RELIABILITY'] === 'all' || index % 2 === 0);

describe('a target that', () => {
  it.each(
    often([
      ['resets connections', (socket) => socket.resetAndDestroy(), /^error 1220$/],
      ['closes without a word', (socket) => socket.destroy(), /^error 1\d{3}$/],
      [
        'answers by half',
        (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"st'),
        /^error 1\d{3}$|^status 200$/,
      ],
      ['answers with garbage', (socket) => socket.end('\x16\x03\x01 what?\r\n\r\n'), /^error 1\d{3}$/],
      [
        'says a length that is none',
        (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n'),
        /^error 1\d{3}$/,
      ],
      [
        'says two lengths',
        (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'),
        /^error 1\d{3}$/,
      ],
      [
        'breaks its compression',
        (socket) => socket.end(answer('not gzip', 'Content-Encoding: gzip\r\n')),
        /^error 1701$/,
      ],
      [
        'cuts its compression',
        (socket) => {
          const whole = zlib.gzipSync(healthy.repeat(50));
          const part = whole.subarray(0, whole.length / 2);
          socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${part.length}\r\n\r\n`);
          socket.end(part);
        },
        /^error 1701$/,
      ],
      ['sends a TLS alert', (socket) => socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, 40])), /^error 1\d{3}$/],
    ]),
  )('%s fails the run, and the record says how', async (_, misbehave, kind) => {
    const { url } = await badTarget(misbehave);
    const finished = await load(url);
    const record = recordOf(finished);
    expect(record.verdict.state).not.toBe('PASS');
    expect(finished.exitCode).toBe(99);
    expect(record.total.requests).toBeGreaterThanOrEqual(30);
    expect(record.total.failed).toBe(record.total.requests);
    expect(
      Object.keys(record.total.errors).every((name) => kind.test(name)),
      JSON.stringify(record.total.errors),
    ).toBe(true);
    expect(finished.stderr).not.toMatch(/\n\s+at /);
  });

  it('answers with 500 leaves an example of every kind, with its body', async () => {
    const { url } = await badTarget((socket) => {
      const body = '{"error":"no database","password":"hunter22secret"}';
      socket.end(`HTTP/1.1 500 Oh\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    });
    const { total, samples } = recordOf(await load(url));
    expect(total.failed).toBe(total.requests);
    expect(samples).toMatchObject([{ endpoint: 'health', method: 'GET', status: 500, count: total.failed }]);
    expect(samples[0]?.url).toBe(`${url}/health`);
    expect(samples[0]?.body).toContain('no database');
    expect(samples[0]?.body).not.toContain('hunter22secret');
  });

  // Together, because each waits for the graceful stop of thirty seconds.
  it('never answers, sends a byte now and then, or headers without end does not keep the run from ending', async () => {
    const stalls: Misbehave[] = [
      () => undefined,
      (socket) => {
        const timer = setInterval(() => socket.write('H'), 300);
        socket.once('close', () => clearInterval(timer));
      },
      (socket) => {
        const more = (): void => {
          while (!socket.destroyed && socket.write(`X-Endless: ${'a'.repeat(8000)}\r\n`));
        };
        socket.write('HTTP/1.1 200 OK\r\n');
        socket.on('drain', more);
        more();
      },
    ];
    const finished = await Promise.all(
      stalls.map(async (misbehave) => {
        const { url } = await badTarget(misbehave);
        return runOn(url, ['--vus', '2', '--duration', '1s']);
      }),
    );
    for (const run of finished) {
      expect(recordOf(run).verdict.state).not.toBe('PASS');
      expect(run.exitCode).not.toBe(0);
    }
    // Nothing came to its end there: that is no load.
    expect(finished[0]?.exitCode).toBe(6);
  });

  it('sends a hundred megabytes an answer does not fill the memory', async () => {
    const block = Buffer.alloc(1 << 20, 97);
    const { url } = await badTarget((socket) => {
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${100 * block.length}\r\n\r\n`,
      );
      let left = 100;
      const more = (): void => {
        while (left > 0 && !socket.destroyed && socket.write(block)) left--;
      };
      socket.on('drain', () => {
        left--;
        more();
      });
      more();
    });
    // Six users at once, each with such an answer: a heap of 600 MB would not do if bodies piled up.
    const finished = await gravlLoad(
      [
        'run',
        '--scenario',
        'health',
        '--iterations',
        '12',
        '--vus',
        '3',
        '--base-url',
        url,
        '--no-compare',
        '--json',
        '--results',
        temporaryFolder(),
      ],
      { env: { NODE_OPTIONS: '--max-old-space-size=600' } },
    );
    const record = recordOf(finished);
    expect(record.exitCode).not.toBe(109);
    expect(record.total.requests).toBe(12);
    expect(record.verdict.state).not.toBe('PASS');
  });

  it('goes away in mid-run is told as refused connections', async () => {
    let served = 0;
    const bad = await badTarget((socket) => {
      socket.end(answer(healthy, 'Connection: close\r\n'));
      if (++served === 10) bad.close();
    });
    const record = recordOf(await load(bad.url));
    expect(record.verdict.state).not.toBe('PASS');
    expect(record.total.errors).toHaveProperty('error 1212');
  });

  it('restarts in mid-run makes the run INVALID', async () => {
    let uptime = 500;
    const server = http.createServer((_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ status: 'ok', uptime, version: '1' }));
      uptime = 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const record = recordOf(await load(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
    expect(record.verdict).toMatchObject({ state: 'INVALID' });
    expect(record.verdict.reasons).toContain('the target restarted during the run');
  });

  it('listens on IPv6 only is loaded like any other', async ({ skip }) => {
    const bad = await badTarget((socket) => socket.write(answer(healthy)), '::1').catch(() => undefined);
    if (bad === undefined) return skip('no IPv6 on this machine');
    const record = recordOf(await load(bad.url));
    expect(record.total.failed).toBe(0);
    expect(record.total.requests).toBeGreaterThanOrEqual(30);
  });

  it('does not resolve, or refuses, gets no load and exit code 6', async () => {
    const refused = await load('http://127.0.0.1:1');
    expect(refused).toMatchObject({ exitCode: 6, stdout: '' });
    expect(refused.stderr).toContain('the connection was refused');
    const unknown = await load('http://no-such-host.invalid');
    expect(unknown).toMatchObject({ exitCode: 6, stdout: '' });
    expect(unknown.stderr).toMatch(/host name/);
  });
});

describe('between us and the target', () => {
  it('a proxy of HTTP_PROXY carries the load, and NO_PROXY goes round it', async () => {
    const { url } = await target();
    const seen: string[] = [];
    const proxy = http.createServer((request, response) => {
      seen.push(request.url ?? '');
      // Loopback addresses never go through a proxy, as in k6: so the target has a name here.
      const { pathname, search } = new URL(request.url ?? '');
      const onward = http.request(`${url}${pathname}${search}`, { headers: request.headers }, (inner) => {
        response.writeHead(inner.statusCode ?? 502, inner.headers);
        inner.pipe(response);
      });
      onward.on('error', () => response.destroy());
      request.pipe(onward);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void proxy.close());
    const at = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const record = recordOf(await load('http://gravl.test', { HTTP_PROXY: at }));
    expect(record.total.failed).toBe(0);
    expect(record.total.requests).toBeGreaterThanOrEqual(30);
    expect(seen.filter((address) => address === 'http://gravl.test/health').length).toBeGreaterThanOrEqual(30);
    const round = await load('http://gravl.test', { HTTP_PROXY: at, NO_PROXY: 'gravl.test' });
    expect(round.exitCode).toBe(6);
  });

  it('a proxy of HTTPS_PROXY carries TLS by CONNECT, with its credentials', async () => {
    const dir = temporaryFolder();
    const [key, cert] = [path.join(dir, 'key.pem'), path.join(dir, 'cert.pem')];
    const subject = ['-subj', '/CN=gravl.test', '-addext', 'subjectAltName=DNS:gravl.test'];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
    const files = ['-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', '-x509', ...curve, '-nodes', '-days', '1', ...subject, ...files], {
      stdio: 'ignore',
    });
    const server = https.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => {
      response.setHeader('content-type', 'application/json').end(healthy);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const asked: { to: string; as: string | undefined }[] = [];
    let refuse = false;
    const tunnels = new Set<net.Socket>();
    const proxy = http.createServer().on('connect', (request: http.IncomingMessage, socket: net.Socket) => {
      asked.push({ to: request.url ?? '', as: request.headers['proxy-authorization'] });
      if (refuse) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      const onward = net.connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        socket.pipe(onward).pipe(socket);
      });
      for (const end of [socket, onward]) {
        tunnels.add(end);
        end.on('error', () => undefined);
      }
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      for (const socket of tunnels) socket.destroy();
      proxy.close();
      server.close();
    });
    const at = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const env = { HTTPS_PROXY: `http://user:hunter22@${at}`, NODE_EXTRA_CA_CERTS: cert };
    const finished = await load('https://gravl.test', env);
    const record = recordOf(finished);
    expect(record.total.failed).toBe(0);
    expect(record.total.requests).toBeGreaterThanOrEqual(30);
    // The probes before and after the load, and the connections of its users.
    expect(asked.length).toBeGreaterThanOrEqual(3);
    expect(new Set(asked.map(({ to }) => to))).toEqual(new Set(['gravl.test:443']));
    expect(new Set(asked.map(({ as }) => as))).toEqual(
      new Set([`Basic ${Buffer.from('user:hunter22').toString('base64')}`]),
    );
    expect(finished.stdout + finished.stderr).not.toContain('hunter22');

    refuse = true;
    const refused = await load('https://gravl.test', env);
    expect(refused).toMatchObject({ exitCode: 6, stdout: '' });
    expect(refused.stderr).toContain('through the proxy of HTTPS_PROXY');
    expect(refused.stderr).not.toContain('hunter22');
  });

  it.each(['http://[', 'http://user:hunter22%zz@127.0.0.1:9', 'socks5://127.0.0.1:1'])(
    'a proxy whose address is none, %s, is told before any load',
    async (address) => {
      const refused = await load('http://gravl.test', { HTTP_PROXY: address });
      expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
      expect(refused.stderr).toContain('the variable HTTP_PROXY is no address of a proxy');
      expect(refused.stderr).not.toContain('hunter22');
    },
  );
});
