import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SHIPPED, shippedModule } from '../../../src/engine/script/jslib/table.ts';
import { k6, run } from './jslib-run.ts';
import { evaluate, load, project } from './project.ts';

describe('which addresses mean a shipped module', () => {
  it.each([
    ['https://jslib.k6.io/k6-utils/1.4.0/index.js', 'k6-utils'],
    ['https://jslib.k6.io/k6-utils/9.9.9/index.js', 'k6-utils'],
    ['https://jslib.k6.io/k6-summary/0.0.1/index.js', 'k6-summary'],
    ['k6-summary', 'k6-summary'],
    ['https://raw.githubusercontent.com/benc-uk/k6-reporter/main/dist/bundle.js', 'k6-reporter'],
    ['https://raw.githubusercontent.com/benc-uk/k6-reporter/3.0.1/dist/bundle.js', 'k6-reporter'],
    ['https://jslib.k6.io/papaparse/5.1.1/index.js', 'papaparse'],
    ['https://cdnjs.cloudflare.com/ajax/libs/PapaParse/5.4.1/papaparse.min.js', 'papaparse'],
    ['https://jslib.k6.io/k6chaijs/4.3.4.3/index.js', 'k6chaijs'],
    ['https://jslib.k6.io/k6chaijs-contracts/4.3.4.0/index.js', 'k6chaijs-contracts'],
    ['https://jslib.k6.io/expect/0.0.5/index.js', 'expect'],
    ['https://jslib.k6.io/formdata/0.0.2/index.js', 'formdata'],
    ['https://jslib.k6.io/httpx/0.1.0/index.js', 'httpx'],
    ['https://jslib.k6.io/url/1.0.0/index.js', 'url'],
    ['https://jslib.k6.io/ajv/6.12.5/index.js', 'ajv'],
    ['https://jslib.k6.io/k6-testing/0.6.1/index.js', 'k6-testing'],
    ['https://jslib.k6.io/totp/1.0.0/index.js', 'totp'],
    ['https://jslib.k6.io/http-instrumentation-tempo/1.0.1/index.js', 'http-instrumentation-tempo'],
    ['https://jslib.k6.io/http-instrumentation-pyroscope/1.0.2/index.js', 'http-instrumentation-pyroscope'],
  ])('%s', (address, name) => {
    expect(shippedModule(address)?.name).toBe(name);
  });

  it.each([
    'https://jslib.k6.io/aws/0.12.3/aws.js',
    'https://example.test/jslib.k6.io/k6-utils/1.0.0/index.js',
    'papaparse',
    './k6-summary',
  ])('not %s', (address) => {
    expect(shippedModule(address)).toBeUndefined();
  });

  it('and every module of the table is there', () => {
    for (const { name } of SHIPPED) {
      expect(
        existsSync(path.join(import.meta.dirname, `../../../src/engine/script/jslib/${name}/index.ts`)),
        name,
      ).toBe(true);
    }
  });
});

it('the documentation lists exactly the modules of the table', () => {
  const docs = readFileSync(path.join(import.meta.dirname, '../../../docs/engine-remote-modules.md'), 'utf8');
  const listed = [...docs.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name);
  expect(listed).toEqual(SHIPPED.map(({ name }) => name));
});

describe('k6-utils', () => {
  const address = 'https://jslib.k6.io/k6-utils/1.4.0/index.js';

  it('makes random numbers, items, strings and ids', async () => {
    const { value } = await run(
      address,
      '{ randomIntBetween, randomItem, randomString, uuidv4 }',
      `const ints = new Set(Array.from({ length: 200 }, () => randomIntBetween(2, 4)));
       return { ints: [...ints].sort(), item: ['a', 'b'].includes(randomItem(['a', 'b'])), text: randomString(8), set: randomString(5, 'x'), id: uuidv4() };`,
    );
    expect(value).toEqual({
      ints: [2, 3, 4],
      item: true,
      text: expect.stringMatching(/^[a-z]{8}$/) as string,
      set: 'xxxxx',
      id: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/) as string,
    });
  });

  it('finds text between two others', async () => {
    const { value } = await run(
      address,
      '{ findBetween }',
      `const t = '<b>one</b><b>two</b>'; return [findBetween(t, '<b>', '</b>'), findBetween(t, '<b>', '</b>', true), findBetween(t, '<i>', '</i>'), findBetween('<b>open', '<b>', '</b>', true)];`,
    );
    expect(value).toEqual(['one', ['one', 'two'], null, null]);
  });

  it('parses durations and makes bell curves', async () => {
    const { value } = await run(
      address,
      '{ parseDuration, normalDistributionStages }',
      `let bad; try { parseDuration('5 parsecs'); } catch (e) { bad = e.message; }
       return [parseDuration('1d5h31m20s7ms'), parseDuration('30s'), bad, normalDistributionStages(10, 20, 5)];`,
    );
    expect(value).toEqual([
      106_280_007,
      30_000,
      '5 parsecs is an unsupported time unit',
      [2, 7, 10, 7, 0].map((target) => ({ duration: '4s', target })),
    ]);
  });

  it('tags with the running stage', async () => {
    const { value, k6 } = await run(
      address,
      '{ getCurrentStageIndex, tagWithCurrentStageIndex, tagWithCurrentStageProfile }',
      `tagWithCurrentStageIndex(); tagWithCurrentStageProfile(); return getCurrentStageIndex();`,
    );
    expect(value).toBe(1);
    expect(k6.tags).toEqual({ stage: 1, stage_profile: 'steady' });
  });

  it('checks asynchronous conditions', async () => {
    const { value, k6 } = await run(
      address,
      '{ check }',
      `return check(3, { sync: (v) => v === 3, later: async (v) => v === 4 });`,
    );
    expect(value).toBe(false);
    expect(k6.checks).toEqual([
      { name: 'sync', passed: true },
      { name: 'later', passed: false },
    ]);
  });
});

const summary = {
  options: { summaryTrendStats: ['avg', 'p(95)'], summaryTimeUnit: '', noColor: false },
  state: { isStdOutTTY: false, isStdErrTTY: false, testRunDurationMs: 1000 },
  metrics: {
    http_reqs: { type: 'counter', contains: 'default', values: { count: 3, rate: 3 } },
    http_req_duration: {
      type: 'trend',
      contains: 'time',
      values: { avg: 1.5, 'p(95)': 2 },
      thresholds: { 'p(95)<1': { ok: false }, 'avg<9': { ok: true } },
    },
  },
  root_group: {
    name: '',
    path: '',
    id: '',
    checks: [{ name: 'a <b>', path: '::a <b>', id: '', passes: 1, fails: 1 }],
    groups: [
      {
        name: 'g',
        path: '::g',
        id: '',
        groups: [],
        checks: [{ name: 'c', path: '::g::c', id: '', passes: 2, fails: 0 }],
      },
    ],
  },
};

describe('k6-summary', () => {
  it('renders text, with colours unless told otherwise', async () => {
    const data = JSON.stringify(summary);
    const { value } = await run(
      'k6-summary',
      '{ textSummary }',
      `const d = ${data}; return [textSummary(d, { indent: '', enableColors: false }), textSummary(d)];`,
    );
    const [plain, coloured] = value as [string, string];
    expect(plain).toMatch(/✗ a <b>/);
    expect(plain).toMatch(/http_req_duration\.*: avg=1\.5ms p\(95\)=2ms/);
    expect(plain).not.toContain('\u001b[');
    expect(coloured).toContain('\u001b[');
  });

  it('renders JUnit XML of the thresholds, values with units, and the exporter’s text', async () => {
    const { value } = await run(
      'https://jslib.k6.io/k6-summary/0.1.0/index.js',
      '{ jUnit, humanizeValue, gravlSummary }',
      `const d = ${JSON.stringify(summary)}; return [jUnit(d, { name: 'run' }), humanizeValue(1.5, { type: 'trend', contains: 'time' }), humanizeValue(0.5, { type: 'rate' }), JSON.parse(gravlSummary(d)).metrics.http_reqs.values.count];`,
    );
    const [xml, ...rest] = value as [string, string, string, number];
    expect(xml).toContain('<testsuite name="run" tests="2" failures="1">');
    expect(xml).toContain('name="http_req_duration - p(95)&#60;1"');
    expect(rest).toEqual(['1.5ms', '50.00%', 3]);
  });
});

it('k6-reporter makes one page and escapes names', async () => {
  const { value } = await run(
    'https://raw.githubusercontent.com/benc-uk/k6-reporter/main/dist/bundle.js',
    '{ htmlReport }',
    `return htmlReport(${JSON.stringify(summary)}, { title: 'My <run>' });`,
  );
  const html = value as string;
  expect(html).toContain('<title>k6 report: My &#60;run&#62;</title>');
  expect(html).toContain('1 of 2');
  expect(html).toContain('a &#60;b&#62;');
  expect(html).not.toContain('<b>"');
});

it('papaparse parses CSV with headers', async () => {
  const { value } = await run(
    'https://jslib.k6.io/papaparse/5.1.1/index.js',
    'papaparse',
    `return papaparse.parse('a,b\\n1,"x,y"\\n', { header: true, skipEmptyLines: true }).data;`,
  );
  expect(value).toEqual([{ a: '1', b: 'x,y' }]);
});

describe('k6chaijs', () => {
  const address = 'https://jslib.k6.io/k6chaijs/4.3.4.3/index.js';

  it('turns assertions into checks and a failed one into the end of its case only', async () => {
    const { value, k6 } = await run(
      address,
      '{ describe, expect }',
      `const response = { status: 200, json: () => [1, 2] };
       const first = describe('case', () => { expect(response.status, 'response status').to.equal(200); expect(response).to.have.validJsonBody();
         expect(response.json().length, 'number of items').to.be.above(4); expect(true, 'not reached').to.be.ok; });
       const second = describe('other', () => { expect({ a: [1] }).to.deep.equal({ a: [1] }); expect('abc').to.not.include('x'); });
       return [first, second];`,
    );
    expect(value).toEqual([false, true]);
    expect(k6.groups).toEqual(['case', 'other']);
    expect(k6.checks.slice(0, 3)).toEqual([
      { name: 'expected response status to equal 200', passed: true },
      { name: 'has valid json body', passed: true },
      { name: 'expected number of items to be above 4', passed: false },
    ]);
    expect(k6.checks).toHaveLength(5);
    expect(k6.checks.slice(3).every(({ passed }) => passed)).toBe(true);
  });

  it('turns any other exception into a failed check', async () => {
    const { value, k6 } = await run(
      address,
      'chai, { describe, expect }',
      `return describe('case', () => { chai.expect(1).to.equal(1); null.x; });`,
    );
    expect(value).toBe(false);
    expect(k6.checks.at(-1)?.name).toMatch(/^Exception raised "Cannot read/);
    expect(k6.checks.at(-1)?.passed).toBe(false);
  });

  it('matches schemas with its contracts plugin', async () => {
    const dir = project({
      'script.js': `import chai, { describe, expect } from '${address}'; import { initContractPlugin } from 'https://jslib.k6.io/k6chaijs-contracts/4.3.4.0/index.js';
        initContractPlugin(chai);
        const schema = { type: 'object', required: ['id'], properties: { id: { type: 'integer' } } };
        export const good = () => describe('good', () => expect({ id: 1 }).to.matchSchema(schema)); export const bad = () => describe('bad', () => expect({ id: 'x' }).to.matchSchema(schema));`,
    });
    const fake = k6();
    const { exports } = await evaluate(await load(dir), fake.modules);
    expect([exports['good'], exports['bad']].map((f) => (f as () => boolean)())).toEqual([true, false]);
  });
});

it('expect ends a test case at its first failed matcher', async () => {
  const { value, k6 } = await run(
    'https://jslib.k6.io/expect/0.0.5/index.js',
    '{ describe }',
    `return describe('t', (t) => { t.expect(200).as('status').toEqual(200).and({ json: () => 1 }).toHaveValidJson(); t.expect(5).as('n').toBeBetween(1, 3); t.expect(1).toEqual(1); });`,
  );
  expect(value).toBe(false);
  expect(k6.checks).toEqual([
    { name: 'status is 200', passed: true },
    { name: 'has valid json', passed: true },
    { name: 'n is between 1 - 3', passed: false },
  ]);
});

it('formdata makes a multipart body', async () => {
  const { value } = await run(
    'https://jslib.k6.io/formdata/0.0.2/index.js',
    '{ FormData }',
    `const f = new FormData(); f.append('a"b', 'text é'); f.append('file', { data: new Uint8Array([104, 105]).buffer, filename: 'x.bin', content_type: 'image/png' });
     return [f.boundary, new Uint8Array(f.body())];`,
  );
  const [boundary, body] = value as [string, Uint8Array];
  expect(Buffer.from(body).toString()).toBe(
    `--${boundary}\r\nContent-Disposition: form-data; name="a%22b"\r\n\r\ntext é\r\n--${boundary}\r\nContent-Disposition: form-data; name="file"; ` +
      `filename="x.bin"\r\nContent-Type: image/png\r\n\r\nhi\r\n--${boundary}--\r\n`,
  );
});

it('httpx adds base address, headers and tags to every request', async () => {
  const { value } = await run(
    'https://jslib.k6.io/httpx/0.1.0/index.js',
    '{ Httpx, Get }',
    `const s = new Httpx({ baseURL: 'http://x', headers: { A: '1' }, timeout: 5 }); s.addHeader('B', '2'); s.addTag('t', 'v');
     const one = s.post('/p', 'body', { headers: { A: '3' } }); s.clearHeader('B'); const [two] = s.batch([new Get('/g')], { tags: { u: 'w' } });
     return [one, two];`,
  );
  expect(value).toEqual([
    {
      method: 'POST',
      url: 'http://x/p',
      body: 'body',
      params: { timeout: 5, headers: { A: '3', B: '2' }, tags: { t: 'v' } },
    },
    {
      method: 'GET',
      url: 'http://x/g',
      body: undefined,
      params: { timeout: 5, headers: { A: '1' }, tags: { t: 'v', u: 'w' } },
    },
  ]);
});

it('ajv validates', async () => {
  const { value } = await run(
    'https://jslib.k6.io/ajv/6.12.5/index.js',
    'Ajv',
    `const v = new Ajv().compile({ type: 'number' }); return [v(1), v('x')];`,
  );
  expect(value).toEqual([true, false]);
});

describe('url', () => {
  const parts = [
    'href',
    'origin',
    'protocol',
    'username',
    'password',
    'host',
    'hostname',
    'port',
    'pathname',
    'search',
    'hash',
  ] as const;
  const cases: [input: string, base?: string][] = [
    ['https://user:p%40ss@Example.test:8443/a/./b/../c%20d?x=1&y=ü#frag'],
    ['http://example.test:80'],
    ['//other.test/p', 'https://example.test/x'],
    ['../up?q', 'https://example.test/a/b/c'],
    ['?only', 'https://example.test/a/b?old#h'],
    ['#only', 'https://example.test/a/b?old#h'],
    ['', 'https://example.test/a/b?old#h'],
    ['/abs path', 'https://example.test/a/b'],
    ['http:\\\\example.test\\a'],
    ['http://[::1]:3000/x'],
    ['mailto:someone@example.test'],
    ['file:///tmp/a%20b'],
    ['https://example.test/a b"<>`{}?q="<>\'#h"<>`'],
    ['  https://example.test/\ttab  '],
    ['https://example.test/..'],
    ['wss://example.test:443/socket'],
  ];

  it.each(cases)('parses %s like Node does', async (...[input, base]) => {
    const args = JSON.stringify(base === undefined ? [input] : [input, base]);
    const { value } = await run(
      'https://jslib.k6.io/url/1.0.0/index.js',
      '{ URL }',
      `const u = new URL(...${args}); return ${JSON.stringify(parts)}.map((p) => u[p]);`,
    );
    const real = base === undefined ? new URL(input) : new URL(input, base);
    expect(value).toEqual(parts.map((part) => real[part]));
  });

  it.each(['nonsense', 'http://', 'http://a b/', 'http://x:99999/'])('refuses %s', async (input) => {
    const { value } = await run(
      'https://jslib.k6.io/url/1.0.0/index.js',
      '{ URL }',
      `try { new URL(${JSON.stringify(input)}); return 'accepted'; } catch (e) { return e.name; }`,
    );
    expect(value).toBe('TypeError');
    expect(() => new URL(input)).toThrow(TypeError);
  });

  it('keeps searchParams and the address in step', async () => {
    const { value } = await run(
      'https://jslib.k6.io/url/1.0.0/index.js',
      '{ URL, URLSearchParams }',
      `const u = new URL('http://x/?b=2&a=1+1&a=%26'); u.searchParams.append('c', 'ü~*'); u.searchParams.sort(); u.hash = 'h'; u.port = 81; u.pathname = '/p q';
       const p = new URLSearchParams({ k: 'v w' }); p.set('k', 1); return [u.href, u.searchParams.getAll('a'), String(p), [...new URLSearchParams([['x', 'y']])]];`,
    );
    const u = new URL('http://x/?b=2&a=1+1&a=%26');
    u.searchParams.append('c', 'ü~*');
    u.searchParams.sort();
    u.hash = 'h';
    u.port = '81';
    u.pathname = '/p q';
    expect(value).toEqual([u.href, ['1 1', '&'], 'k=1', [['x', 'y']]]);
  });
});
