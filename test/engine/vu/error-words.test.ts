import { describe, expect, it } from 'vitest';
import { iterate, openScript } from './script-run.ts';

const source = `
const say = (error) => console.log(error.message);
export default async function () {
  try { undefined.foo; } catch (error) { say(error); }
  try { null.foo(); } catch ({ message, name, ...rest }) { console.log(name, message, Object.keys(rest).length); }
  try { const o = {}; new o.a.B(); } catch (error) { say(error); }
  try { let u; u.f?.(); } catch (error) { say(error); }
  try { const fixed = 1; fixed = 2; } catch (error) { say(error); }
  try { const fixed = 1; fixed += console.log('right side'); } catch (error) { say(error); }
  try { JSON.parse('<html>'); } catch (error) { console.log(String(error)); }
  try { throw new TypeError('Cannot read my mind'); } catch (error) { say(error); }
  await (async () => { missing(); })().catch(say);
  await Promise.reject(new RangeError('plain')).then(undefined, say);
  await new Promise(() => { const { a } = null; }).catch(say);
  try { [1].map(() => { throw new Error('boom'); }); } catch (error) { console.log(error.stack.replace(/file:\\S*\\//g, '')); }
  try { const { data: { id } } = {}; } catch (error) { say(error); }
  try { (({ data: { ids: [first], rest } }) => first)({}); } catch (error) { say(error); }
  try { const reply = {}; console.log({ id: reply.data.id }); } catch (error) { say(error); }
  const none = null;
  console.log(none?.stack, none?.stack.length, new Error('x')?.stack.split('\\n')[0], typeof { stack: 1 }.stack);
  console.log(new Date(0).toString(), new Date(0).toLocaleString(), (1234.5).toLocaleString(), typeof Intl, typeof WeakRef, typeof GoError);
}`;

it.each(['exact', 'fast'] as const)('a script sees its errors in k6’s words, %s mode', async (strategy) => {
  const run = await openScript(source, { strategy });
  try {
    const outcome = await iterate(await run.vu());
    expect(outcome).toEqual({ kind: 'done' });
    expect(run.console()).toEqual([
      "Cannot read property 'foo' of undefined",
      "TypeError Cannot read property 'foo' of undefined or null 0",
      "Cannot read property 'B' of undefined",
      "Cannot read property 'f' of undefined or null",
      'Assignment to constant variable.',
      'right side',
      'Assignment to constant variable.',
      "SyntaxError: invalid character '<' looking for beginning of value",
      'Cannot read my mind',
      'missing is not defined',
      'plain',
      'Value is not object coercible',
      'Error: boom\n\tat script.js:15:31\n\tat map (native)\n\tat default (script.js:15:16)\n',
      'Value is not object coercible',
      'Value is not object coercible',
      "Cannot read property 'id' of undefined",
      'undefined undefined Error: x number',
      'Thu Jan 01 1970 00:00:00 GMT+0000 (UTC) 01/01/1970, 00:00:00 1234.5 undefined undefined function',
    ]);
  } finally {
    await run.dispose();
  }
});

it.each(['exact', 'fast'] as const)(
  'a thrown value that is no error tells where it came from, %s mode',
  async (strategy) => {
    const run = await openScript(
      "const fail = (value) => { throw value; };\nexport default function () {\n  try { fail(7); } catch (seven) { fail('text' + seven); }\n}",
      { strategy },
    );
    try {
      const outcome = await iterate(await run.vu());
      const message = outcome.kind === 'threw' ? outcome.message.replace(/file:\S*\//g, '') : outcome.kind;
      expect(message).toMatch(/^text7\n\tat fail \(script\.js:1:\d+\)\n\tat default \(script\.js:3:\d+\)\n$/);
    } finally {
      await run.dispose();
    }
  },
);

describe('a stack', () => {
  const script = `import { sleep, group } from 'k6';
    class Api {
      get token() { throw new Error('getter'); }
      login(x) { sleep(0.001); return this.read(x); }
      read() { sleep(0.001); throw new Error('after waits'); }
      constructor(fail) { if (fail) throw new Error('made'); }
    }
    const show = (error) => console.log(error.stack.replace(/file:\\S*\\//g, '').trim().split('\\n\\tat ').join(' < '));
    const attempt = (run) => { try { run(); } catch (error) { show(error); } };
    function flow() { [1].forEach((x) => { new Api().login(x); }); }
    function* numbers() { yield 1; throw new Error('generator'); }
    export default function () {
      attempt(flow);
      try { sleep(0.001); throw new Error('here'); } catch (error) { show(error); }
      attempt(() => new Api().token);
      attempt(() => new Api(true));
      attempt(() => [...numbers()]);
      group('g', () => { flow(); });
    }`;
  it.each(['exact', 'fast'] as const)('tells who called an operation that failed, %s mode', async (strategy) => {
    const failing = `import grpc from 'k6/net/grpc';
      const client = new grpc.Client();
      const open = () => client.connect('', { plaintext: true });
      export default function () { open(); }`;
    const run = await openScript(failing, { strategy });
    try {
      const outcome = await iterate(await run.vu());
      const message = outcome.kind === 'threw' ? outcome.message.replace(/file:\S*\//g, '') : outcome.kind;
      expect(message).toMatch(/^GoError: .*\n\tat open \(script\.js:3:\d+\)\n\tat default \(script\.js:4:\d+\)\n$/);
    } finally {
      await run.dispose();
    }
  });

  it('tells who called, also over waits, in the names k6 uses', async () => {
    const run = await openScript(script, { strategy: 'fast' });
    try {
      const outcome = await iterate(await run.vu());
      expect(run.console()).toEqual([
        'Error: after waits < read (script.js:5:36) < login (script.js:4:48) < script.js:10:59 < flow (script.js:10:34) < attempt (script.js:9:41) < default (script.js:13:14)',
        'Error: here < default (script.js:14:33)',
        'Error: getter < token (script.js:3:27) < script.js:15:31 < attempt (script.js:9:41) < default (script.js:15:14)',
        'Error: made < script.js:6:43 < script.js:16:21 < attempt (script.js:9:41) < default (script.js:16:14)',
        'Error: generator < numbers (script.js:11:42) < script.js:17:32 < attempt (script.js:9:41) < default (script.js:17:14)',
      ]);
      expect(outcome).toMatchObject({
        kind: 'threw',
        message: expect.stringMatching(/\tat flow .*\n\tat file:.*\n\tat default .*:18:12\)/s) as string,
      });
    } finally {
      await run.dispose();
    }
  });
});
