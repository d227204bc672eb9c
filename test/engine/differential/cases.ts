/** Programs in the manner of the recorded k6 runs. Each defines `main`; `b(tag, value)` blocks. */
export interface Case {
  readonly name: string;
  readonly body: string;
  /** Blocking calls that nothing can suspend. */
  readonly standStills?: number;
}

const n = 'const n = (tag, v) => { b(tag); log(">", tag); return v; };';

export const cases: readonly Case[] = [
  {
    name: 'defaults, rest and patterns of parameters',
    body: `${n}
      function defaults(a = n('default-a', 1), { b = n('default-b', 2), c } = { c: n('default-c', 3) }, ...rest) {
        return [a, b, c, rest.length].join();
      }
      const arrow = (x = n('x', 1), [y = n('y', 2)] = []) => x + y + n('body', 3);
      const main = () => { log(defaults()); log(defaults(5, { b: 6, c: 7 }, 8, 9)); log(arrow(), arrow(1, [5])); return defaults.length + arrow.length; };`,
  },
  {
    name: 'templates, tags and short circuits',
    body: `${n}
      function tag(strings, ...values) { n('tag-function'); return strings.raw.join('_') + values.join('+'); }
      const o = { t(s, v) { return this.k + s[0] + v + n('o.t', 1); }, k: 'K' };
      function main() {
        log(\`sum \${n('tpl-1', 1) + n('tpl-2', 2)} end\`);
        log(tag\`x\${n('tagged-1', 'A')}y\${n('tagged-2', 'B')}z\`, o.t\`q\${n('arg', 2)}\`);
        log(n('and-left', 0) && n('and-right'), n('or-left', 1) || n('or-right'), n('left', null) ?? n('right', 'd'));
        const same = () => ((s) => s)\`x\`; log(same() === same());
      }`,
  },
  {
    name: 'optional chains',
    body: `${n}
      const o = { f(x) { return 'f' + x; }, nothing: null, d: { e: { f(x) { return n('deep' + this.k, x); }, k: 'K' } } };
      function main() {
        log(o.f?.(n('optional-arg', 1)), o.nothing?.(n('never')), o.nothing?.[n('never2')]);
        log(o.d?.e.f(3), o?.d?.e?.f?.(4), o.zz?.e.f(n('no')).x.y, o.d.e?.['f'](5), main?.name, n?.('direct', 6));
        log(o.d.e[n('key', 'f')]?.(7)?.toFixed?.(1), o.d?.e.f(8)?.toFixed(n('digits', 2)), o.nothing?.a.b(n('no')).c?.d());
      }`,
  },
  {
    name: 'classes: methods, static, private, super, fields, accessors',
    standStills: 1,
    body: `${n}
      class A {
        #p = 1;
        static s(x) { return n('static', x) + 1; }
        m(x) { return this.#q(x) + n('m', this.#p); }
        #q(z) { return n('q', z); }
        get g() { return n('getter', 4); }
        *items() { yield n('i1', 1); const r = yield n('i2', 2); log('r', r); return 5; }
      }
      class B extends A { m(x) { return 'B' + super.m(x + 1); } f = () => n('field-arrow', this.constructor.name); }
      function main() {
        const x = new B();
        log(x.m(1), x.f(), B.s(2), x.m.name, x.m.length, B.s.length, x.g, Object.getOwnPropertyNames(B.prototype));
        const g = x.items(); log(g.next(), g.next(), g.next('R'), g.next());
      }`,
  },
  {
    name: 'generators: loops, spread, patterns, early exit, return and throw',
    body: `${n}
      function* pages(max) {
        try { for (let off = 0; off < max; off += 2) { log('fetch', off); yield* [n('p' + off, off), off + 1]; } return 'done'; }
        finally { log('cleanup', n('clean', 1)); }
      }
      function* outer() { const v = yield* pages(2); log('inner returned', v); yield v; try { yield* pages(4); } catch (e) { log('c', e); yield n('y', e); } }
      function main() {
        for (const e of pages(6)) { log('item', e); if (e === 3) break; }
        log([...pages(4)], [...outer()]); const [a, c] = pages(6); log(a, c);
        let it = pages(4); log(typeof it.next, it.next().value, it.return('early'), it.next());
        it = outer(); log(it.next(), it.next(), it.next(), it.next(), it.throw('T'), it.next(), it.return(3));
        outer: for (const i of pages(4)) { for (const j of [1, 2]) { if (i === 1) continue outer; if (i === 2) break outer; log(i, j, n('in', 1)); } }
        log(pages.name, it[Symbol.toStringTag], String(it), it instanceof outer, Object.getPrototypeOf(pages) === Object.getPrototypeOf(function* () {}));
      }`,
  },
  {
    name: 'exceptions, finally and messages',
    body: `${n}
      const o = {};
      function fin() { try { return n('try', 'try'); } finally { n('finally'); } }
      function wins() { try { throw new Error(n('thrown', 'msg')); } catch (e) { return 'catch ' + e.message; } finally { return 'finally ' + n('wins', 'w'); } }
      function main() {
        log(fin(), wins());
        try { o.gone(n('gone', 1)); } catch (e) { log(e.name, e.message); }
        try { o.gone.x.y(n('never', 1)); } catch ({ name, message: m }) { log(name, m); }
        try { for (const q of n('not iterable', 5)); } catch { log('optional'); }
        try { try { n('t'); throw new TypeError('inner'); } finally { n('inner-finally'); } } catch ({ name, message }) { log(name + message + n('after', '!')); }
        throw n('last', new RangeError('out'));
      }`,
  },
  {
    name: 'this, arguments, self reference, call by reference',
    body: `${n}
      function main() {
        log((function () { return arguments.length + n('args', 1); })(1, 2, 3), (function () { return (() => arguments[0] + n('lent', 1))(); })(7));
        log((function fact(k) { return k ? k * fact(n('fact', k - 1)) : 1; })(3));
        const o = { v: 4, m() { return (() => this.v + n('this', 1))(); }, ['c' + 1](x) { return n('computed', x); } };
        log(o.m(), (0, o.m.bind({ v: 5 }))(), o.c1(2), (o.m)());
        function F(x) { this.x = n('new', x); } log(new F(3).x, F.length, typeof F.prototype);
        log(typeof (function () { 'use strict'; n('s'); return this; })(), [1, 2].length);
      }`,
    standStills: 1,
  },
  {
    name: 'constructors: fields, super classes, exceptions, functions',
    body: `
      class Z { #p = 1; q = this.#p + 1; constructor(a = b('z', 1)) { this.a = [a, this.q]; } }
      class A { #p = 1; q = [2]; constructor(a = b('def', 2), ...r) { log(this.q, arguments.length, r.length); this.v = b('in', a); [1,2].forEach((x) => { this.v += b('x' + x, x); }); const f = () => b('arrow', this.v); this.w = f(); } m() { return this.v; } get s() { return this.w } }
  class B extends A { #s = 0; constructor(x) { super(b('arg', x), 2, 3); log(this.s); this.t = b('t', super.m()); } }
  class B2 extends A { constructor(x) { log('pre', b('pre', x)); super(x); try { b('try'); throw new Error('z'); } catch (e) { log(e.message) } finally { this.f = b('fin', 1); } } n() { return this.f + b('n', 1); } }
  class C extends B2 { }
  class T extends A { late; n = 3; 'q r' = [1, { a: 'b' }]; constructor(x) { super(x); this.v2 = b('v2', this.n); } }
      class U extends T { constructor(x, y) { super(x); this.more = b('more', y); } more; }
      class V extends T { n = 4; w = 'again'; }
      class P { constructor(x) { this.x = x; } } class Q extends P { constructor(y) { super(y + 1); this.y = b('y', y); if (y > 3) return; this.z = 1; } }
      class E { constructor(x) { b('1'); if (x) throw new TypeError('no ' + b('2', x)); } } class D extends E { constructor(x) { super(x); b('3'); } }
      function F(x) { this.x = b('new', x); this.l = arguments.length; if (x > 5) return { other: b('o', 1) }; return 4; }
      F.prototype.m = function () { return b('m', this.x); };
      const G = function (y) { this.y = new F(y); b('g'); };
      function main() { log(new Z(), new Z(2)); log(new T(1), new U(2, 3)); log(new V(5), Object.keys(new V()), V.length, new U(1) instanceof T); const a = new A(); log(a.m(), new A(5, 6).m(), new B(3).t, A.length, B.length, A.name, new B(1) instanceof A, Object.keys(new B2(4)), new C(7).n(), new C(1).constructor.name, new Q(3), new Q(5).z, Object.getOwnPropertyNames(A.prototype)); 
   try { A(); } catch (e) { log(e.name); } const bound = new (A)(1); log(bound.v, new A(...[1, 2]).v, new A().m().toFixed(b('d', 1))); log(new A(1)?.m?.()); log(new A);
        try { new D(1); } catch (e) { log(e.message, e.name); }
        log(new D(0), new F(3), new F(7), new F(1).m(), new F instanceof F, new G(2).y.x);
        return new E(2);
      }`,
  },
  {
    name: 'builtins that call back',
    body: `${n}
const hit = (id) => { b('hit' + id); return { id, active: id != 2, name: 'N' + id, w: id * 3 % 5 } };
function main() {
  const ids = [3, 1, 2];
  ids.forEach((id, i) => { log('forEach', i, hit(id).name); });
  log(ids.map((id) => hit(id).name), ids.filter((id) => hit(id).active), ids.reduce((s, id) => s + hit(id).w, 0), ids.reduceRight((s, id) => s + hit(id).w, ''));
  log(ids.some((id) => hit(id).name === 'N1'), ids.every((id) => hit(id).name === 'N3'), ids.find((id) => hit(id).id === 1), ids.findLastIndex((id) => hit(id).id === 1), ids.flatMap((id) => [hit(id), 1]));
  log([5, 2, 4, 1, undefined, , 3].sort((a, b) => hit(a).id - hit(b).id), ids.map(hit).length);
  log(Array.from({ length: 45 }, (_, i) => i * 7 % 45).sort((p, q) => n('s', p - q)).join());
  log([3, 1, 2].toSorted((a, b) => hit(a).id - hit(b).id), new Uint8Array([3, 1, 2]).sort((a, b) => hit(a).id - hit(b).id), new Uint8Array([1, 2]).map((x) => n('typed-' + x, x + 1)).join());
  log('a1b2'.replace(/\\d/g, (d) => n('replace-' + d, \`<\${d}>\`)), 'xx'.replaceAll('x', (m, off) => n('replaceAll', m + off)), 'a-b'.replace(/(?<p>.)-/, (m, p, o, s, g) => n('g', g.p + o + s)), 'aab'.replace('a', () => n('one', '$&')));
  log(Array.from([1, 2], (x) => n('from-' + x, x * 2)).join(), Array.from({ length: 2 }, (_, i) => n('length-' + i, i)).join());
  new Map([['k', 'v']]).forEach((v, k, m) => log('map', k, n('map', v), m.size)); const st = new Set(['s']); st.forEach((v) => { log('set', n('set', v)); if (st.size < 3) st.add(v + 1); });
  Object.entries({ a: 1, b: 2 }).forEach(([k, v]) => log(k, n('entries-' + k, v)));
  const iter = { *[Symbol.iterator]() { yield n('iter-1', 1); yield n('iter-2', 2); } };
  log([...iter].join(), Math.max(...iter), new Set(iter).size);
  let i = 0; const manual = { [Symbol.iterator]() { return { next: () => ({ done: i >= 2, value: n('next-' + i, i++) }), return() { n('iterator-return'); return {}; } }; } };
  for (const v of manual) { log('manual', v); if (v === 0) break; }
  log(Object.fromEntries([['x', 1]].map(([k, v]) => [k, n('fromEntries', v + 1)])).x);
  log(JSON.stringify({ x: 1, y: 2, z: [3, { q: undefined }] }, (k, v) => (k === 'y' ? n('replacer', undefined) : v), 2));
  log(JSON.stringify(JSON.parse('{"p":1,"q":[2,3]}', (k, v) => (typeof v === 'number' ? n('reviver-' + k, v * 10) : v))));
  const api = { base: 'B', get(path) { b('get' + path); return this.base + path; }, each(list, cb) { for (const x of list) cb.call(this, x); return this; } };
  const bound = api.get.bind(api); log(['/health', '/status'].map(bound), bound('x'), bound.name, bound.length);
  api.each(['/1'], function (p) { log('this kept', this.base, this.get(p)); });
  log(api.get.call({ base: 'C' }, '/2'), api.get.apply({ base: 'D' }, ['/3']), Reflect.apply(api.get, api, ['/4']), Math.max.apply(null, [1, n('q', 2)]));
  const compose = (...fns) => (x) => fns.reduceRight((v, f) => f(v), x); log(compose((s) => s + '!', (u) => n('c', u), (p) => 'z' + p)('/h'));
  const memo = (fn) => { const m = new Map(); return (k) => { if (!m.has(k)) m.set(k, fn(k)); return m.get(k); }; }; const load = memo((id) => n('loading', id)); log(load(1), load(1), load(2));
  const fib = (function* () { let [x, y] = [0, 1]; for (;;) { b('z'); yield x; [x, y] = [y, x + y]; } })(); log(Array.from({ length: 8 }, () => fib.next().value).join());
}
`,
  },
  {
    name: 'async functions, promises and timers',
    body: `${n}
const pause = (ms, v) => new Promise((ok) => setTimeout(() => { log('timer', ms); ok(v); }, ms));
const req = (x) => new Promise((ok, no) => { setTimeout(() => x > 2 ? no(new Error('req' + x)) : ok(x), x); });
class K { async m(a = n('dflt', 1)) { await null; return super.toString().length + a + (await this.x()); } x = async () => n('x', 2); static async s() { return n('s', 3) } }
async function inner(x) { log('in', x); n('inner', 1); const y = await n('before', x); log('y', y, n('after', 2)); try { await req(3) } catch (e) { log('c', e.message) } finally { log('f', await n('fin', 4)) } return [x, await pause(5, 'p')]; }
const self = async function rec(k) { return k ? (await rec(k - 1)) + n('rec', k) : 0 };
async function main() {
  log('start');
  Promise.resolve().then(() => log('microtask', n('m', 1)));
  log('sync', n('g', 1));
  const p = inner(7); log('promise', p instanceof Promise, Object.prototype.toString.call(p), Object.prototype.toString.call(main), main.name);
  p.then((r) => log('async done', r)); log('after then');
  await p; log('after await');
  log(await Promise.all([req(1), req(2), 5, { then(ok) { n('thenable'); ok('T') } }]));
  log(await Promise.race([pause(900, 'slow'), pause(50, 'fast')]));
  try { await (async () => { n('x'); throw new Error('async boom'); })(); } catch (e) { log('caught', e.message); }
  for (const ms of [30, 10]) await pause(ms);
  const r = await Promise.allSettled([Promise.reject(new Error('no')), 1]); log(r.map((x) => x.status).join());
  for (const v of [1, pause(5, 2)]) log('awaited in a loop', await v);
  log(await new K().m(), await K.s(), await self(2), await [1, 2].map(async (x) => n('map' + x, x))[1]);
  await Promise.any([Promise.reject(1), Promise.reject(2)]).catch((e) => log(e.errors, e.constructor.name));
  await Promise.reject(new Error('fin')).finally(() => n('finally', 1)).catch((e) => log('fc', e.message));
  log(await new Promise((ok) => { ok(n('executor', 'E')) }), await new Promise((ok, no) => { n('e2'); throw 3 }).catch((e) => e));
  setTimeout(() => log('timer after the function ended', n('t', 1)), 40);
  Promise.resolve(1).then((v) => { n('then', v); return pause(1, 'q') }).then((v) => log('chained', v));
  log('end'); return n('ret', 9);
}
`,
  },
];
