/** A script that calls the engine at the very end of its stack gets exceptions; nothing else comes out of order by it. */
import { afterEach, describe, expect, it } from 'vitest';
import { iterate, openScript, type ScriptRun } from './script-run.ts';

let run: ScriptRun | undefined;
afterEach(async () => {
  await run?.dispose();
  run = undefined;
});

const calls = {
  metric: `counter.add(1, { t: 'v' })`,
  check: `check(1, { one: () => true }, { t: 'v' })`,
  group: `group('g', () => 1)`,
  tag: `exec.vu.tags.a = 'b'`,
  log: `console.log('deep')`,
  sleep: `sleep(0)`,
  operation: `crypto.getRandomValues(new Uint8Array(1))`,
  'large answer': `k6crypto.randomBytes(100_000)`,
  request: `http.get('http://127.0.0.1:1/')`,
};

describe('at the end of its stack', () => {
  it.each(Object.entries(calls))('a VU of its own stays in step after a %s', async (_, call) => {
    run = await openScript(`
      import http from 'k6/http'; import { check, group, sleep } from 'k6'; import exec from 'k6/execution';
      import { Counter } from 'k6/metrics';
      import k6crypto from 'k6/crypto';
      const counter = new Counter('counter'), after = new Counter('after');
      const call = () => { ${call}; };
      export default function () {
        let done = 0, failed = 0;
        // From the deepest call on outwards, each a little further from the end.
        const dive = () => { try { dive(); } catch (thrown) { if (done < 50) try { call(); done++; } catch { failed++; } throw thrown; } };
        try { dive(); } catch {}
        const random = crypto.getRandomValues(new Uint8Array(4)).length + k6crypto.randomBytes(90_000).byteLength;
        const checked = check('x', { 'is x': (x) => x === 'x' });
        for (let i = 0; i < 3; i++) after.add(i, { last: 'yes' });
        console.log('end', done, failed > 0, random, checked, http.get('http://127.0.0.1:1/').error_code);
      }`);
    const vu = await run.vu();
    expect(await iterate(vu)).toEqual({ kind: 'done' });
    expect(await iterate(vu)).toEqual({ kind: 'done' });
    expect(run.console().filter((line) => line !== 'deep')).toEqual(Array(2).fill('end 50 true 90004 true 1212'));
    const values = (name: string): number[] =>
      run?.samples.filter((one) => one.name === name).map(({ value }) => value) ?? [];
    expect(values('after')).toEqual([0, 1, 2, 0, 1, 2]);
    expect(run.samples.filter(({ name }) => name === 'after').every(({ tags }) => tags['last'] === 'yes')).toBe(true);
    if (call === calls.metric) {
      // One may have been told when the exception came.
      expect(values('counter').length).toBeGreaterThanOrEqual(100);
      expect(new Set(values('counter'))).toEqual(new Set([1]));
    }
  });
});
