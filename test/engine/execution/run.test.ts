import { describe, expect, it } from 'vitest';
import { runScript } from './command.ts';

const interrupt = (kill: (signal: NodeJS.Signals) => void): void => {
  kill('SIGINT');
};

/** As a user does whose first Ctrl-C came while the thread was held and nothing else could hear it yet. */
const insist = (kill: (signal: NodeJS.Signals) => void): void => {
  interrupt(kill);
  setTimeout(() => interrupt(kill), 20_000).unref();
};

const messages = (log: readonly { readonly msg: string }[]): string[] => log.map(({ msg }) => msg);

describe.concurrent('the end of a run', () => {
  it('is graceful at the first signal: teardown, summary, exit code 105', async () => {
    const { code, log } = await runScript(
      `import { sleep } from 'k6';
       export const options = { vus: 2, duration: '10m' };
       export default function () { console.log('begun'); sleep(600); console.log('not reached'); }
       export function teardown() { console.log('teardown'); }
       export function handleSummary() { console.log('summary'); return {}; }`,
      { when: { log: 'begun', then: interrupt } },
    );
    expect(code).toBe(105);
    expect(messages(log)).toEqual(expect.arrayContaining(['teardown', 'summary']));
    expect(messages(log)).not.toContain('not reached');
    expect(messages(log).at(-1)).toBe("test run was aborted because gravl-k6 received a 'interrupt' signal");
  });

  it('comes at once at a signal while the script is loaded, also when its code runs without end', async () => {
    const loops = runScript('console.log("begun"); for (;;); export default function () {}', {
      when: { log: 'begun', then: interrupt },
    });
    expect(await loops).toMatchObject({ code: null, signal: 'SIGINT' });
  });

  it('is 107 or 108 when the top level of a script throws or aborts, for the first time or for a later VU', async () => {
    const each = [
      ["exec.test.abort('no key')", 108, 'test aborted: no key'],
      ["if (__VU === 2) exec.test.abort('no key')", 108, 'test aborted: no key'],
      ["if (__VU === 2) throw new Error('oops')", 107, 'Error: oops'],
    ] as const;
    const runs = each.map(([top]) =>
      runScript(
        `import exec from 'k6/execution';
         export const options = { vus: 2, iterations: 2 };
         ${top};
         export default function () { console.log('not reached'); }`,
      ),
    );
    for (const [index, { code, log }] of (await Promise.all(runs)).entries()) {
      expect(code).toBe(each[index]?.[1]);
      expect(messages(log)).toEqual([expect.stringContaining(each[index]?.[2] ?? '')]);
    }
  });

  it('comes to a script that never gives way, after its graceful stop, and leaves teardown and summary be', async () => {
    const { code, log } = await runScript(
      `export const options = { scenarios: { s: { executor: 'constant-vus', vus: 1, duration: '3s', gracefulStop: '500ms' } } };
       export default function () { try { for (;;); } finally { console.log('not reached'); } }
       export function teardown() { console.log('teardown'); }
       export function handleSummary() { console.log('summary'); return {}; }`,
    );
    expect(code).toBe(0);
    expect(messages(log)).toEqual([
      expect.stringContaining('an endless loop?'),
      'teardown',
      'No script iterations fully finished, consider making the test duration longer',
      'summary',
    ]);
  });

  it('comes to a regular expression and to a recursion without end, at their time or at a signal', async () => {
    const holding = ["/^(a+)+$/.test('a'.repeat(60) + 'b')", 'fib(90)'].flatMap((work) =>
      (['3s', '10m'] as const).map((duration) => [work, duration] as const),
    );
    const runs = holding.map(([work, duration]) =>
      runScript(
        `const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2));
         export const options = { scenarios: { s: { executor: 'constant-vus', vus: 1, duration: '${duration}', gracefulStop: '0s' } } };
         export default function () { console.log('begun'); ${work}; console.log('not reached'); }`,
        duration === '10m' ? { when: { log: 'begun', then: insist } } : {},
      ),
    );
    for (const [index, { code, log }] of (await Promise.all(runs)).entries()) {
      expect(code).toBe(holding[index]?.[1] === '10m' ? 105 : 0);
      expect(messages(log)).toContainEqual(expect.stringContaining('an endless loop?'));
      expect(messages(log)).not.toContain('not reached');
    }
  });

  it('is 100 when setup takes too long, waiting or looping', async () => {
    const both = ['sleep(600)', 'for (;;);'].map((work) =>
      runScript(
        `import { sleep } from 'k6';
         export const options = { setupTimeout: '500ms' };
         export function setup() { ${work} }
         export default function () { console.log('not reached'); }`,
      ),
    );
    for (const { code, log } of await Promise.all(both)) {
      expect(code).toBe(100);
      expect(messages(log)).toContain('setup() execution timed out after 0.5 seconds');
      expect(messages(log)).not.toContain('not reached');
    }
  });

  it('is 0 when setup aborts the test, and no iteration begins', async () => {
    const { code, log } = await runScript(
      `import exec from 'k6/execution';
       export function setup() { exec.test.abort('no target'); }
       export default function () { console.log('not reached'); }`,
    );
    expect(code).toBe(0);
    expect(messages(log).join()).toContain('no target');
    expect(messages(log)).not.toContain('not reached');
  });

  it('is 99 for crossed thresholds, 0 with --no-thresholds', async () => {
    const script = `export const options = { thresholds: { iterations: ['count>5'] } }; export default function () {}`;
    expect((await runScript(script)).code).toBe(99);
    expect((await runScript(script, { args: ['--no-thresholds'] })).code).toBe(0);
  });
});

describe.concurrent('threads', () => {
  const script = `import { Counter } from 'k6/metrics';
    import exec from 'k6/execution';
    const done = new Counter('done');
    export const options = { scenarios: {
      shared: { executor: 'shared-iterations', vus: 4, iterations: 50 },
      each: { executor: 'per-vu-iterations', vus: 5, iterations: 3 },
      rate: { executor: 'constant-arrival-rate', rate: 40, duration: '1s', preAllocatedVUs: 4 },
    } };
    export function setup() { return { from: 'setup' }; }
    export default function (data) {
      done.add(1);
      console.log(exec.scenario.name + ' ' + exec.scenario.iterationInTest + ' ' + data.from);
    }
    export function handleSummary(data) { return { stdout: JSON.stringify(data.metrics.done.values.count) }; }`;

  it.each(['1', '2'])('%s of them run every iteration once, with exact numbers', async (threads) => {
    const { code, stdout, log } = await runScript(script, { args: ['--threads', threads] });
    expect(code).toBe(0);
    expect(stdout).toBe('105');
    for (const [name, count] of [
      ['shared', 50],
      ['each', 15],
      ['rate', 40],
    ] as const) {
      const own = messages(log).filter((msg) => msg.startsWith(`${name} `));
      const expected = Array.from({ length: count }, (_, n) => `${name} ${n} setup`);
      expect(own.sort()).toEqual(expected.sort());
    }
  });

  // As long as an arrival rate must be to get a thread that keeps the time for it.
  it.each(['1', '2'])('%s of them begin all of a long arrival rate', async (threads) => {
    const { code, stdout } = await runScript(
      `export const options = { scenarios: {
         even: { executor: 'constant-arrival-rate', rate: 200, duration: '5s', preAllocatedVUs: 4, exec: 'count' },
         rising: { executor: 'ramping-arrival-rate', startRate: 0, stages: [{ target: 40, duration: '5s' }],
           preAllocatedVUs: 2, exec: 'count' } } };
       export function count() {}
       export function handleSummary({ metrics }) {
         return { stdout: JSON.stringify([metrics.iterations.values.count, metrics.dropped_iterations?.values.count ?? 0]) };
       }`,
      { args: ['--threads', threads] },
    );
    expect(code).toBe(0);
    const [begun, dropped] = JSON.parse(stdout) as [number, number];
    // On a machine that stands still an arrival may find no VU free.
    expect(begun + dropped).toBe(1100);
    expect(begun).toBeGreaterThan(1000);
  });
});

describe.concurrent('segments', () => {
  it('of several instances add up to the whole test', async () => {
    const script = `import exec from 'k6/execution';
      export const options = { vus: 5, iterations: 23 };
      export default function () { console.log(exec.scenario.iterationInTest); }`;
    const parts = await Promise.all(
      ['0:1/3', '1/3:2/3', '2/3:1'].map((segment) =>
        runScript(script, { args: ['--execution-segment', segment, '--execution-segment-sequence', '0,1/3,2/3,1'] }),
      ),
    );
    const numbers = parts.flatMap(({ log }) => messages(log).map(Number));
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 23 }, (_, n) => n));
  });
});
