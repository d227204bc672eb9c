import { expect, it } from 'vitest';
import { iterate, openScript } from './script-run.ts';

const source = `
const say = (error) => console.log(error.message);
export default async function () {
  try { undefined.foo; } catch (error) { say(error); }
  try { null.foo(); } catch ({ message, name, ...rest }) { console.log(name, message, Object.keys(rest).length); }
  try { const fixed = 1; fixed = 2; } catch (error) { say(error); }
  try { const fixed = 1; fixed += console.log('right side'); } catch (error) { say(error); }
  try { JSON.parse('<html>'); } catch (error) { console.log(String(error)); }
  try { throw new TypeError('Cannot read my mind'); } catch (error) { say(error); }
  await (async () => { missing(); })().catch(say);
  await Promise.reject(new RangeError('plain')).then(undefined, say);
  await new Promise(() => { const { a } = null; }).catch(say);
  try { [1].map(() => { throw new Error('boom'); }); } catch (error) { console.log(error.stack.replace(/file:\\S*\\//g, '')); }
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
      'Assignment to constant variable.',
      'right side',
      'Assignment to constant variable.',
      "SyntaxError: invalid character '<' looking for beginning of value",
      'Cannot read my mind',
      'missing is not defined',
      'plain',
      'Value is not object coercible',
      'Error: boom\n\tat script.js:13:31\n\tat map (native)\n\tat default (script.js:13:16)\n',
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
