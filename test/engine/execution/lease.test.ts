/** VUs of exact mode that begin iterations by themselves: what the run counts, numbers and loses must not change by it. */
import { describe, expect, it } from 'vitest';
import { runScript } from './command.ts';

const exact = ['--strategy', 'exact'];
const said = (log: readonly { readonly msg: string }[], word: string): string[] =>
  log.map(({ msg }) => msg).filter((msg) => msg.startsWith(word));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const lastNumber = (line: string): number => Number(line.split(' ').at(-1));
const ascending = (a: number, b: number): number => a - b;

/** Prints the counts that the end-of-test summary has. */
const counts = `
  export function handleSummary({ metrics }) {
    const count = (name) => metrics[name]?.values.count ?? 0;
    return { stdout: JSON.stringify({ iterations: count('iterations'), ended: count('ended') }) };
  }`;

describe.concurrent('iterations begun by lease', () => {
  it.each([
    ['shared-iterations', { vus: 4, iterations: 101 }, 101],
    ['per-vu-iterations', { vus: 4, iterations: 25 }, 100],
  ])('of %s are as many as asked for, numbered without a gap', async (executor, settings, total) => {
    const { code, log, stdout } = await runScript(
      `import { sleep } from 'k6';
       import exec from 'k6/execution';
       import { Counter } from 'k6/metrics';
       const ended = new Counter('ended');
       export const options = { scenarios: { s: ${JSON.stringify({ executor, ...settings })} } };
       export default function () {
         const { idInTest, iterationInScenario, iterationInInstance } = exec.vu;
         console.log('test', exec.scenario.iterationInTest);
         console.log('instance', exec.scenario.iterationInInstance);
         console.log('vu', idInTest, __ITER - iterationInScenario, iterationInScenario - iterationInInstance, __ITER);
         if (__ITER % 3 === 0) sleep(0.001);
         ended.add(1);
       }
       ${counts}`,
      { args: exact },
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ iterations: total, ended: total });
    for (const word of ['test', 'instance']) {
      expect(said(log, word).map(lastNumber).sort(ascending)).toEqual(upTo(total));
    }
    for (const vu of [1, 2, 3, 4]) {
      const own = said(log, `vu ${vu} 0 0 `).map(lastNumber);
      expect(own).toEqual(upTo(own.length));
    }
    expect(said(log, 'vu')).toHaveLength(total);
  });

  it('are striped over instances', async () => {
    const script = `
      import exec from 'k6/execution';
      export const options = { vus: 4, iterations: 40 };
      export default function () { console.log('test', exec.scenario.iterationInTest); }`;
    const parts = await Promise.all(
      ['0:1/4', '1/4:1'].map((segment) =>
        runScript(script, {
          args: [...exact, '--execution-segment', segment, '--execution-segment-sequence', '0,1/4,1'],
        }),
      ),
    );
    const [first = [], second = []] = parts.map(({ log }) => said(log, 'test').map(lastNumber).sort(ascending));
    expect(first).toHaveLength(10);
    expect([...first, ...second].sort(ascending)).toEqual(upTo(40));
  });

  it('count when they had ended before the end of the test cuts off the next', async () => {
    const { code, log, stdout } = await runScript(
      `import { Counter } from 'k6/metrics';
       const ended = new Counter('ended');
       export const options = { scenarios: { s: { executor: 'constant-vus', vus: 2, duration: '5s', gracefulStop: '500ms' } } };
       export default function () {
         if (__ITER === 3) for (;;);
         ended.add(1);
         console.log('ended');
       }
       ${counts}`,
      { args: exact },
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ iterations: 6, ended: 6 });
    expect(said(log, 'ended')).toHaveLength(6);
  });

  it('stop when VUs are ramped down, and go on when they are wanted again', async () => {
    const { code, log } = await runScript(
      `import { sleep } from 'k6';
       export const options = { scenarios: { s: { executor: 'ramping-vus', startVUs: 2, gracefulRampDown: '5s', stages: [
         { duration: '1s', target: 2 }, { duration: '0s', target: 1 }, { duration: '4s', target: 1 }, { duration: '0s', target: 2 },
         { duration: '1s', target: 2 } ] } } };
       const began = Date.now();
       export default function () { console.log('vu', __VU, Math.floor((Date.now() - began) / 100)); sleep(0.05); }`,
      { args: exact },
    );
    expect(code).toBe(0);
    const of = (vu: number): number[] => said(log, `vu ${vu} `).map(lastNumber);
    expect(of(1).length).toBeGreaterThan(of(2).length);
    // It pauses for seconds in which the other one goes on.
    const gaps = of(2).map((at, i, all) => at - (all[i - 1] ?? at));
    expect(Math.max(...gaps)).toBeGreaterThanOrEqual(8);
  });

  it('end with an abort by another VU', async () => {
    const { code, log } = await runScript(
      `import exec from 'k6/execution';
       export const options = { vus: 2, duration: '10m' };
       export default function () { if (__VU === 2 && __ITER === 50) exec.test.abort('enough'); }
       export function teardown() { console.log('teardown'); }`,
      { args: exact },
    );
    expect(code).toBe(108);
    expect(said(log, 'teardown')).toHaveLength(1);
  });

  it('keep their minimum duration', async () => {
    const { log } = await runScript(
      `export const options = { vus: 1, duration: '1s', minIterationDuration: '200ms' };
       export default function () { console.log('iteration'); }`,
      { args: exact },
    );
    // However busy the machine: each begins 200 ms after the one before or later, and none after the end.
    expect(said(log, 'iteration').length).toBeLessThanOrEqual(5);
  });

  it('go on after an exception, each of which is told', async () => {
    const { code, log, stdout } = await runScript(
      `export const options = { vus: 2, iterations: 20 };
       export default function () { throw new Error('no ' + __ITER); }
       ${counts}`,
      { args: exact },
    );
    expect(code).toBe(0);
    expect(log.filter(({ msg }) => msg.includes('Error: no '))).toHaveLength(20);
    expect(JSON.parse(stdout)).toMatchObject({ iterations: 20 });
  });

  it('let the microtasks of a promise run before the next one, however late the first promise comes', async () => {
    const { code, log } = await runScript(
      `export const options = { vus: 1, iterations: 700 };
       export default function () {
         if (__ITER < 600) return;
         console.log('begin', __ITER);
         if (__ITER === 698) Promise.reject(new Error('nobody minds'));
         else (async () => { await undefined; await undefined; console.log('later', __ITER); })();
       }`,
      { args: exact },
    );
    expect(code).toBe(0);
    const lines = log.map(({ msg }) => msg).filter((msg) => /^(?:begin|later) |nobody/.test(msg));
    expect(lines.filter((line) => line.startsWith('later'))).toHaveLength(99);
    lines.forEach((line, i) => {
      const [word, iteration] = line.split(' ');
      if (word !== 'begin') return;
      if (iteration === '698') expect(lines[i + 1]).toContain('nobody minds');
      else expect(lines[i + 1]).toBe(`later ${iteration}`);
    });
  });

  it('stay in step when calls are cut off at the end of the stack', async () => {
    const { code, stdout } = await runScript(
      `import { check, group } from 'k6';
       import http from 'k6/http';
       import { Counter } from 'k6/metrics';
       const deep = new Counter('deep'), ended = new Counter('ended');
       export const options = { vus: 2, iterations: 24 };
       const calls = [() => deep.add(1), () => check(1, { one: () => true }), () => group('g', () => 1), () => http.get('http://127.0.0.1:1/')];
       export default function () {
         const call = calls[__ITER % calls.length];
         let done = 0;
         const dive = () => { try { dive(); } catch (thrown) { if (done < 20) try { call(); done++; } catch {} throw thrown; } };
         try { dive(); } catch {}
         ended.add(1);
       }
       ${counts}`,
      { args: exact },
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ iterations: 24, ended: 24 });
  });

  it('lose nothing when they tell more than the shared memory holds', async () => {
    const { stdout } = await runScript(
      `import { Counter } from 'k6/metrics';
       const ended = new Counter('ended');
       export const options = { vus: 2, iterations: 40 };
       export default function () { for (let i = 0; i < 2000; i++) ended.add(1, { kind: 'k' + (i % 7) }); }
       ${counts}`,
      { args: exact },
    );
    expect(JSON.parse(stdout)).toEqual({ iterations: 40, ended: 80_000 });
  });
});
