/** Random programs over the constructs that a blocking call can stand in. Each defines `main`; `b(tag, value)` blocks. */
import fc from 'fast-check';

type Text = fc.Arbitrary<string>;

const literal = fc.constantFrom(
  '0',
  '1',
  '2',
  '3',
  "'a'",
  "'bc'",
  'null',
  'undefined',
  'true',
  'false',
  '[1, 2]',
  '[]',
  '{ x: 1 }',
);
const variable = fc.constantFrom('v0', 'v1', 'v2');
const method = fc.constantFrom('m', 'n', 'later', 'gone', 'up');

const join = (parts: readonly Text[], make: (...texts: string[]) => string): Text =>
  fc.tuple(...parts).map((texts) => make(...texts));

/** Wraps object literals, which would start a block. */
const group = (text: string): string => `(${text})`;

interface Grammar {
  readonly expression: string;
  readonly list: string;
  readonly callback: string;
  readonly block: string;
  readonly statement: string;
  readonly [key: string]: string;
}

const grammar = fc.letrec<Grammar>((tie) => {
  const e = tie('expression');
  const list = tie('list');
  const callback = tie('callback');
  const block = tie('block');
  const leaf = fc.oneof(literal.map(group), variable);
  return {
    list: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('[3, 1, 2]', "['a', 'b']", '[1, , 2]', 'data'),
      join([e, e], (a, b) => `[${a}, ${b}]`),
      join([e, tie('iterable')], (a, b) => `[${a}, ...${b}]`),
      join([list, callback], (l, f) => `${l}.map(${f})`),
      join([list, callback], (l, f) => `${l}.filter(${f})`),
      join([list, callback], (l, f) => `${l}.flatMap((x) => [x, (${f})(x)])`),
      join([list, e], (l, a) => `${l}.slice().sort((x, y) => (${a}, b('#', x > y ? 1 : x < y ? -1 : 0)))`),
      join([tie('iterable'), callback], (l, f) => `Array.from(${l}, ${f})`),
    ),
    iterable: fc.oneof(
      { maxDepth: 3 },
      join([e], (a) => `g0(${a})`),
      join([e], (a) => `g1(${a})`),
      join([e], (a) => `o.items(${a})`),
      join([e], (a) => `new It(${a})`),
      list,
      join([e], (a) => `new Bag(${a}).each(${a})`),
      join([e], (a) => `(function* () { yield* o.items(${a}); yield b('#', 'x'); })()`),
      join(
        [e, tie('iterable')],
        (a, i) => `{ *[Symbol.iterator]() { const r = yield* ${i}; log('r', r); yield ${a}; } }`,
      ),
      fc.constantFrom('new Set([1, 2])', "new Map([['k', 1]])", 'new Bag(1)', 'failing'),
    ),
    callback: fc.oneof(
      { maxDepth: 3 },
      join([e], (a) => `(x, i) => (log('cb', x, i), ${a})`),
      join([block], (s) => `function (x, i) { ${s} return x; }`),
      join([block, e], (s, a) => `(x) => { ${s} return ${a}; }`),
      join([e], (a) => `(x = ${a}) => b('#', x)`),
      join([e], (a) => `({ p = ${a}, q } = {}) => (log(p, q), p)`),
      join([e], (a) => `async (x) => (b('#', x), await ${a})`),
      fc.constantFrom('f0', 'f1', "((x) => b('#', x))", '(x) => x', 'o.free', 'traps', 'Bag.of', 'f1.bind(null, 1)'),
    ),
    expression: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'e' },
      leaf,
      { arbitrary: join([e], (a) => `b('#', ${a})`), weight: 6 },
      join([e, e], (a, c) => `(${a} + ${c})`),
      join([e, e, fc.constantFrom('&&', '||')], (a, c, op) => `(${a} ${op} ${c})`),
      join([e, e], (a, c) => `(${a} ?? ${c})`),
      join([e, e, e], (a, c, d) => `(${a} ? ${c} : ${d})`),
      join([e, e], (a, c) => `(${a}, ${c})`),
      join([e, e], (a, c) => `\`<\${${a}}|\${${c}}>\``),
      join([e, e], (a, c) => `tag\`p\${${a}}q\${${c}}r\``),
      join([e, e], (a, c) => `({ k: ${a}, ['c' + ${c}]: 1, ...{ z: 2 } })`),
      join([variable, fc.constantFrom('=', '+=', '??=', '||=', '&&='), e], (v, op, a) => `(${v} ${op} ${a})`),
      join([fc.constantFrom('f0', 'f1', 'f2'), e, e], (f, a, c) => `${f}(${a}, ${c})`),
      join([fc.constantFrom('f0', 'f1', 'f2', 'o.m'), tie('iterable')], (f, a) => `${f}(...${a})`),
      join([method, e], (m, a) => `o.${m}(${a})`),
      join([method, e], (m, a) => `o?.${m}?.(${a})`),
      join([method, e, e], (m, k, a) => `o.deep?.[(${k}, '${m}')]?.(${a})?.x`),
      join([method, e, e], (m, a, c) => `(${a}, o).deep.${m}(${c})`),
      join([fc.constantFrom('m', 's', 'inherited', 'priv'), e], (m, a) => `new C(${a}).${m}?.(${a})`),
      join([e], (a) => `C.make(${a}).value`),
      join([fc.constantFrom('D1', 'D2', 'Made'), e, e], (c, a, d) => `new ${c}(${a}, ${d}).value`),
      join([fc.constantFrom('D1', 'D2'), e], (c, a) => `new ${c}(${a}).m(${a})`),
      join([fc.constantFrom('D1', 'D2'), tie('iterable')], (c, a) => `new ${c}(...${a})`),
      join([e, fc.constantFrom('call', 'bind')], (a, k) =>
        k === 'call' ? `o.m.call({ k: 7 }, ${a})` : `o.m.bind({ k: 8 }, ${a})()`,
      ),
      join([e], (a) => `Reflect.apply(o.m, { k: 9 }, [${a}])`),
      join([e], (a) => `o.free.apply(null, [${a}, 1])`),
      join(
        [list, callback, fc.constantFrom('some', 'every', 'find', 'findIndex', 'findLast', 'forEach')],
        (l, f, m) => `${l}.${m}(${f})`,
      ),
      join([list, e], (l, a) => `${l}.toSorted((x, y) => (${a}, b('#', x > y ? 1 : -1)))`),
      join([e], (a) => `new Uint8Array([3, 1, 2]).sort((x, y) => (${a}, b('#', x - y))).join()`),
      join([callback], (f) => `Object.fromEntries(Object.entries({ p: 1, q: 2 }).map(([k, v]) => [k, (${f})(v)]))`),
      join(
        [e, fc.constantFrom('+x', '`${x}`', 'x + 1', 'x < 2', 'x == 1', '({ [x]: 1 })')],
        (a, use) => `((x) => ${use})(new Coerced(${a}))`,
      ),
      join([e, e], (a, c) => `new Bag(${a}).total(...[${c}, 1])`),
      join([e], (a) => `(new Bag(1).acc = ${a})`),
      join([e], (a) => `(new Bag(1).acc += ${a})`),
      join([e, e], (a, c) => `traps(${a}, ${c})`),
      join([e], (a) => `new traps(${a}).x`),
      join([e], (a) => `(traps.some = ${a})`),
      join([e], (a) => `even(3, ${a})`),
      join([e, e], (a, c) => `[o.k, o.deep.n] = [${a}, ${c}]`).map(group),
      join([e, e], (a, c) => `({ p: v1 = ${a}, q: o.deep.n = ${c} } = { p: undefined, q: 3 })`),
      join([tie('iterable'), e], (i, a) => `[v1, o.deep.n = ${a}] = ${i}`).map(group),
      join(
        [e, e],
        (a, c) => `new (class { f = ${a}; static s = b('#', 1); static { log('static', this.s, ${c}); } })().f`,
      ),
      join([e], (a) => `new (class extends Bag { constructor() { b('#'); super(${a}); log(this.total(1)); } })().n`),
      join([e, e], (a, c) => `({ get p() { return ${a}; }, ['m' + b('#', 1)](x = ${c}) { return x; } }).m1()`),
      join([e], (a) => `o.deep?.gone?.[${a}](${a})`),
      join([e], (a) => `(${a}) instanceof Odd`),
      join([e, e], (a, c) => `Reflect.construct(Bag, [${a}]).total(${c})`),
      join([e, callback], (a, f) => `((...fs) => fs.reduce((v, f) => f(v), ${a}))(${f}, f0)`),
      join([e], (a) => `((cache) => [1, 2].map((k) => (cache[k] ??= b('#', ${a}))))({})`),
      join(
        [e],
        (a) => `new Promise((ok, no) => { no(${a}); ok(b('#', 1)); }).catch((x) => { log('c', x); throw b('#', x); })`,
      ),
      join([callback, callback], (f, g) => `Promise.reject(b('#', 2)).then(null, ${f}).finally(${g})`),
      join([e], (a) => `queue(() => log('queued', ${a}))`),
      join([e], (a) => `af(1).then(() => af(${a}), null)`),
      join(
        [list, e, fc.constantFrom('reduce', 'reduceRight')],
        (l, a, m) => `${l}.${m}((acc, x) => (log('acc', x), [acc, ${a}].length), 0)`,
      ),
      join([e], (a) => `'a1b2'.replace(/\\d/g, (d) => '<' + d + ${a} + '>')`),
      join([e], (a) => `'xyx'.replaceAll('x', (m, at) => at + (${a}, ''))`),
      join([e, e], (a, c) => `JSON.stringify({ p: ${a}, q: [1] }, (k, v) => (k === 'p' ? (fuel(), ${c}) : v))`),
      join([e], (a) => `JSON.parse('{"p":[1,2]}', (k, v) => (typeof v === 'number' ? (${a}, v + 1) : v))`),
      join([e], (a) => `JSON.stringify({ toJSON() { return ${a}; } })`),
      join([callback], (f) => `new Map([['k', 1], ['l', 2]]).forEach(${f})`),
      join([callback], (f) => `new Set([5, 6]).forEach(${f})`),
      join([tie('iterable')], (i) => `[...${i}].length`),
      join([tie('iterable')], (i) => `new Set(${i}).size`),
      join([tie('iterable')], (i) => `Math.max(...${i})`),
      join(
        [e, e, fc.constantFrom('return', 'throw', 'next')],
        (a, c, m) =>
          `(() => { const it = g1(${a}); log(it.next()); try { log(it.${m}(${c})); } finally { log(it.next()); } })()`,
      ),
      join([e], (a) => `(it ??= g0(${a})).next().value`),
      fc.constantFrom(
        'o.acc',
        '(o.acc = 4)',
        'proxy.some',
        "('x' in proxy)",
        '(delete proxy.x)',
        'Object.keys(proxy)',
        '({ ...proxy }).z',
        '`${new Bag(1)}`',
        'new Bag(2).acc',
        'Bag.of?.(4)',
        '`${o}`',
        'typeof o.m',
        'void 0',
        'this?.k',
      ),
      join(
        [e, callback],
        (a, f) => `Promise.resolve(${a}).then(${f}).then((x) => log('then', x), (x) => log('failed', x))`,
      ),
      join(
        [e, e],
        (a, c) =>
          `af(${a}).then((x) => log('af', x, ${c})).catch((x) => log('af failed', x)).finally(() => log('finally', b('#')))`,
      ),
      join(
        [e, e],
        (a, c) =>
          `Promise.all([af(${a}), ${c}, { then(ok) { ok(b('#', 3)); } }]).then((x) => log('all', x), (x) => log('all failed', x))`,
      ),
      join(
        [e],
        (a) => `new Promise((ok, no) => { b('#'); setTimeout(() => ok(${a}), 2); }).then((x) => log('timer', x))`,
      ),
      join([e], (a) => `setTimeout(() => log('timeout', ${a}), 1)`),
      join(
        [e, fc.constantFrom('race', 'any', 'allSettled')],
        (a, m) =>
          `Promise.${m}([new K2().w(${a}), Promise.reject(b('#', 1))]).then((x) => log('${m}', x), (x) => log('${m} failed', x))`,
      ),
      join([block, e], (s, a) => `(() => { ${s} return ${a}; })()`),
      join([block], (s) => `(function () { ${s} return arguments.length; })(1, 2)`),
      join([e], (a) => `(function r(k) { return k > 0 ? (${a}, r(k - 1)) : b('#', k); })(2)`),
      // Of a function of the program: there are no `arguments` at the top of a module.
      join([e], (a) => `(function () { return (() => arguments.length + ${a})(); })(1)`),
    ),
    statement: fc.oneof(
      { maxDepth: 3, depthIdentifier: 's' },
      { arbitrary: join([e], (a) => `log(${a});`), weight: 3 },
      join([e], (a) => `${group(a)};`),
      join([e, block, block], (a, s, t) => `if (${a}) { ${s} } else { ${t} }`),
      join([block], (s) => `for (let i = 0; i < b('#', 2); i++) { ${s} }`),
      join(
        [block, e],
        (s, a) => `L@: for (let i = 0; i < 3; i++) { for (const j of [1, 2]) { ${s} if (${a}) continue L@; } }`,
      ),
      join([tie('iterable'), block], (i, s) => `for (const x of ${i}) { log('of', x); ${s} if (x === 1) break; }`),
      join(
        [tie('iterable'), block],
        (i, s) => `M@: for (const x of ${i}) { for (const y of g0(1)) { ${s} if (x === 1) continue M@; break M@; } }`,
      ),
      join([e, block], (a, s) => `for (const key in { p: 1, q: ${a} }) { log(key); ${s} }`),
      join([block, e], (s, a) => `{ let n = 0; do { ${s} if (n === 1) continue; } while (n++ < 1 && ${a}); }`),
      join(
        [block, block, block],
        (s, t, u) => `try { ${s} } catch (error) { log('caught', error); ${t} } finally { ${u} }`,
      ),
      join(
        [block, e],
        (s, a) => `try { ${s} throw new Error('t' + b('#', 1)); } catch ({ name }) { log(name, ${a}); }`,
      ),
      join([e], (a) => `throw ${a};`),
      join([e, block], (a, s) => `try { return ${a}; } finally { ${s} log('left'); }`),
      join(
        [e, e],
        (a, c) =>
          `L@: for (const i of [1, 2]) { try { if (i === 1) continue L@; return ${a}; } finally { if (${c}) break L@; } }`,
      ),
      join([tie('iterable'), e], (i, a) => `for (const [p, q = ${a}] of [${i}, 'xy']) log(p, q);`),
      join(
        [block],
        (s) =>
          `{ const fs = []; for (const k in { p: 1, q: 2 }) { b('#'); fs.push(() => k); ${s} } log(fs.map((f) => f())); }`,
      ),
      join([e, block], (a, s) => `{ let n = 0; while (n++ < b('#', 2)) { ${s} v1 = ${a}; } }`),
      join(
        [e, block],
        (a, s) => `{ const r = ((k) => { switch (k) { case 1: return ${a}; default: ${s} } })(b('#', 1)); log(r); }`,
      ),
      join([callback], (f) => `log(((g) => g?.(1))(${f}));`),
      join([e], (a) => `if (b('#', false)) return ${a};`),
      join([e], (a) => `return ${a};`),
      join(
        [e, block, block],
        (a, s, t) => `switch (${a}) { case b('#', 1): ${s} break; case 'a': ${t} default: log('default'); }`,
      ),
      join([block, e], (s, a) => `B@: { ${s} if (${a}) break B@; log('end of block'); }`),
      join([tie('iterable')], (i) => `{ const [p, , q = 5, ...rest] = ${i}; log(p, q, rest); }`),
      join([tie('iterable')], (i) => `{ const [p, q = 6] = ${i}; log(p, q); }`),
      join([tie('iterable')], (i) => `{ const [p = b('#', 1), [q] = [b('#', 2)]] = ${i}; log(p, q); }`),
      join(
        [e, e],
        (a, c) => `{ const { p = ${a}, ['q' + b('#', 1)]: q = ${c}, ...rest } = { q1: null, z: 1 }; log(p, q, rest); }`,
      ),
      join(
        [e],
        (a) =>
          `{ const fs = []; for (let i = 0; i < 2; i++) { b('#'); fs.push(() => i + (${a}, 0)); } log(fs.map((f) => f())); }`,
      ),
      join([block, e], (s, a) => `{ log(hoisted(1)); function hoisted(x) { ${s} return ${a}; } }`),
      join(
        [e, e],
        (a, c) =>
          `{ class D extends C { f = ${a}; own(y = ${c}) { return [super.m(y), this.f]; } static st = 2; } log(new D(1).own()); }`,
      ),
    ),
    block: fc
      .array(tie('statement'), { minLength: 0, maxLength: 3, depthIdentifier: 's' })
      .map((list_) => list_.join(' ')),
  };
});

const head = (name: string): string => `fuel(); let v0 = 1, v1, v2 = '${name}', it;`;

/** A whole program. Functions call only those before them, so that it ends. */
export const program: Text = fc
  .tuple(
    fc.array(grammar.block, { minLength: 12, maxLength: 12 }),
    fc.array(grammar.expression, { minLength: 18, maxLength: 18 }),
  )
  .map(([blocks, expressions]) => {
    const [s = '', a0 = '', a1 = '', ...ss] = blocks;
    const [
      x0 = '0',
      x1 = '0',
      x2 = '0',
      x3 = '0',
      x4 = '0',
      x5 = '0',
      x6 = '0',
      x7 = '0',
      x8 = '0',
      x9 = '0',
      y0 = '0',
      y1 = '0',
      y2 = '0',
      y3 = '0',
      y4 = '0',
      y5 = '0',
      y6 = '0',
      y7 = '0',
    ] = expressions;
    return `
let left = 60; const fuel = () => { if (--left < 0) throw new RangeError('fuel'); };
const data = [2, 1]; const v0 = 0, v1 = undefined, v2 = 'top'; let it;
function f0(a, c) { ${head('f0')} ${s} return a; }
const f1 = (a, c = b('#', 'dflt')) => { ${head('f1')} return [a, c, ${x0}]; };
const tag = (strings, ...values) => (b('#'), strings.raw.join('_') + values.length);
function f2({ x = b('#', 1) } = {}, ...rest) { ${head('f2')} ${ss[0] ?? ''} return rest.length + (${x1}, 1); }
function* g0(n) { ${head('g0')} try { yield b('#', 1); ${ss[1] ?? ''} yield 2; } finally { log('g0 ends', b('#', 1)); } return ${x2}; }
function* g1(n) { ${head('g1')} const got = yield* g0(n); log('got', got); try { yield ${x3}; } catch (error) { log('g1 caught', error); yield b('#', 'c'); } }
class C {
  #p = 3; value = 0;
  constructor(v) { fuel(); this.value = v; ${ss[2] ?? ''} }
  static make(v) { return new this(b('#', v)); }
  m(a) { ${head('C.m')} ${ss[3] ?? ''} return [a, this.value]; }
  priv(a) { return this.#q(a) + this.#p; }
  #q(a) { return b('#', a) ? 1 : 2; }
}
class D0 {
  kept = fuel(); #q = 2;
  constructor(v, w = ${y3}) { fuel(); this.value = [v, w, arguments.length]; try { ${y4}; } finally { log('D0', this.#q++); } }
  m(a) { return [a, b('#', this.#q)]; }
}
class D1 extends D0 {
  #own = 'own'; early = [1];
  constructor(v, w) { fuel(); log('D1', ${y5}); super(b('#', v), w); this.own = this.#own; [1, 2].forEach((x) => log(this.value, ${y6})); if (v === 1) return; b('#'); }
}
class D2 extends D1 { later; value = 'D2'; }
function Made(v, w) { fuel(); this.value = [b('#', v), ${y7}]; if (w === 2) return { value: b('#', 'other') }; }
class Coerced {
  constructor(v) { this.v = v; }
  valueOf() { fuel(); return b('#', 1); }
  toString() { fuel(); log('toString', this.v); return b('#', 'str'); }
}
const Odd = { [Symbol.hasInstance](x) { fuel(); return b('#', x === 1); } };
class Bag {
  static made = 0; static #count = b('#', 0); static { Bag.first = b('#', 'first'); }
  static of(v) { Bag.made++; return Bag.#add(b('#', v)); }
  static #add(v) { Bag.#count++; return [v, Bag.#count]; }
  constructor(n) { fuel(); this.n = n; }
  get acc() { fuel(); return b('#', this.n); } set acc(v) { fuel(); this.n = b('#', v); }
  *[Symbol.iterator]() { fuel(); yield b('#', 1); yield* this.each(2); }
  *each(n) { fuel(); try { yield n; yield b('#', 2); } finally { log('each ends', b('#', 1)); } }
  total(...all) { ${head('total')} ${ss[8] ?? ''} return [this.n, all.length, b('#', 1)]; }
  get [Symbol.toStringTag]() { return b('#', 'Bag'); }
}
const failing = { [Symbol.iterator]() { let i = 0; return { next() { fuel(); if (i++ > 0) throw b('#', 'next failed'); return { value: b('#', i), done: false }; }, return() { log('closed', b('#', 1)); return {}; } }; } };
const traps = new Proxy(function (x, y) { return [b('#', x), y]; }, {
  apply: (t, self, args) => { fuel(); return b('#', args.length); },
  construct: (t, args) => { fuel(); return { x: b('#', args[0]) }; },
  set: (t, key, v) => { fuel(); return b('#', true); },
});
function even(n, x) { fuel(); return n <= 0 ? b('#', x) : odd(n - 1, x); }
function odd(n, x) { fuel(); return n <= 0 ? [x] : even(n - 1, b('#', x)); }
const queue = (f) => { Promise.resolve().then(f); return b('#', 1); };
class It { constructor(n) { fuel(); this.i = 0; this.n = n; } [Symbol.iterator]() { b('#'); return this; } next() { fuel(); return { done: this.i >= 2, value: b('#', this.i++) }; } return(v) { log('It.return', b('#', v)); return {}; } }
const o = {
  k: 5, free: (a) => b('#', a), deep: { m(a) { fuel(); return { x: b('#', a) }; }, n: null },
  m(a) { ${head('o.m')} ${ss[4] ?? ''} return [this.k, a, ${x4}]; },
  up: (a) => { ${head('o.up')} ${ss[5] ?? ''} return a; },
  *items(a) { ${head('items')} yield a; ${ss[6] ?? ''} yield b('#', 7); },
  get acc() { ${head('acc')} return b('#', 'acc'); }, set acc(v) { log('set', b('#', v)); },
  toString() { fuel(); return 'O' + b('#', 's'); },
};
const proxy = new Proxy({}, { deleteProperty: (t, key) => b('#', true), ownKeys: () => b('#', ['z']), getOwnPropertyDescriptor: () => ({ value: b('#', 1), enumerable: true, configurable: true }), get: (t, key) => b('#', String(key)), has: (t, key) => b('#', true) });
async function af(a, c = b('#', 'async default')) { ${head('af')} ${a0} log('af', await a); try { ${a1} log(await (${y0})); } catch (error) { log('af caught', error, await b('#', 2)); } finally { log('af finally', await null); } return ${y1}; }
class K2 { async w(x) { fuel(); for (const i of [1, 2]) log('w', i, await (async () => (await x, ${y2}))()); return this.k; } k = 4; }
function main() { ${head('main')} log(${x5}); ${ss[7] ?? ''} log(${x6}, ${x7}); ${x8}; return ${x9}; }`;
  })
  .map(number);

/** Blocking calls and labels are told apart by numbers. */
function number(text: string): string {
  let tags = 0;
  let labels = 0;
  const names: string[] = [];
  return text
    .replace(/b\('#'/g, () => `b('t${++tags}'`)
    .replace(/([LMB])@(:?)/g, (_all, letter: string, colon: string) => {
      if (colon !== '') {
        names.push(`${letter}${++labels}`);
        return `${letter}${labels}:`;
      }
      const open = names.findLast((name) => name.startsWith(letter));
      return open ?? letter;
    });
}
