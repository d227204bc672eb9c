import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import vm from 'node:vm';
import { expect, it } from 'vitest';
import { toFastForm } from '../../../../src/engine/script/transform/index.ts';

const program = (body: string): string => `(function ($env) {\n${body}\n})`;

it('leaves functions that cannot block as they are', () => {
  const pure = 'const add = (a, b) => a + Math.max(a, b); function two() { return add(1, 2).toFixed(1); }';
  expect(toFastForm(program(pure)).code).toContain(pure);
});

it('grows by a constant for each function, however deep they are nested', () => {
  const nested = (depth: number): string => (depth === 0 ? 'call(1)' : `call(() => { ${nested(depth - 1)}; })`);
  const sizes = [4, 8, 16].map((depth) => toFastForm(program(`const f = () => { ${nested(depth)} };`)).code.length);
  expect((sizes[2] ?? 0) - (sizes[1] ?? 0)).toBeLessThan(2.5 * ((sizes[1] ?? 0) - (sizes[0] ?? 0)));
});

it('maps a call site to its place in the source', () => {
  const code = program('function f(x) {\n  return 1 + x.get(2);\n}');
  const fast = toFastForm(code);
  const offset = fast.code.indexOf('x.get');
  const before = fast.code.slice(0, offset).split('\n');
  const found = originalPositionFor(new TraceMap(fast.map), {
    line: before.length,
    column: before.at(-1)?.length ?? 0,
  });
  expect(found).toMatchObject({ line: 3, column: 13 });
});

it('refuses text that is not one function expression', () => {
  expect(() => toFastForm('const a = 1;')).toThrow('one function expression');
});

it('uses names that occur nowhere in the program', () => {
  const { code } = toFastForm(program('const $$x = 1; function f() { return unknown($$x); }'));
  expect(code).toContain('$$0$');
  expect(() => new vm.Script(code)).not.toThrow();
});
