import { afterEach, describe, expect, it } from 'vitest';
import { iterate, openScript, scenario, type ScriptRun } from './script-run.ts';

let run: ScriptRun | undefined;
afterEach(async () => {
  await run?.dispose();
  run = undefined;
});

describe('a VU in exact mode', () => {
  it('keeps module state between iterations and apart from other VUs', async () => {
    run = await openScript(`let n = 0; export default function () { console.log(__VU, __ITER, ++n); }`);
    const [first, second] = [await run.vu(1), await run.vu(2)];
    const context = scenario();
    await iterate(first, context);
    await iterate(first, context);
    await iterate(second, context);
    expect(run.console()).toEqual(['1 0 1', '1 1 2', '2 0 1']);
  });

  it('emits the samples of an iteration in the order of the script, with the tags of the moment', async () => {
    run = await openScript(`
      import { group, check } from 'k6';
      import { Counter } from 'k6/metrics';
      import exec from 'k6/execution';
      const c = new Counter('things');
      export default function () {
        exec.vu.tags.mine = 'yes';
        group('g', () => { c.add(2, { kind: 'a' }); check(1, { one: (v) => v === 1 }); });
      }`);
    expect(await iterate(await run.vu())).toEqual({ kind: 'done' });
    const seen = run.samples.map(({ name, tags }) => [name, tags['group'], tags['mine']]);
    expect(seen).toEqual([
      ['things', '::g', 'yes'],
      ['checks', '::g', 'yes'],
      ['group_duration', '::g', 'yes'],
      ['iteration_duration', '', 'yes'],
      ['iterations', '', 'yes'],
      ['data_sent', '', 'yes'],
      ['data_received', '', 'yes'],
    ]);
    expect(run.samples[0]).toEqual({
      name: 'things',
      value: 2,
      tags: { scenario: 'default', group: '::g', mine: 'yes', kind: 'a' },
    });
  });

  it('runs neither microtasks nor timers while a call blocks, and waits for both before the iteration ends', async () => {
    run = await openScript(`
      import { sleep } from 'k6';
      export default function () {
        setTimeout(() => console.log('timer'), 1);
        Promise.resolve().then(() => console.log('microtask'));
        sleep(0.05);
        console.log('slept');
      }`);
    await iterate(await run.vu());
    expect(run.console()).toEqual(['slept', 'microtask', 'timer']);
  });

  it('reports what the script threw with the lines of the script, and counts the iteration', async () => {
    run = await openScript(`export default function () {\n  null.x;\n}`);
    const outcome = await iterate(await run.vu());
    expect(outcome.kind).toBe('threw');
    const [line] = run.logs;
    expect(line?.message).toMatch(
      /^TypeError: Cannot read property 'x' of undefined\n\tat default \(file:.*script\.js:2:\d+/,
    );
    expect(run.samples.map(({ name }) => name)).toContain('iterations');
  });

  it('never runs script again after an interrupt, and starts afresh when asked for more', async () => {
    run = await openScript(`
      import { sleep } from 'k6';
      let state = 'fresh';
      export default function () {
        console.log(state, __ITER); state = 'used';
        try { if (__ITER === 0) sleep(60); } catch { console.log('caught'); } finally { console.log('finally', __ITER); }
      }`);
    const vu = await run.vu();
    const context = scenario();
    const first = iterate(vu, context);
    await expect.poll(() => run?.console()).toEqual(['fresh 0']);
    vu.interrupt('the test is over');
    expect(await first).toEqual({ kind: 'interrupted', reason: 'the test is over' });
    expect(await iterate(vu, context)).toEqual({ kind: 'done' });
    expect(run.console()).toEqual(['fresh 0', 'fresh 1', 'finally 1']);
  });

  it('can be interrupted in an endless loop', async () => {
    // What was logged is told with the next call.
    run = await openScript(
      `import { sleep } from 'k6'; export default function () { console.log('in'); sleep(0.001); for (;;) {} }`,
    );
    const vu = await run.vu();
    const outcome = iterate(vu);
    await expect.poll(() => run?.console()).toEqual(['in']);
    vu.interrupt('graceful stop is over');
    expect(await outcome).toEqual({ kind: 'interrupted', reason: 'graceful stop is over' });
  });

  it('ends by exec.test.abort without running catch or finally', async () => {
    const aborted: string[] = [];
    run = await openScript(
      `import exec from 'k6/execution';
       export default function () { try { exec.test.abort('enough'); } catch { console.log('caught'); } finally { console.log('finally'); } }`,
      {
        callHandlers: {
          'exec.abort': (_io, { message }) => {
            aborted.push(message);
            return { ok: true, value: undefined };
          },
        },
      },
    );
    expect(await iterate(await run.vu())).toEqual({ kind: 'interrupted', reason: 'test aborted: enough' });
    expect(aborted).toEqual(['test aborted: enough']);
    expect(run.console()).toEqual([]);
  });

  it('carries large and binary values both ways', async () => {
    run = await openScript(`
      import crypto from 'k6/crypto';
      export default function () {
        const text = 'ä€😀'.repeat(60000);
        console.log(text.length);
        console.log(new Uint8Array(crypto.sha256(text, 'binary')).length, crypto.sha256(text, 'hex'));
        console.log(text);
      }`);
    await iterate(await run.vu());
    const [length, hash, text] = run.console();
    expect(length).toBe('240000');
    expect(hash).toMatch(/^32 [0-9a-f]{64}$/);
    expect(text).toBe('ä€😀'.repeat(60000));
  });

  it('lets a VU that runs out of memory end alone', async () => {
    run = await openScript(`
      const kept = [];
      export default function () { if (__VU === 1) for (;;) kept.push(new Array(1e6).fill(__ITER + 0.5)); console.log('fine'); }`);
    const [greedy, modest] = [await run.vu(1), await run.vu(2)];
    const outcome = await iterate(greedy);
    expect(outcome).toMatchObject({ kind: 'interrupted' });
    expect(run.logs.at(-1)?.message).toMatch(/used more than \d+ MB of memory in one VU/);
    expect(await iterate(modest)).toEqual({ kind: 'done' });
    expect(run.console()).toEqual(['fine']);
  });
});

describe('stages', () => {
  it('hand setup data to each VU and to teardown as k6 does', async () => {
    run = await openScript(`
      export function setup() { return { list: [1], date: new Date(0), undef: undefined, n: 1 }; }
      export default function (data) { console.log(JSON.stringify(data)); data.n++; data.list.push(2); }
      export function teardown(data) { console.log('teardown', __VU, JSON.stringify(data)); }`);
    const stage = await run.factory.stage();
    const data = await stage.run('setup', undefined, 300_000);
    stage.dispose();
    expect(data).toBe('{"list":[1],"date":"1970-01-01T00:00:00Z","undef":null,"n":1}');
    run.factory.setSetupData(data);
    const vu = await run.vu();
    const context = scenario();
    await iterate(vu, context);
    await iterate(vu, context);
    const teardown = await run.factory.stage();
    await teardown.run('teardown', data, 300_000);
    teardown.dispose();
    expect(run.console()).toEqual([
      '{"list":[1],"date":"1970-01-01T00:00:00Z","undef":null,"n":1}',
      '{"list":[1],"date":"1970-01-01T00:00:00Z","undef":null,"n":2}',
      'teardown 0 {"list":[1],"date":"1970-01-01T00:00:00Z","undef":null,"n":1}',
    ]);
  });

  it('end with an error that names the stack when the function throws, and at their timeout', async () => {
    run = await openScript(`
      import { sleep } from 'k6';
      export function setup() { throw new Error('no data'); }
      export function teardown() { sleep(60); }
      export default function () {}`);
    const setup = await run.factory.stage();
    await expect(setup.run('setup', undefined, 300_000)).rejects.toMatchObject({
      kind: 'threw',
      message: expect.stringMatching(/^Error: no data\n\tat setup \(file:.*script\.js:3:/) as string,
    });
    setup.dispose();
    const teardown = await run.factory.stage();
    await expect(teardown.run('teardown', undefined, 50)).rejects.toMatchObject({ kind: 'timeout' });
    teardown.dispose();
  });
});
