import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { iterate, openScript, scenario } from './script-run.ts';

/** The thread of the test stands still while the script waits, so the server needs one of its own. */
const server = `
  const { createServer } = require('node:http');
  const { parentPort } = require('node:worker_threads');
  const seen = [];
  createServer((request, response) => {
    const url = new URL(request.url, 'http://localhost');
    if (url.pathname === '/seen') return response.end(JSON.stringify(seen.splice(0)));
    seen.push(request.method + ' ' + request.url + ' ' + (request.headers.cookie ?? ''));
    if (url.searchParams.has('set')) response.setHeader('set-cookie', 'c=' + url.searchParams.get('set'));
    response.end('body of ' + url.pathname);
  }).listen(0, '127.0.0.1', function () { parentPort.postMessage(this.address().port); });`;

let worker: Worker;
let base = '';
beforeAll(async () => {
  worker = new Worker(server, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  base = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  await worker.terminate();
});

interface Trace {
  readonly console: readonly string[];
  readonly requests: unknown;
  readonly samples: readonly unknown[];
  readonly outcomes: readonly string[];
  readonly distortions: number;
}

/** Two iterations of one VU. */
async function trace(strategy: 'fast' | 'exact', body: string): Promise<Trace> {
  const run = await openScript(
    `import http from 'k6/http'; import { check, group, sleep } from 'k6'; import exec from 'k6/execution';
     const get = (path, params) => http.get('${base}' + path, { tags: { name: path }, ...params });
     export default function () { ${body} }`,
    { strategy, callHandlers: { 'exec.abort': () => ({ ok: true, value: undefined }) } },
  );
  try {
    const vu = await run.vu();
    const context = scenario();
    const outcomes = [await iterate(vu, context), await iterate(vu, context)].map(({ kind }) => kind);
    const counted = new Set(['http_reqs', 'http_req_failed', 'checks', 'iterations']);
    return {
      console: run.console(),
      requests: await (await fetch(`${base}/seen`)).json(),
      samples: run.samples
        .filter(({ name }) => !/^data_|_duration$/.test(name))
        .map(({ name, value, tags }) => [name, counted.has(name) ? value : 'some time', tags]),
      outcomes,
      distortions: run.factory.distortions(),
    };
  } finally {
    await run.dispose();
  }
}

const places = {
  'a getter defined through an unknown function': `
    const object = {}; const define = Object['define' + 'Property'];
    define(object, 'x', { get: () => get('/getter').body });
    console.log(object.x, get('/after').status);`,
  'toJSON, valueOf, toString and Symbol.toPrimitive': `
    const object = { toJSON: () => get('/json').status, valueOf: () => get('/value').status };
    const other = { toString: () => get('/string').body };
    const third = { [Symbol.toPrimitive]: (hint) => get('/' + hint).status };
    console.log(JSON.stringify({ object }), object + 1, \`\${other}\`, third * 2, \`\${third}\`);`,
  'a callback of a builtin that cannot wait': `
    console.log(/-/g[Symbol.replace]('a-b-c', (dash) => dash + get('/replace').status));`,
  'traps of a proxy': `
    const proxy = new Proxy({}, { get: (_, name) => get('/get/' + String(name)).status, has: () => get('/has').status > 0 });
    console.log(proxy.x, 'y' in proxy);`,
  'constructors and field initialisers': `
    class A { #status = get('/field').status; constructor() { this.body = get('/new').body; } get all() { return this.#status + this.body; } }
    console.log(new A().all);`,
  'batches, groups, checks and sleep': `
    const object = { get x() { return group('g', () => { sleep(0.001); const all = http.batch(['${base}/1', '${base}/2']);
      check(all, { two: (list) => list.length === 2 }); return all.map((r) => r.status).join(); }); } };
    console.log(object.x);`,
  'cookies of the VU and of other jars': `
    const jar = new http.CookieJar(); jar.set('${base}', 'mine', 'yes');
    const object = { get own() { return get('/a?set=' + __ITER).status; }, get other() { return get('/b', { jar }).status; } };
    get('/before?set=early'); console.log(object.own, object.other);
    console.log(JSON.stringify(http.cookieJar().cookiesForURL('${base}'))); get('/after');
    console.log({ get x() { return get('/within').status; } }.x);`,
  'failed requests and binary bodies': `
    const object = { get refused() { return http.get('http://127.0.0.1:1/', { throw: true }); }, get bytes() { return get('/x', { responseType: 'binary' }).body; } };
    try { object.refused; } catch (error) { console.log(String(error)); }
    console.log(object.bytes.byteLength);`,
};

describe('a blocking call where nothing can be suspended', () => {
  it.each(Object.entries(places))('does in fast mode what it does in exact mode: %s', async (_place, body) => {
    const [fast, exact] = [await trace('fast', body), await trace('exact', body)];
    expect(exact.console.length).toBeGreaterThan(0);
    expect({ ...fast, distortions: 0 }).toEqual(exact);
    expect(fast.distortions).toBeGreaterThan(0);
  });

  it('lets nothing of the script have an effect after the end of the test was asked for', async () => {
    const body = `const object = { get x() { try { exec.test.abort('enough'); } catch {} console.log('after'); get('/after'); } };
      console.log('before'); try { object.x; } finally { console.log('finally'); }`;
    const [fast, exact] = [await trace('fast', body), await trace('exact', body)];
    expect(fast.console).toEqual(['before', 'before']);
    expect({ ...fast, distortions: 0 }).toEqual(exact);
  });
});
