/** What a VU's own thread does with connections lent to it is what the engine does, whatever the server comes up with. */
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Lending } from '../../../src/engine/http/lending.ts';
import { canWait } from '../../../src/engine/vu/bridge/readable.ts';
import { iterate, openScript, scenario } from './script-run.ts';

type Step = string | number;
/** What the server does with the nth request for a path, from 0: texts but END and RESET are written, numbers are milliseconds to wait. */
type Answers = (n: number) => Step[];

const answer = (body: string, head = '', status = '200 OK'): string =>
  `HTTP/1.1 ${status}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${head}\r\n${body}`;

const servers: Record<string, Answers> = {
  same: () => [answer('the same')],
  'another head each time': (n) => [answer('x', `Date: ${n}\r\n`)],
  'two heads in turn': (n) => [answer('x', `Cache: ${n % 2 === 0 ? 'HIT' : 'MISS'}\r\n`)],
  'another body under the same head': (n) => [
    answer(['eins', 'zw\u00f6', 'drei', 'zw\u00f6', 'vier', 'drei'][n % 6] ?? ''),
  ],
  'an error among successes': (n) => [n % 4 === 3 ? answer('no', '', '503 Service Unavailable') : answer('yes')],
  'an error each time': () => [answer('no', '', '404 Not Found')],
  'a head in pieces': () => ['HTTP/1.1 200 OK\r\nContent-', 5, 'Length: 2\r\n\r\nok'],
  'a body in pieces': () => ['HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nab', 5, 'cd', 5, 'ef'],
  'a slow answer': (n) => (n % 4 === 3 ? [150, answer('late')] : [answer('fine')]),
  'a slow body': (n) =>
    n % 4 === 3 ? ['HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfi', 150, 'ne'] : [answer('fine')],
  'a long body': () => [answer('long '.repeat(40_000))],
  'a body as long as is read at once': () => [answer('x'.repeat(64 * 1024))],
  'a chunked body': (n) =>
    n % 2 === 0 ? [answer('12345')] : ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n'],
  'no body': (n) => [n % 2 === 0 ? 'HTTP/1.1 204 No Content\r\n\r\n' : answer('')],
  'a body that ends with the connection': (n) =>
    n % 4 === 3 ? ['HTTP/1.1 200 OK\r\n\r\nall', 'END'] : [answer('all')],
  'the end of keeping alive': (n) => (n % 4 === 3 ? [answer('bye', 'Connection: close\r\n'), 'END'] : [answer('hey')]),
  'a connection closed before an answer': (n) => (n % 4 === 3 ? ['END'] : [answer('one')]),
  'a connection closed in the middle of the head': (n) => (n % 4 === 3 ? ['HTTP/1.1 200', 5, 'END'] : [answer('one')]),
  'a connection closed in the middle of the body': (n) =>
    n % 4 === 3 ? ['HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\non', 5, 'END'] : [answer('whole', '')],
  'a connection reset before an answer': (n) => (n % 4 === 3 ? ['RESET'] : [answer('one')]),
  'a connection reset in the middle of the body': (n) =>
    n % 4 === 3 ? ['HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\non', 20, 'RESET'] : [answer('one!')],
  'more than was asked for': (n) => [n % 4 === 3 ? `${answer('one')}junk` : answer('one')],
  'no HTTP': (n) => [n % 4 === 3 ? 'what?\r\n\r\n' : answer('one')],
  'an interim answer': (n) => [(n % 4 === 3 ? 'HTTP/1.1 103 Early Hints\r\n\r\n' : '') + answer('one')],
  'a cookie': (n) => [answer('one', n % 4 === 3 ? 'Set-Cookie: a=b\r\n' : '')],
  'a redirect': (n) => [n % 4 === 3 ? answer('', 'Location: /elsewhere\r\n', '302 Found') : answer('here')],
  silence: (n) => (n % 4 === 3 ? [400] : [answer('one')]),
};

let server: Server;
let base = '';
let answers: Answers = () => [];
let seen: string[] = [];
const sockets = new Set<Socket>();

beforeEach(async () => {
  let connections = 0;
  let requests = 0;
  seen = [];
  const perform = async (socket: Socket): Promise<void> => {
    for (const step of answers(requests++)) {
      if (typeof step === 'number') await new Promise((resolve) => setTimeout(resolve, step));
      else if (step === 'END') socket.end();
      else if (step === 'RESET') socket.resetAndDestroy();
      else socket.write(step);
    }
  };
  server = createServer({ noDelay: true }, (socket) => {
    const connection = ++connections;
    sockets.add(socket);
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
        if (text.length < end + 4 + length) return;
        const request = text.slice(0, end + 4 + length);
        text = text.slice(end + 4 + length);
        seen.push(`${connection}: ${request.replace(/Host: .*\r\n/, '')}`);
        void perform(socket);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  server.close();
});

interface Trace {
  readonly console: readonly string[];
  readonly warnings: readonly string[];
  readonly seen: readonly string[];
  readonly samples: readonly unknown[];
  readonly bytes: readonly number[];
  /** Requests that the VU's own thread has made. */
  readonly direct: number;
}

/** Iterations of one VU, against a server that begins anew. */
async function trace(strategy: 'fast' | 'exact', script: string, iterations = 3): Promise<Trace> {
  const direct = vi.spyOn(Lending.prototype, 'record');
  const run = await openScript(
    `import http from 'k6/http'; import { check, sleep } from 'k6';
     const base = '${base}';
     const show = (r) => console.log(r.status, r.status_text, r.proto, r.error_code, r.error.replaceAll(base, ''), r.url.replace(base, ''), JSON.stringify(r.headers),
       typeof r.body === 'string' ? r.body.length > 100 ? r.body.length : r.body : JSON.stringify(r.body && [...new Uint8Array(r.body)]),
       r.timings.duration >= r.timings.waiting && r.timings.waiting >= 0 && r.timings.blocked >= 0, JSON.stringify(r.cookies), r.remote_ip);
     ${script}`,
    { strategy, lendAfter: 0 },
  );
  try {
    const vu = await run.vu();
    const context = scenario();
    for (let i = 0; i < iterations; i++) await iterate(vu, context);
    const hidden = new RegExp(`127\\.0\\.0\\.1:\\d+|${base}`, 'g');
    const sum = (metric: string): number =>
      run.samples.filter(({ name }) => name === metric).reduce((total, { value }) => total + value, 0);
    const counted = new Set(['http_reqs', 'http_req_failed', 'checks', 'iterations']);
    return {
      console: run.console().map((line) => line.replace(hidden, '')),
      warnings: run.logs
        .filter(({ level }) => level === 'warning')
        .map(({ fields, message }) => `${message} ${JSON.stringify(fields).replace(hidden, '')}`),
      seen: [...seen],
      samples: run.samples
        .filter(({ name }) => !/^data_|_duration$/.test(name))
        .map(({ name, value, tags }) => [
          name,
          counted.has(name) ? value : value >= 0,
          Object.entries(tags).map(([key, text]) => `${key}=${text.replace(hidden, '')}`),
        ]),
      bytes: [sum('data_sent'), sum('data_received')],
      direct: direct.mock.calls.length,
    };
  } finally {
    await run.dispose();
    direct.mockRestore();
  }
}

const request = `const r = http.get(base + '/', { timeout: '300ms' }); show(r); check(r, { ok: (x) => x.status === 200 });`;
const scripts: Record<string, string> = {
  'a request in a loop': `export default function () { for (let i = 0; i < 4; i++) { ${request} } }`,
  'a request that must not be sent twice': `
    export default function () { for (let i = 0; i < 4; i++) show(http.post(base + '/', 'body', { timeout: '300ms' })); }`,
  'requests that read bytes or nothing': `
    const bytes = { responseType: 'binary', timeout: '60ms' }, none = { responseType: 'none', timeout: '200ms' };
    export default function () { for (let i = 0; i < 4; i++) show(http.get(base + '/', i % 2 ? bytes : none)); }`,
};

/** Connections get numbers in the order of their first requests. */
function renumbered(lines: readonly string[]): string[] {
  const numbers = new Map<string, number>();
  return lines.map((line) => {
    const [id = ''] = line.split(':');
    if (!numbers.has(id)) numbers.set(id, numbers.size);
    return `${numbers.get(id)}${line.slice(id.length)}`;
  });
}

/** @param concurrent which connection a request takes is left to chance */
async function compare(script: string, iterations?: number, concurrent = false): Promise<Trace> {
  const fast = await trace('fast', script, iterations);
  for (const socket of sockets) socket.destroy();
  const restarted = answers;
  let n = 0;
  seen = [];
  answers = () => restarted(n++);
  const exact = await trace('exact', script, iterations);
  const told = (lines: readonly string[]): string[] =>
    concurrent ? lines.map((line) => line.replace(/^\d+/, '')) : renumbered(lines);
  expect({ ...exact, direct: 0, seen: told(exact.seen) }).toEqual({ ...fast, seen: told(fast.seen) });
  return exact;
}

const why = canWait() ? '' : ' (skipped: needs koffi)';

describe.skipIf(why !== '')(`connections lent to the thread of a VU${why}`, () => {
  for (const [name, script] of Object.entries(scripts)) {
    const paths = Object.keys(servers).filter((path) => name.endsWith('loop') || /^(same|silence)|before/.test(path));
    it.each(paths)(`${name}, and %s`, async (path) => {
      answers = servers[path] as Answers;
      const { direct } = await compare(script);
      if (path === 'same') expect(direct).toBe(name.startsWith('requests') ? 4 : 6);
    });
  }

  it('are given back for whatever else uses connections or changes the request', async () => {
    answers = () => [answer('ok')];
    const { direct } = await compare(
      `const get = () => http.get(base + '/');
       export default async function () {
         for (let i = 0; i < 4; i++) show(get());
         http.cookieJar().set(base, 'c', 'v');
         for (let i = 0; i < 3; i++) show(get());
         http.cookieJar().clear(base);
         for (let i = 0; i < 3; i++) show(get());
         http.batch([base + '/', base + '/', base + '/']).forEach(show);
         for (let i = 0; i < 3; i++) show(get());
         // A loan that ends while an answer is on its way to someone else.
         const promise = http.asyncRequest('GET', base + '/');
         for (let i = 0; i < 3; i++) sleep(0.01);
         show(await promise);
         for (let i = 0; i < 3; i++) show(get());
       }`,
      undefined,
      true,
    );
    expect(direct).toBeGreaterThan(8);
  });

  it('are found closed after a pause, and what must not be sent twice is sent over another', async () => {
    answers = (n) => (n % 5 === 2 ? [answer('one'), 10, 'END'] : [answer('one')]);
    const { direct } = await compare(
      `export default function () { for (let i = 0; i < 5; i++) { show(http.post(base + '/', 'body')); sleep(0.05); } }`,
    );
    expect(direct).toBeGreaterThan(2);
  });

  it('keep requests apart when an asynchronous one ends before one that fails', async () => {
    answers = (n) => (n % 6 === 5 ? [50, 'RESET'] : [answer(String(n))]);
    await compare(
      `export default async function () {
         const at = (path) => http.request('POST', base + path, 'x', { tags: { name: path } });
         show(at('/b')); show(at('/b')); show(at('/b')); show(at('/b'));
         const promise = http.asyncRequest('GET', base + '/a');
         show(at('/b'));
         show(await promise);
         show(at('/b'));
       }`,
    );
  });

  it('hand over a body that comes slower than the request may take', async () => {
    answers = (n) =>
      n % 4 === 3
        ? ['HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n', ...'12345678'.split('').flatMap((c) => [c, 40])]
        : [answer('12345678')];
    const { console } = await trace(
      'exact',
      `export default function () { for (let i = 0; i < 4; i++) { const r = http.get(base + '/', { timeout: '200ms' }); console.log(r.status, r.error_code); } }`,
      3,
    );
    expect(console.filter((line) => line === '0 1050')).toHaveLength(3);
  });

  it('tell what was done until an interruption', async () => {
    answers = (n) => (n < 20 || n % 40 !== 39 ? [answer('ok')] : []);
    const run = await openScript(
      `import http from 'k6/http'; export default function () { for (let i = 0; i < 20; i++) http.get('${base}/'); if (__ITER > 0) for (;;) {} }`,
      { lendAfter: 0 },
    );
    try {
      const vu = await run.vu();
      const context = scenario();
      expect(await iterate(vu, context)).toEqual({ kind: 'done' });
      const outcome = iterate(vu, context);
      // The last one is silent, so the VU still waits for it.
      await expect.poll(() => seen.length).toBe(40);
      vu.interrupt('enough');
      expect((await outcome).kind).toBe('interrupted');
      expect(run.samples.filter(({ name }) => name === 'http_reqs')).toHaveLength(39);
    } finally {
      await run.dispose();
    }
  });

  it('serve several requests in turn, more than are remembered', async () => {
    answers = () => [answer('ok')];
    const { direct } = await compare(
      `export default function () {
         for (let i = 0; i < 40; i++) { show(http.get(base + '/a')); show(http.get(base + '/b', { headers: { X: 'y' } })); show(http.get(base + '/' + i)); }
         for (let i = 0; i < 40; i++) show(http.get(base + '/' + (i % 12)));
       }`,
      2,
    );
    expect(direct).toBeGreaterThan(50);
  });

  it('are closed when the VU is interrupted in the middle, and the VU goes on with others', async () => {
    answers = (n) => (n % 5 === 4 ? [] : [answer('ok')]);
    const run = await openScript(
      `import http from 'k6/http'; export default function () { for (let i = 0; i < 5; i++) console.log(http.get('${base}/').body); }`,
      { lendAfter: 0 },
    );
    try {
      const vu = await run.vu();
      for (let round = 1; round <= 3; round++) {
        const outcome = iterate(vu);
        await expect.poll(() => seen.length).toBe(5 * round);
        vu.interrupt('enough');
        expect(await outcome).toEqual({ kind: 'interrupted', reason: 'enough' });
        expect(new Set(seen.slice(-5).map((line) => line.split(':')[0])).size).toBe(1);
      }
      await expect.poll(() => [...sockets].every((socket) => socket.readableEnded || socket.destroyed)).toBe(true);
    } finally {
      await run.dispose();
    }
  });

  it('stay in step with a script that calls at the end of its stack', async () => {
    answers = () => [answer(String(seen.length - 1))];
    const run = await openScript(
      `import http from 'k6/http';
       export default function () {
         let done = 0, failed = 0, wrong = 0, last = -1, deepest = 0;
         const get = () => { const n = Number(http.get('${base}/').body); if (!(n > last)) wrong++; last = n; };
         const measure = (depth) => { deepest = depth; measure(depth + 1); };
         const dive = (depth) => { if (depth > 0) dive(depth - 1); else get(); };
         for (let i = 0; i < 5; i++) get();
         try { measure(0); } catch {}
         for (let depth = deepest; done < 50; depth -= failed < 100 ? 1 : 20) {
           try { dive(depth); done++; } catch (error) { if (!(error instanceof RangeError)) throw error; failed++; }
         }
         for (let i = 0; i < 5; i++) get();
         console.log(done, failed > 0, wrong, last);
       }`,
      { lendAfter: 0 },
    );
    try {
      const vu = await run.vu();
      for (let i = 0; i < 3; i++) {
        expect(await iterate(vu)).toEqual({ kind: 'done' });
        // The last answer is to the last request.
        expect(run.console().at(-1)).toMatch(new RegExp(`^50 (true|false) 0 ${seen.length - 1}$`));
      }
      // V8 makes the frames smaller later on.
      expect(run.console()[0]).toContain('50 true');
    } finally {
      await run.dispose();
    }
  });
});
