import { describe, expect, it } from 'vitest';
import { analyse } from '../../../../src/engine/script/analyse/index.ts';

const imports = 'const http = $pick($m0, "default", "k6/http"), check = $pick($m1, "check", "k6");';
const reasons = (body: string): string[] =>
  analyse(`(function ($env) {\n${imports}\n${body}\n})`).reasons.map(({ construct, at }) => `${construct} ${at}`);

describe('sends a script to exact mode when a blocking call stands where nothing can wait', () => {
  const cases: Record<string, [body: string, reason: string]> = {
    'a constructor of a class that is handed about': [
      'class A { constructor() { http.get(1); } } const make = (c) => new c(); const f = () => make(A);',
      'constructor 3:11',
    ],
    'a constructor that new this calls': [
      'class A { constructor() { http.get(1); } static of() { return new this(); } }',
      'constructor 3:11',
    ],
    'a constructor that returns something': [
      'class A { constructor() { return { r: http.get(1) }; } }',
      'constructor 3:11',
    ],
    'a constructor above a class with fields': [
      'class A { constructor() { http.get(1); } } class B extends A { x = Math.random(); }',
      'constructor 3:44',
    ],
    'a constructor with this before super': [
      'class A {} class B extends A { constructor() { const f = () => this; super(http.get(1)); } }',
      'constructor 3:32',
    ],
    'a constructor below a class that is not known': [
      'class A extends Error { constructor() { super(http.get(1)); } }',
      'constructor 3:25',
    ],
    'field initialiser': ['class A { x = http.get(1); }', 'field initialiser 3:11'],
    'static block': ['class A { static { http.get(1); } }', 'static block 3:11'],
    getter: ['const load = () => http.get(1); const o = { get x() { return load(); } };', 'getter or setter 3:50'],
    toJSON: ['const o = { toJSON() { return http.get(1); } };', 'toJSON 3:19'],
    'Proxy trap': ['const p = new Proxy({}, { get: () => http.get(1) });', 'Proxy trap 3:32'],
    'constructor function': [
      'function F() { new.target; http.get(1); } const f = () => new F();',
      'constructor function 3:59',
    ],
    eval: ['const f = () => { eval("1"); http.get(1); };', 'eval or with 3:11'],
    'async generator': ['async function* f() { yield 1; }', 'async generator 3:1'],
  };
  for (const [name, [body, reason]] of Object.entries(cases)) {
    it(name, () => {
      expect(reasons(body)).toContain(reason);
    });
  }
});

describe('keeps a script fast', () => {
  const cases: Record<string, string> = {
    'with a class whose constructor does not block': `class Page { constructor(url) { this.url = url; this.parts = url.split('/').map((p) => p.trim()); }
      open() { return http.get(this.url); } get name() { return this.url.toUpperCase(); } toString() { return String(this.url); } }
      const f = () => new Page('a').open();`,
    'with callbacks, checks and generators that block': `const f = () => { [1].forEach((x) => http.get(x)); check(1, { ok: (r) => http.get(r) }); };
      function* g() { yield http.get(1); } const h = () => { for (const x of g()) f(x); };`,
    'with constructors that block': `class A { y = 1; constructor(x) { this.r = http.get(x); } } class B extends A { constructor() { super(1); http.get(2); } }
      class C extends B {} function F() { http.get(1); } const f = () => [new A(1), new B(), new C() instanceof A, new F()];`,
    'with async functions': 'const f = async () => { await http.get(1); };',
    'with maps and parameters called get':
      'class A { constructor(m) { this.v = m.get("x"); } } const f = () => http.get(new A(new Map()).v);',
  };
  for (const [name, body] of Object.entries(cases)) {
    it(name, () => {
      expect(reasons(body)).toEqual([]);
    });
  }
});
