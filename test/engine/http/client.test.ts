import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { httpHandlers } from '../../../src/engine/http/ops.ts';
import { CERT, KEY } from '../../conformance/test-cert.mjs';
import { DEFAULT_OPTIONS, type LogLine, TestVu } from './support.ts';

type Closable = net.Server | http2.Http2SecureServer;

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function listen(server: Closable): Promise<number> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as net.AddressInfo).port;
}

function vu(...args: ConstructorParameters<typeof TestVu>): TestVu {
  const made = new TestVu(...args);
  cleanups.push(() => made.dispose());
  return made;
}

/** A server that answers each request with what `answer` writes on the bare socket. */
function rawServer(answer: (socket: net.Socket, request: string, connection: number) => void): Promise<number> {
  let connections = 0;
  return listen(
    net.createServer((socket) => {
      const connection = ++connections;
      socket.on('data', (bytes) => answer(socket, bytes.toString(), connection));
    }),
  );
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('connections', () => {
  it('are kept and used again', async () => {
    const port = await rawServer((socket, _request, connection) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${connection}`);
    });
    const user = vu();
    expect((await user.request(`http://127.0.0.1:${port}/`)).body).toBe('1');
    const second = await user.request(`http://127.0.0.1:${port}/`);
    expect(second.body).toBe('1');
    expect(second.connecting).toBe(0);
    expect(user.values('http_reqs')).toEqual([1, 1]);
  });

  it('are not shared between VUs', async () => {
    const port = await rawServer((socket, _request, connection) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${connection}`);
    });
    const handlers = httpHandlers({ options: DEFAULT_OPTIONS, env: {} });
    const bodies = [];
    for (let i = 0; i < 2; i++) bodies.push((await vu({}, {}, handlers).request(`http://127.0.0.1:${port}/`)).body);
    expect(bodies).toEqual(['1', '2']);
  });

  it.each([
    ['a response that says close', {}, 'Connection: close\r\n'],
    ['the option noConnectionReuse', { noConnectionReuse: true }, ''],
  ])('are not kept after %s', async (_name, options, header) => {
    const port = await rawServer((socket, _request, connection) => {
      socket.write(`HTTP/1.1 200 OK\r\n${header}Content-Length: 1\r\n\r\n${connection}`);
    });
    const user = vu(options);
    await user.request(`http://127.0.0.1:${port}/`);
    expect((await user.request(`http://127.0.0.1:${port}/`)).body).toBe('2');
  });

  it('end with the iteration when the options say so', async () => {
    const port = await rawServer((socket, _request, connection) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${connection}`);
    });
    const user = vu({ noVUConnectionReuse: true });
    await user.request(`http://127.0.0.1:${port}/`);
    user.handlers.call['http.iteration'](user.io, undefined);
    expect((await user.request(`http://127.0.0.1:${port}/`)).body).toBe('2');
  });

  it('that turn out to be dead are replaced, for requests that may be repeated', async () => {
    let requests = 0;
    const port = await rawServer((socket, _request, connection) => {
      requests++;
      if (connection === 1 && requests > 1) socket.destroy();
      else socket.write(OK);
    });
    const user = vu();
    const url = `http://127.0.0.1:${port}/`;
    await user.request(url);
    expect(await user.request(url)).toMatchObject({ status: 200, error: '' });
    expect(requests).toBe(3);
    expect(user.values('http_reqs')).toEqual([1, 1]);
  });

  it('that turn out to be dead fail a POST', async () => {
    let requests = 0;
    const port = await rawServer((socket) => {
      if (++requests > 1) socket.destroy();
      else socket.write(OK);
    });
    const user = vu();
    const url = `http://127.0.0.1:${port}/`;
    await user.request(url);
    expect(await user.request(url, { method: 'POST', body: 'x' })).toMatchObject({
      status: 0,
      errorCode: 1000,
      error: 'EOF',
    });
  });

  it('with bytes nobody asked for are closed', async () => {
    const port = await rawServer((socket, _request, connection) => {
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${connection}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`,
      );
    });
    const user = vu();
    const url = `http://127.0.0.1:${port}/`;
    expect([(await user.request(url)).body, (await user.request(url)).body]).toEqual(['1', '2']);
  });

  it('count the bytes they carry', async () => {
    let received = 0;
    const port = await rawServer((socket, request) => {
      received += Buffer.byteLength(request);
      socket.write(OK);
    });
    const user = vu();
    await user.request(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'grüße' });
    expect(user.io.traffic).toEqual({ sent: received, received: OK.length });
  });

  it('are made by the hundreds without losing one', async () => {
    const port = await rawServer((socket) => socket.write(OK));
    const handlers = httpHandlers({ options: DEFAULT_OPTIONS, env: {} });
    const users = Array.from({ length: 600 }, () => vu({}, {}, handlers));
    const results = await Promise.all(users.map((user) => user.request(`http://127.0.0.1:${port}/`)));
    expect(results.filter(({ status }) => status === 200)).toHaveLength(600);
  });
});

describe('time-outs', () => {
  it('cover the redirections, and each request has its own', async () => {
    const port = await rawServer((socket, request) => {
      if (request.startsWith('GET /slow')) return;
      setTimeout(() => socket.write('HTTP/1.1 302 Found\r\nLocation: /slow\r\nContent-Length: 0\r\n\r\n'), 1000);
    });
    const user = vu();
    const started = performance.now();
    const ended: string[] = [];
    const request = (path: string, timeout: number) =>
      user.request(`http://127.0.0.1:${port}${path}`, { timeout }).finally(() => ended.push(path));
    const [first, second] = await Promise.all([request('/', 3000), request('/slow', 3500)]);
    expect(performance.now() - started).toBeGreaterThanOrEqual(3499);
    expect(first).toMatchObject({ status: 0, errorCode: 1050, error: 'request timeout' });
    expect(second.errorCode).toBe(1050);
    // The redirected one ends first: its time began before the redirection.
    expect(ended).toEqual(['/', '/slow']);
    expect(user.tags('http_reqs').map(({ status }) => status)).toEqual(['302', '0', '0']);
  });
});

describe('interruption', () => {
  it('ends what is under way without a word, and the VU goes on', async () => {
    const port = await rawServer((socket, request) => {
      if (!request.startsWith('GET /hang')) socket.write(OK);
    });
    const user = vu();
    let called = false;
    user.handlers.async['http.exchange'](user.io, user.spec(`http://127.0.0.1:${port}/hang`, { timeout: 200 }), () => {
      called = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    user.interrupt();
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(called).toBe(false);
    expect(user.samples).toEqual([]);
    expect((await user.request(`http://127.0.0.1:${port}/`)).status).toBe(200);
  });
});

describe('redirections', () => {
  it('lose credentials on the way to another site, and keep the fragment', async () => {
    const seen: string[] = [];
    const port = await rawServer((socket, request) => {
      seen.push(request);
      if (request.startsWith('GET /away')) {
        socket.write(`HTTP/1.1 302 Found\r\nLocation: http://localhost:${port}/there\r\nContent-Length: 0\r\n\r\n`);
      } else socket.write(OK);
    });
    const user = vu();
    const result = await user.request(`http://127.0.0.1:${port}/away#part`, {
      headers: 'Authorization: secret\r\nX-Own: 1\r\n',
    });
    expect(seen[0]).toContain('Authorization: secret');
    expect(seen[1]).not.toContain('Authorization');
    expect(seen[1]).toContain('X-Own: 1');
    expect(seen[1]).toContain(`Referer: http://127.0.0.1:${port}/away\r\n`);
    expect(result.url).toBe(`http://localhost:${port}/there#part`);
  });

  it('to a URL that is none fail after the samples of the hop', async () => {
    const port = await rawServer((socket) =>
      socket.write('HTTP/1.1 302 Found\r\nLocation: http://a b/\r\nContent-Length: 0\r\n\r\n'),
    );
    const user = vu();
    const result = await user.request(`http://127.0.0.1:${port}/`);
    expect(result).toMatchObject({ status: 0, errorCode: 1000 });
    expect(result.error).toContain('failed to parse Location header "http://a b/"');
    expect(user.tags('http_reqs').map(({ status }) => status)).toEqual(['302']);
  });
});

describe('authentication', () => {
  it('answers a digest challenge, which is no failure', async () => {
    const port = await rawServer((socket, request) => {
      if (request.includes('Authorization: Digest username="u"')) socket.write(OK);
      else
        socket.write(
          'HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm="r", nonce="n", qop="auth"\r\nContent-Length: 0\r\n\r\n',
        );
    });
    const user = vu();
    expect((await user.request(`http://u:p@127.0.0.1:${port}/`, { auth: 'digest' })).status).toBe(200);
    expect(user.values('http_req_failed')).toEqual([0, 0]);
    expect(user.tags('http_reqs').map(({ status }) => status)).toEqual(['401', '200']);
  });
});

describe('batches', () => {
  it('keep to the limits and to the order', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    let open = 0;
    let most = 0;
    let asked = 0;
    let waiting: (() => void)[] = [];
    const port = await rawServer((socket, request) => {
      most = Math.max(most, ++open);
      asked++;
      waiting.push(() => {
        open--;
        const name = /GET \/(\w+)/.exec(request)?.[1] ?? '';
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\n\r\n${name}`);
      });
      // Answered when as many are here as may be, and a moment later, for those that may not.
      if (waiting.length < 3 && asked < names.length) return;
      const together = waiting;
      waiting = [];
      setTimeout(() => together.forEach((answer) => answer()), 20);
    });
    const user = vu({ batchPerHost: 3 });
    const results = await user.batch(names.map((name) => user.spec(`http://127.0.0.1:${port}/${name}`)));
    expect(results.map(({ body }) => body)).toEqual(names);
    expect(most).toBe(3);
  });
});

describe('the option rps', () => {
  it('spaces the requests of all VUs evenly', async () => {
    const port = await rawServer((socket) => socket.write(OK));
    const handlers = httpHandlers({ options: { ...DEFAULT_OPTIONS, rps: 50 }, env: {} });
    const started = performance.now();
    await Promise.all(
      Array.from({ length: 3 }, async () => {
        const user = vu({}, {}, handlers);
        for (let i = 0; i < 3; i++) await user.request(`http://127.0.0.1:${port}/`);
      }),
    );
    expect(performance.now() - started).toBeGreaterThanOrEqual(8 * 20 - 2);
  });
});

describe('request heads', () => {
  const capture = async (more: Parameters<TestVu['request']>[1], options = {}): Promise<string> => {
    let head = '';
    const port = await rawServer((socket, request) => {
      head = request;
      socket.write(OK);
    });
    await vu(options).request(`http://127.0.0.1:${port}/p?q=1`, more);
    return head.replaceAll(String(port), 'PORT');
  };

  it('are what Go sends', async () => {
    expect(await capture({})).toBe('GET /p?q=1 HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nUser-Agent: test-agent/1\r\n\r\n');
    expect(await capture({ method: 'POST' })).toContain('Content-Length: 0\r\n');
    expect(await capture({ method: 'DELETE' })).not.toContain('Content-Length');
    expect(await capture({ headers: 'User-Agent: \r\n' })).not.toContain('User-Agent');
    expect(await capture({ host: 'other.example' })).toContain('Host: other.example\r\n');
    expect(await capture({ host: 'not valid' })).toContain('Host: \r\n');
  });

  it('refuse a length that is not the body’s', async () => {
    const user = vu();
    const result = await user.request('http://127.0.0.1:1/', { method: 'POST', body: 'hello', contentLength: '10' });
    expect(result.errorMessage).toBe('Post "http://127.0.0.1:1/": http: ContentLength=10 with Body length 5');
  });
});

describe('proxies of the environment', () => {
  it('get plain requests with the whole URL, but none for this machine', async () => {
    let line = '';
    const port = await rawServer((socket, request) => {
      line = request;
      socket.write(OK);
    });
    const env = { HTTP_PROXY: `http://u:p@127.0.0.1:${port}`, NO_PROXY: '.internal.example' };
    expect((await vu({}, env).request('http://far.example/x')).status).toBe(200);
    expect(line).toContain('GET http://far.example/x HTTP/1.1\r\nHost: far.example\r\n');
    expect(line).toContain('Proxy-Authorization: Basic dTpw');
    expect((await vu({}, env).request('http://127.0.0.1:1/')).errorCode).toBe(1212);
    expect((await vu({}, env).request('http://a.internal.example/')).errorCode).not.toBe(0);
  });

  it('tunnel TLS', async () => {
    const target = await listen(
      https.createServer({ key: KEY, cert: CERT }, (_request, response) => response.end('through')),
    );
    const proxy = http.createServer();
    proxy.on('connect', (_request, socket: net.Socket) => {
      const out = net.connect(target, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        socket.pipe(out).pipe(socket);
      });
      out.on('error', () => socket.destroy());
    });
    const port = await listen(proxy);
    const user = vu({ insecureSkipTLSVerify: true }, { HTTPS_PROXY: `127.0.0.1:${port}` });
    expect(await user.request('https://far.example/')).toMatchObject({
      status: 200,
      body: 'through',
      tlsVersion: 'tls1.3',
    });
  });
});

describe('TLS', () => {
  it('presents the client certificate of the host', async () => {
    const server = https.createServer(
      { key: KEY, cert: CERT, requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        const { socket } = request;
        const certificate = socket instanceof TLSSocket ? socket.getPeerCertificate() : {};
        response.end(Object.keys(certificate).length > 0 ? 'known' : 'unknown');
      },
    );
    const port = await listen(server);
    const auth = { cert: CERT, key: KEY, password: undefined };
    const insecureSkipTLSVerify = true;
    const mine = vu({ insecureSkipTLSVerify, tlsAuth: [{ ...auth, domains: ['127.0.0.1'] }] });
    const other = vu({ insecureSkipTLSVerify, tlsAuth: [{ ...auth, domains: ['*.example.com'] }] });
    expect((await mine.request(`https://127.0.0.1:${port}/`)).body).toBe('known');
    expect((await other.request(`https://127.0.0.1:${port}/`)).body).toBe('unknown');
  });

  it('keeps to the versions and cipher suites of the options', async () => {
    const port = await listen(https.createServer({ key: KEY, cert: CERT }, (_request, response) => response.end()));
    const user = vu({
      insecureSkipTLSVerify: true,
      tlsVersion: { min: 'tls1.2', max: 'tls1.2' },
      tlsCipherSuites: ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305', 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305'],
    });
    const result = await user.request(`https://127.0.0.1:${port}/`);
    expect(result.tlsVersion).toBe('tls1.2');
    expect(result.tlsCipher).toMatch(/^TLS_ECDHE_(?:RSA|ECDSA)_WITH_CHACHA20_POLY1305$/);
  });

  it.each([
    [{ tlsCipherSuites: ['TLS_AES_128_GCM_SHA256', 'none'] }, 'unknown cipher suite: none'],
    [{ tlsAuth: [{ domains: [], cert: 'mine', key: KEY, password: undefined }] }, 'certificate input'],
    [{ tlsAuth: [{ domains: [], cert: CERT, key: '', password: undefined }] }, 'key input'],
  ])('refuses %j', (options, message) => {
    expect(() => vu(options)).toThrow(
      expect.objectContaining({ exitCode: 104, message: expect.stringContaining(message) as unknown }),
    );
  });

  it('reports a version nobody speaks', async () => {
    const port = await listen(
      https.createServer({ key: KEY, cert: CERT, minVersion: 'TLSv1.3' }, (_request, response) => response.end()),
    );
    const user = vu({ insecureSkipTLSVerify: true, tlsVersion: { min: 'tls1.2', max: 'tls1.2' } });
    const result = await user.request(`https://127.0.0.1:${port}/`);
    expect(result.errorCode).toBe(1300);
    expect(result.error).toMatch(/^remote error: tls: /);
  });
});

describe('HTTP/2', () => {
  it('is spoken where ALPN says so, on one connection for many requests', async () => {
    const server = http2.createSecureServer({ key: KEY, cert: CERT });
    let sessions = 0;
    server.on('session', () => sessions++);
    server.on('stream', (stream, headers) => {
      let body = '';
      stream.on('data', (part: Buffer) => (body += part.toString()));
      stream.on('end', () => {
        const empty = headers[':method'] === 'HEAD';
        stream.respond({ ':status': 201, 'content-type': 'text/plain' }, { endStream: empty });
        if (!empty) stream.end(`${String(headers[':path'])} ${body}`);
      });
    });
    const port = await listen(server);
    const user = vu({ insecureSkipTLSVerify: true });
    const first = await user.request(`https://127.0.0.1:${port}/a`);
    expect(first).toMatchObject({ status: 201, proto: 'HTTP/2.0', body: '/a ', statusText: '201 Created' });
    expect(first.head).toContain('content-type: text/plain\r\n');
    const url = `https://127.0.0.1:${port}/b`;
    const results = await user.batch([
      user.spec(url),
      user.spec(url, { method: 'POST', body: 'data' }),
      user.spec(url, { method: 'HEAD' }),
    ]);
    expect(results.map(({ body }) => body)).toEqual(['/b ', '/b data', '']);
    expect(sessions).toBe(1);
    expect(user.tags('http_reqs')[0]).toMatchObject({ proto: 'HTTP/2.0', tls_version: 'tls1.3', status: '201' });
  });

  it('needs one connection for requests that begin together', async () => {
    const server = http2.createSecureServer({ key: KEY, cert: CERT });
    let open = 0;
    server.on('session', (session) => {
      open++;
      session.on('close', () => open--);
    });
    server.on('stream', (stream) => {
      stream.on('error', () => undefined);
      stream.end('fine');
    });
    const port = await listen(server);
    const user = vu({ insecureSkipTLSVerify: true });
    const specs = Array.from({ length: 5 }, () => user.spec(`https://127.0.0.1:${port}/`));
    expect((await user.batch(specs)).map(({ body }) => body)).toEqual(Array(5).fill('fine'));
    await user.request(`https://127.0.0.1:${port}/`);
    await expect.poll(() => open).toBe(1);
  });

  it('tells a stream that was reset by its code', async () => {
    const server = http2.createSecureServer({ key: KEY, cert: CERT });
    server.on('stream', (stream) => {
      stream.on('error', () => undefined);
      stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
    });
    const port = await listen(server);
    const result = await vu({ insecureSkipTLSVerify: true }).request(`https://127.0.0.1:${port}/`);
    expect(result).toMatchObject({ status: 0, errorCode: 1633 });
  });

  it('gives up a stream at its time-out and goes on', async () => {
    const server = http2.createSecureServer({ key: KEY, cert: CERT });
    server.on('stream', (stream, headers) => {
      if (headers[':path'] !== '/hang') stream.end('fine');
    });
    const port = await listen(server);
    const user = vu({ insecureSkipTLSVerify: true });
    expect((await user.request(`https://127.0.0.1:${port}/hang`, { timeout: 300 })).errorCode).toBe(1050);
    expect((await user.request(`https://127.0.0.1:${port}/`)).body).toBe('fine');
  });
});

describe('compression', () => {
  it('tells a body that cannot be decoded', async () => {
    const port = await rawServer((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope'),
    );
    const user = vu();
    expect(await user.request(`http://127.0.0.1:${port}/`)).toMatchObject({ status: 0, errorCode: 1701 });
    expect(user.values('http_reqs')).toEqual([1]);
  });

  it('goes both ways for zstd', async () => {
    const server = http.createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => response.writeHead(200, { 'Content-Encoding': 'zstd' }).end(Buffer.concat(parts)));
    });
    const port = await listen(server);
    const body = 'squat '.repeat(1000);
    const result = await vu().request(`http://127.0.0.1:${port}/`, { method: 'POST', body, compression: 'zstd' });
    expect(result.body).toBe(body);
    expect(result.requestHeaders).toContain('Content-Encoding: zstd');
  });
});

describe('httpDebug', () => {
  const HEAD = 'Content-Type: text/plain\r\nauthorization: token\r\n';
  const answers: Readonly<Record<string, string>> = {
    '/sized': 'HTTP/1.1 200 Fine\r\nx-b: 2\r\nset-cookie: a=1\r\ncontent-length: 3\r\nA-Z: 1\r\n\r\nabc',
    '/chunked': 'HTTP/1.1 200 OK\r\nDate: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
    '/empty': 'HTTP/1.1 404 Not Found\r\nDate: x\r\nContent-Length: 0\r\n\r\n',
    '/none': 'HTTP/1.1 204 No Content\r\nDate: x\r\nConnection: keep-alive\r\n\r\n',
  };

  async function logged(httpDebug: 'headers' | 'full', path: string, more = {}): Promise<readonly LogLine[]> {
    const port = await rawServer((socket, request) => socket.write(answers[request.split(' ')[1] ?? ''] ?? OK));
    const user = vu({ httpDebug });
    await user.request(`http://127.0.0.1:${port}${path}`, { responseType: 'none', ...more });
    const host = new RegExp(`127.0.0.1:${port}`, 'g');
    return user.logs.map((line) => ({ ...line, message: line.message.replace(host, 'host') }));
  }

  it('shows a request and its response as Go dumps them', async () => {
    const lines = await logged('full', '/sized', { method: 'POST', body: 'hi', headers: HEAD });
    expect(lines.map(({ message }) => message)).toEqual([
      'Request:\nPOST /sized HTTP/1.1\nHost: host\nUser-Agent: test-agent/1\nContent-Length: 2\n' +
        'Authorization: token\nContent-Type: text/plain\nAccept-Encoding: gzip\n\nhi\n',
      'Response:\nHTTP/1.1 200 Fine\nContent-Length: 3\nA-Z: 1\nSet-Cookie: a=1\nX-B: 2\n\nabc\n',
    ]);
    const [request, response] = lines.map(({ fields }) => fields);
    expect(request).toMatchObject({ group: '', iter: '0', source: 'http-debug', vu: '1' });
    expect(request?.['request_id']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(response).toEqual(request);
  });

  it.each([
    ['full', '/chunked', 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nDate: x\n\n5\nabcde\n0\n\n'],
    ['headers', '/chunked', 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nDate: x\n\n'],
    ['full', '/empty', 'HTTP/1.1 404 Not Found\nDate: x\nContent-Length: 0\n\n'],
    ['full', '/none', 'HTTP/1.1 204 No Content\nConnection: keep-alive\nDate: x\n\n'],
  ] as const)('shows with %s what %s answered', async (detail, path, expected) => {
    const lines = await logged(detail, path, { headers: 'Range: bytes=0-\r\n' });
    expect(lines.map(({ message }) => message)).toEqual([
      `Request:\nGET ${path} HTTP/1.1\nHost: host\nUser-Agent: test-agent/1\nRange: bytes=0-\n\n\n`,
      `Response:\n${expected}\n`,
    ]);
  });
});
