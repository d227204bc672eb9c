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
    standStills: 3,
  },
];
