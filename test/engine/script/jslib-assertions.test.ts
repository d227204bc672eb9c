import { describe, expect, it } from 'vitest';
import { run } from './jslib-run.ts';

describe('k6-testing', () => {
  const address = 'https://jslib.k6.io/k6-testing/0.6.1/index.js';
  const PASSING = `
    expect(200).toBe(200); expect({ a: [1] }).toEqual({ a: [1] }); expect(0.1 + 0.2).toBeCloseTo(0.3);
    expect(1.005).not.toBeCloseTo(1.01, 2); expect('abc').toContain('b'); expect([1]).not.toContain('1');
    expect([{ a: 1 }]).toContainEqual({ a: 1 }); expect(new Set([[1]])).toContainEqual([1]); expect('ab').toHaveLength(2);
    expect({ a: { b: [{ c: 1 }] } }).toHaveProperty('a.b[0].c', 1); expect({ 'a.b': 1 }).toHaveProperty(['a.b']);
    expect({}).not.toHaveProperty('a'); expect({ a: undefined }).toHaveProperty('a'); expect(null).toBeNull();
    expect(undefined).toBeUndefined(); expect(0).toBeDefined(); expect(NaN).toBeNaN(); expect([]).toBeInstanceOf(Array);
    expect(1).toBeGreaterThan(0); expect(1).toBeGreaterThanOrEqual(1); expect(1).toBeLessThan(2);
    expect(1).toBeLessThanOrEqual(1); expect('').toBeFalsy(); expect('x').toBeTruthy();`;

  it('is silent while assertions hold', async () => {
    const { k6 } = await run(address, '{ expect }', PASSING);
    expect(k6.verdicts).toEqual([]);
  });

  it.each([
    ["expect(1, 'one').toBe(2)", 'one: expect(received).toBe(expected)\n\nExpected: 2\nReceived: 1'],
    ['expect(1).not.toBe(1)', 'expect(received).not.toBe(expected)\n\nExpected: not 1\nReceived: 1'],
    ['expect({ a: 1 }).toEqual({ a: 2 })', 'toEqual(expected)\n\nExpected: { a: 2 }\nReceived: { a: 1 }'],
    ['expect([1]).toHaveLength(2)', 'Expected: 2\nReceived: 1'],
    ['expect({ a: 1 }).toHaveProperty("a", 2)', 'Expected: { a: 2 }\nReceived: { a: 1 }'],
    ['expect("7").not.toBeGreaterThan(1)', "Expected: a number\nReceived: '7'"],
    ['expect(0).toBeTruthy()', 'expect(received).toBeTruthy()\n\nReceived: 0'],
    ['expect.configure({ display: "inline" })(1).toBe(2)', 'toBe(expected), Expected: 2, Received: 1'],
  ])('%s ends the test', async (assertion, message) => {
    const { k6, value } = await run(address, '{ expect }', `try { ${assertion}; } catch (e) { return e.message; }`);
    expect(value).toBe('the end');
    expect(k6.verdicts).toHaveLength(1);
    expect(k6.verdicts[0]).toContain(message);
    expect(k6.verdicts[0]).toMatch(/^aborted: /);
  });

  it('marks the test as failed, or ends the iteration, by soft assertions', async () => {
    const { k6, value } = await run(
      address,
      '{ expect }',
      `expect.soft(1).toBe(2);
       try { expect.configure({ softMode: 'throw' }).soft(3).toBe(4); } catch (e) { return e.message; }`,
    );
    expect(k6.verdicts).toEqual(['failed: expect(received).toBe(expected)\n\nExpected: 2\nReceived: 1']);
    expect(value).toContain('Expected: 4');
  });

  it('refuses assertions on pages', async () => {
    await expect(run(address, '{ expect }', 'expect({}).toBeVisible();')).rejects.toThrow('--engine k6');
  });
});

describe('totp', () => {
  const address = 'https://jslib.k6.io/totp/1.0.0/index.js';
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

  it.each([
    [59, '94287082'],
    [1111111109, '07081804'],
    [20000000000, '65353130'],
  ])('gives the codes of RFC 6238: at %d s', async (time, code) => {
    // In the middle of the thirty seconds that have the same code.
    const middle = Math.floor(time / 30) * 30 + 15;
    const { value } = await run(
      address,
      '{ TOTP }',
      `return new TOTP('${secret}', 8).gen(30, ${middle} - Date.now() / 1000);`,
    );
    expect(value).toBe(code);
  });

  it('verifies codes, and names what is no secret', async () => {
    const { value } = await run(
      address,
      '{ TOTP }',
      // The thirty seconds of a code do not end in between.
      `const clock = Date.now; const now = clock(); Date.now = () => now; const totp = new TOTP('${secret}');
       return totp.gen().then((code) => Promise.all([totp.verify(code), totp.verify('x'), code.length])).finally(() => (Date.now = clock));`,
    );
    expect(value).toEqual([true, false, 6]);
    await expect(run(address, '{ TOTP }', "new TOTP('1234');")).rejects.toThrow('not Base32: it contains "1"');
  });
});

describe('instrumented requests', () => {
  interface Seen {
    readonly method: string;
    readonly params: { readonly headers: Readonly<Record<string, string>> };
  }
  const tempo = 'https://jslib.k6.io/http-instrumentation-tempo/1.0.1/index.js';

  it('carry a trace context of W3C or Jaeger, and the headers of the script', async () => {
    const { value } = await run(
      tempo,
      '{ Client }',
      `return [
         new Client().get('http://x.test', { headers: { A: 'b' } }),
         new Client({ propagator: 'jaeger', sampling: 0 }).post('http://x.test', 'body'),
       ];`,
    );
    const [get, post] = value as Seen[];
    expect(get?.params.headers).toEqual({
      A: 'b',
      traceparent: expect.stringMatching(/^00-dc0742[\da-f]{26}-[\da-f]{16}-01$/) as string,
    });
    expect(post).toMatchObject({ method: 'POST', body: 'body' });
    expect(post?.params.headers['uber-trace-id']).toMatch(/^dc0742[\da-f]{26}:[\da-f]{8}:0:0$/);
    await expect(run(tempo, '{ Client }', "new Client({ propagator: 'b3' });")).rejects.toThrow('b3');
  });

  it('replace those of k6/http', async () => {
    const { k6 } = await run(tempo, 'tempo', 'tempo.instrumentHTTP();');
    const http = k6.modules['k6/http']?.['default'] as { del: (url: string) => Seen };
    expect(http.del('http://x.test')).toMatchObject({
      method: 'DELETE',
      params: { headers: { traceparent: expect.any(String) as string } },
    });
  });

  it('carry scenario and name as baggage', async () => {
    const { value } = await run(
      'https://jslib.k6.io/http-instrumentation-pyroscope/1.0.2/index.js',
      '{ Client }',
      "return new Client().get('http://x.test/1', { tags: { name: 'a b' } });",
    );
    expect((value as Seen).params.headers).toEqual({ Baggage: 'k6.scenario=s, k6.name=a%20b' });
  });
});
