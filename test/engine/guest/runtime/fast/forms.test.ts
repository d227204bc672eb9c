import { beforeAll, expect, it } from 'vitest';
import { type FastRealm, fastRealm } from '../../../differential/realm.ts';

let realm: FastRealm;
beforeAll(async () => {
  realm = await fastRealm();
});

/** Result of `main` in fast form. */
const run = async (body: string): Promise<{ last: string | undefined; standStills: number }> => {
  const [result] = await realm.runFast(realm.compileFast(body), 1);
  return { last: result?.lines.at(-1), standStills: result?.standStills ?? -1 };
};

it('a script finds no trace of a suspendable form on its functions', async () => {
  const { last } = await run('const f = (a) => b("t", a); const main = () => [Reflect.ownKeys(f), f.length, f.name];');
  expect(last).toBe('returned [["length","name"],1,"f"]');
});

it('a function made with Object.assign or behind a Proxy does not take over the suspendable form', async () => {
  const { last } = await run(`
    const f = (a) => b('t', a);
    const copy = Object.assign(() => 'copy', f);
    const proxy = new Proxy(f, { apply: () => 'trapped' });
    const main = () => [copy(1), proxy(1), f(1)];`);
  expect(last).toBe('returned ["copy","trapped",1]');
});

it('a static method is not inherited as a suspendable class', async () => {
  const { last } = await run(`
    class A { static make() { return b('t', 'A'); } }
    class B extends A { static make() { return 'B' + super.make(); } }
    const main = () => [A.make(), B.make()];`);
  expect(last).toBe('returned ["A","BA"]');
});

it('a call from native code blocks the thread, and is counted', async () => {
  const { last, standStills } = await run(`
    const o = { get x() { return b('getter', 1); }, toString() { return b('text', 'o'); } };
    const main = () => o.x + String(o) + b('last', 2);`);
  expect({ last, standStills }).toEqual({ last: 'returned "1o2"', standStills: 2 });
});

it('names the callee that is not a function as V8 would', async () => {
  const { last } = await run(`
    const o = { deep: {} };
    const main = () => { try { o.deep.gone(b('t', 1)); } catch (error) { return error.message; } };`);
  expect(last).toBe('returned "o.deep.gone is not a function"');
});
