import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadScript } from '../../../src/engine/script/index.ts';
import { evaluate, load, project } from './project.ts';

const failure = async (loading: Promise<unknown>): Promise<{ message: string; exitCode: number }> => {
  try {
    await loading;
  } catch (error) {
    return error as { message: string; exitCode: number };
  }
  throw new Error('loaded without an error');
};

describe('ES modules', () => {
  it('evaluates local modules once, depth first, and shares their live bindings', async () => {
    const dir = project({
      'script.js': `import def, { inc, n } from './lib/counter.js'; import * as util from './lib/util.js';
        console.log('main', def, n, Object.keys(util).sort().join()); inc();
        export { n as count } from './lib/counter.js'; export default function () { inc(); return n; }`,
      'lib/counter.js': `console.log('counter'); export let n = 0; export function inc() { n += 1; } export default 'd';`,
      'lib/util.js': `import { inc } from './counter.js'; console.log('util'); inc(); export const A = 1; export default 2;`,
    });
    const program = await load(dir);
    const { exports, logs } = await evaluate(program);
    expect(logs).toEqual(['counter', 'util', 'main d 1 A,default']);
    expect(exports['count']).toBe(2);
    expect((exports['default'] as () => number)()).toBe(3);
    expect(exports['count']).toBe(3);
    expect(program.exports.toSorted()).toEqual(['count', 'default']);
  });

  it('takes engine modules from the environment: default, named, renamed, namespace, re-exported', async () => {
    const dir = project({
      'script.js': `import http, { get as g } from 'k6/http'; import * as k6 from 'k6'; import 'k6/metrics';
        export { check } from 'k6'; export * from 'k6/http'; export * as all from 'k6';
        export const seen = [http.name, g(), k6.check === k6['check']].join();`,
    });
    const program = await load(dir);
    const http = { default: { name: 'http' }, get: () => 'got' };
    const { exports } = await evaluate(program, { 'k6/http': http, k6: { check: 1 }, 'k6/metrics': {} });
    expect(exports['seen']).toBe('http,got,true');
    expect(exports['check']).toBe(1);
    expect(Object.keys(exports).sort()).toEqual(['all', 'check', 'get', 'seen']);
    expect(program.imports.map(({ specifier, names }) => `${specifier}:${names.toSorted().join()}`).toSorted()).toEqual(
      ['k6/http:*,default,get', 'k6/metrics:*', 'k6:*,check'],
    );
  });

  it('throws for a name an engine module does not export', async () => {
    const dir = project({ 'script.js': `import { nope } from 'k6'; export default () => nope;` });
    await expect(evaluate(await load(dir), { k6: {} })).rejects.toThrow(
      "The requested module 'k6' does not provide an export named 'nope'",
    );
  });

  it('refuses a name a local module does not export, with file and line', async () => {
    const dir = project({ 'script.js': `\nimport { nope } from './a.js';\nnope();`, 'a.js': 'export const yes = 1;' });
    const { message, exitCode } = await failure(load(dir));
    expect(exitCode).toBe(107);
    expect(message).toContain(`${pathToFileURL(path.join(dir, 'script.js')).href}: Line 2:10`);
    expect(message).toContain('nope');
  });

  it('runs strict and without a this', async () => {
    const dir = project({
      'script.js': `let caught; try { undeclared = 1; } catch (e) { caught = e.name; }
        export const seen = [caught, typeof this, (function () { return typeof this; })()].join();`,
    });
    expect((await evaluate(await load(dir))).exports['seen']).toBe('ReferenceError,undefined,undefined');
  });

  it('awaits at the top level', async () => {
    const dir = project({
      'script.js': `const x = await Promise.resolve(3); console.log(await x); export default () => x;`,
    });
    const program = await load(dir);
    expect(program.topLevelAwait).toBe(true);
    const { exports, logs } = await evaluate(program);
    expect(logs).toEqual(['3']);
    expect((exports['default'] as () => number)()).toBe(3);
  });

  it.each([
    ['async function* g() { yield 1; }', 'SyntaxError: Async generators are not supported yet at URL:2:1'],
    ['class A { async *m() {} }', 'SyntaxError: Async generators are not supported yet at URL:2:11'],
    ['for await (const y of []) y;', 'URL: Line 2:5 Unexpected token await'],
  ])('refuses %s, as k6 does', async (text, message) => {
    const dir = project({ 'script.js': `export default () => 1;\n${text}` });
    const refused = await failure(load(dir));
    expect(refused.exitCode).toBe(107);
    expect(refused.message).toContain(message.replace('URL', pathToFileURL(path.join(dir, 'script.js')).href));
  });

  it('gives unnamed default exports the name default', async () => {
    const dir = project({
      'script.js': `import f from './f.js'; import K from './k.js'; import { my_default } from './f.js';
        export const names = [f.name, K.name, my_default.name].join();`,
      'f.js': 'export const my_default = () => 2; export default () => 1;',
      'k.js': 'export default class {}',
    });
    expect((await evaluate(await load(dir))).exports['names']).toBe('default,default,my_default');
  });

  it('gives import.meta of each file', async () => {
    const dir = project({
      'script.js': `import { url } from './lib/a.js'; export const urls = [import.meta.url, url];`,
      'lib/a.js': `export const { url } = import.meta;`,
    });
    const urls = ['script.js', 'lib/a.js'].map((file) => pathToFileURL(path.join(dir, file)).href);
    expect((await evaluate(await load(dir))).exports['urls']).toEqual(urls);
  });

  it('rejects dynamic import with a plain string', async () => {
    const dir = project({
      'script.js': `export default async () => { try { await import('./a.js'); } catch (e) { return typeof e; } };`,
      'a.js': 'export default 1;',
    });
    const { exports } = await evaluate(await load(dir));
    expect(await (exports['default'] as () => Promise<string>)()).toBe('string');
  });
});

it('keeps the names of functions and classes, also of equal ones in two files and of those that mention themselves', async () => {
  const dir = project({
    'a.js': `export function helper() { return helper.name; } export class Thing { static make() { return new Thing(); } } export const arrow = () => 1; export class Named { static name = 'own'; }`,
    'script.js': `import { helper as h2, Thing as T2, arrow as a2, Named as N2 } from './a.js';
      function helper() { return helper.name + '-' + h2(); } class Thing { static n = 0; constructor() { Thing.n++; } other() { return new T2(); } } const arrow = () => 2;
      class Named { static name = 'mine'; static self() { return Named; } } class Solo { static get x() { return Solo.name; } static _Solo = { _Solo: 1 }; }
      export const seen = [helper(), Thing.name, T2.name, arrow.name, a2.name, Named.name, N2.name, Solo.x, Solo._Solo._Solo, new Thing().other() instanceof T2, Named.self() === Named].join();`,
  });
  expect((await evaluate(await load(dir))).exports['seen']).toBe(
    'helper-helper,Thing,Thing,arrow,arrow,mine,own,Solo,1,true,true',
  );
});

describe('globals', () => {
  it('binds __VU and __ITER so that the VU can move them on', async () => {
    const dir = project({
      'script.js': `export const init = [__VU, __ITER]; export default () => [__VU, __ITER, __ENV.NAME];`,
    });
    const { exports, setCounters } = await evaluate(await load(dir));
    expect(exports['init']).toEqual([0, undefined]);
    setCounters(7, 3);
    expect((exports['default'] as () => unknown[])()).toEqual([7, 3, 'value']);
  });

  it('leaves names the script declares itself alone', async () => {
    const dir = project({
      'script.js': `function open(x) { return 'own ' + x; } const f = ({ require, console = 2 }) => require + console;
        export const seen = [open('a'), f({ require: 1 })].join(); { let __VU = 5; globalThis.x = __VU; }`,
    });
    expect((await evaluate(await load(dir))).exports['seen']).toBe('own a,3');
  });

  it('lets a script assign to a global it was given', async () => {
    const dir = project({
      'script.js': `console = { log: (x) => x + '!' }; export const seen = console.log('a'); export {};`,
    });
    expect((await evaluate(await load(dir))).exports['seen']).toBe('a!');
  });

  it('shows the bindings to direct eval', async () => {
    const dir = project({ 'script.js': `export const seen = eval('typeof open + __ENV.NAME');` });
    expect((await evaluate(await load(dir))).exports['seen']).toBe('functionvalue');
  });

  it.each([
    ['Array.prototype.last = function () {};', true],
    ['globalThis.counter = 1;', true],
    ['const g = globalThis; g.x = 1;', true],
    ["Object.defineProperty(String.prototype, 'shout', { value: 1 });", true],
    ['Math.random = () => 4;', true],
    ["new Function('return 1')();", true],
    ['[].__proto__.x = 1;', true],
    ['const { hasOwnProperty } = Object.prototype;', true],
    ['delete Array.prototype.at;', true],
    ['const has = Object.prototype.hasOwnProperty; Object.assign({}, Math);', false],
    ["class A {} A.prototype.x = 1; const o = {}; o.y = Array.isArray([]); typeof globalThis === 'object';", false],
    ['console.extra = 1; __ENV.X = 1;', false],
  ])('knows whether %s needs a realm per VU', async (code, expected) => {
    const dir = project({ 'script.js': `${code}\nexport default function () {}` });
    expect((await load(dir)).ownRealm).toBe(expected);
  });
});

it('reads Unicode property escapes in regular expressions as the text they are in k6', async () => {
  const dir = project({
    'script.js': String.raw`export const seen = [/^\p{Lu}$/u.test('É'), /^\p{Lu}$/u.test('p{Lu}'), /^\\p{1}$/u.test('\\p'), /[\p{L}]/u.test('L'), /\u{41}/u.test('A')].join();`,
  });
  expect((await evaluate(await load(dir))).exports['seen']).toBe('false,true,true,true,true');
});

describe('CommonJS', () => {
  it('runs sloppy and exports module.exports', async () => {
    const dir = project({
      'script.js': `leaked = 010; exports.default = function () { return leaked; }; exports.options = { vus: 2 };`,
    });
    const { exports } = await evaluate(await load(dir));
    expect((exports['default'] as () => number)()).toBe(8);
    expect(exports['options']).toEqual({ vus: 2 });
  });

  it('runs a webpack-style bundle', async () => {
    const dir = project({
      'script.js': `/******/ (() => { "use strict"; var m = { 1: (e) => { e.exports = require("k6/http"); } }; var c = {};
        function r(id) { if (c[id]) return c[id].exports; var x = (c[id] = { exports: {} }); m[id](x, x.exports, r); return x.exports; }
        var out = {}; Object.defineProperty(out, '__esModule', { value: true }); out.default = () => r(1).get();
        module.exports = out; })();`,
    });
    const { exports } = await evaluate(await load(dir), { 'k6/http': { get: () => 'got' } });
    expect((exports['default'] as () => string)()).toBe('got');
  });

  it('requires local and engine modules from an ES module', async () => {
    const dir = project({
      'script.js': `const lib = require('./lib/cjs.js'); const { get } = require('k6/http');
        export const seen = [lib.answer, lib.next(), get(), typeof require].join();`,
      'lib/cjs.js': `let n = 0; exports.answer = 42; exports.next = () => ++n; exports.text = open('./t.txt');`,
      'lib/t.txt': 'text',
    });
    const { exports } = await evaluate(await load(dir), { 'k6/http': { get: () => 'got' } });
    expect(exports['seen']).toBe('42,1,got,function');
  });

  it('throws from require() of a file that is not there, when it is called', async () => {
    const dir = project({
      'script.js': `let seen; try { require('./none.js'); } catch (e) { seen = 'caught'; } exports.seen = seen;`,
    });
    expect((await evaluate(await load(dir))).exports['seen']).toBe('caught');
  });

  it('lets a CommonJS file create globals by assignment when an ES module imports it, but not the ES module', async () => {
    const dir = project({
      'script.js': `import lib from './old.js'; let strict; try { other = 1; } catch (e) { strict = e.name; }
        export const seen = [lib.count(), lib.count(), typeof counter, strict].join();`,
      'old.js': `counter = 10; module.exports = { count: function () { return counter++; } };`,
    });
    const program = await load(dir);
    expect((await evaluate(program)).exports['seen']).toBe('10,11,number,ReferenceError');
  });

  it('refuses a file that mixes exports with import', async () => {
    const dir = project({
      'script.js': `import http from 'k6/http';\nexports.default = function () { http.get('/'); };`,
    });
    const { message, exitCode } = await failure(load(dir));
    expect(exitCode).toBe(107);
    expect(message).toContain('you are trying to access identifier "exports"');
    expect(message).toContain('script.js');
  });
});

describe('TypeScript', () => {
  it('strips types without checking them, drops type-only imports, keeps enums and fields', async () => {
    const dir = project({
      'script.ts': `import { T, V } from './m.ts'; import { Response } from 'k6/http'; enum Level { Low = 1, High }
        class A { declare ghost: string; constructor(public readonly x: number) {} } const wrong: number = 'text';
        export const seen = [Level[2], new A(3).x, 'ghost' in new A(1), V satisfies T, wrong, (null as Response | null)].join();`,
      'm.ts': `export interface T {} export const V = 'v' as const;`,
    });
    expect((await evaluate(await load(dir, 'script.ts'))).exports['seen']).toBe('High,3,false,v,text,');
  });
});

describe('the entry', () => {
  const source = `export const seen = 1; export default function () {}`;

  it.each(['script.js', './script.js', 'sub/../script.js'])('is found as %s', async (name) => {
    const dir = project({ 'script.js': source });
    const program = await load(dir, name);
    expect(program.url).toBe(pathToFileURL(path.join(dir, 'script.js')).href);
    expect(program.dir).toBe(dir);
  });

  it('may be a file URL, or text from standard input that imports from the working directory', async () => {
    const dir = project({ 'script.mjs': source, 'lib.js': 'export const v = 5;' });
    expect((await load(dir, pathToFileURL(path.join(dir, 'script.mjs')).href)).exports).toContain('seen');
    const stdin = await loadScript(
      { stdin: `import { v } from './lib.js'; export const seen = v;` },
      { cwd: dir, cacheDir: false, strategy: 'exact' },
    );
    expect((await evaluate(stdin)).exports['seen']).toBe(5);
  });

  it('that is not there is named in the error', async () => {
    const { message } = await failure(load(project({}), 'none.js'));
    expect(message).toContain(`The moduleSpecifier "none.js" couldn't be found on local disk`);
  });

  it('that imports a missing file fails with what was imported', async () => {
    const dir = project({ 'script.js': `import { x } from './not-there.js';` });
    const { message, exitCode } = await failure(load(dir));
    expect(exitCode).toBe(107);
    expect(message).toMatch(
      /^could not initialize 'script.js': could not load JS test 'file:.*script.js': The moduleSpecifier "\.\/not-there.js"/,
    );
  });

  it('with a syntax error fails with file, line, column and a code frame', async () => {
    const dir = project({ 'script.js': 'export default function () {\n  const = 5;\n}\n' });
    const { message, exitCode } = await failure(load(dir));
    expect(exitCode).toBe(107);
    expect(message).toBe(
      `could not initialize 'script.js': could not load JS test 'file://${dir}/script.js': file://${dir}/script.js: ` +
        `Line 2:9 Unexpected token =\n> 2 |   const = 5;\n              ^`,
    );
  });
});

describe('open()', () => {
  it('starts at the folder of the file that calls it', async () => {
    const dir = project({
      'script.js': `import { inner } from './data/helper.js'; export const seen = [open('data/a.txt'), inner].join();`,
      'data/helper.js': `export const inner = open('./a.txt');`,
      'data/a.txt': 'text',
    });
    expect((await evaluate(await load(dir))).exports['seen']).toBe('text,text');
  });
});
