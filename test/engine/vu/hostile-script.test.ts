import { afterEach, describe, expect, it } from 'vitest';
import { iterate, openScript, type ScriptRun } from './script-run.ts';

let run: ScriptRun | undefined;
afterEach(async () => {
  await run?.dispose();
  run = undefined;
});

/** Walks from a value over prototypes, constructors and properties; prints what leads to Node. */
const probe = `
  const found = [];
  function escapes(value, path, depth = 0, seen = new Set()) {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value) || depth > 5) return;
    seen.add(value);
    if (typeof value === 'function') {
      try { if (typeof value.constructor('return typeof process')() === 'string' && value.constructor('return typeof process')() !== 'undefined') found.push(path); } catch {}
    }
    for (const key of Reflect.ownKeys(value)) {
      let next;
      try { next = value[key]; } catch (thrown) { next = thrown; }
      escapes(next, path + '.' + String(key), depth + 1, seen);
    }
    escapes(Object.getPrototypeOf(value), path + '.__proto__', depth + 1, seen);
  }
`;

async function findings(body: string, imports = ''): Promise<string[]> {
  run = await openScript(
    `${imports}\n${probe}\nexport default async function () { ${body}\nconsole.log('found', found.join() || 'nothing'); }`,
  );
  expect(await iterate(await run.vu())).toEqual({ kind: 'done' });
  return run.console();
}

describe('a hostile script', () => {
  it('finds no way to Node from any global or module', async () => {
    const lines = await findings(
      `escapes(globalThis, 'globalThis'); escapes({ http, k6, exec: Object.keys(exec), metrics, data, encoding, crypto: k6crypto, html }, 'modules');`,
      `import http from 'k6/http'; import * as k6 from 'k6'; import exec from 'k6/execution'; import * as metrics from 'k6/metrics';
       import * as data from 'k6/data'; import encoding from 'k6/encoding'; import k6crypto from 'k6/crypto'; import * as html from 'k6/html';`,
    );
    expect(lines).toEqual(['found nothing']);
  });

  it('finds no way from errors that the engine throws, promises it makes, or callback arguments', async () => {
    const lines = await findings(
      `for (const attempt of [() => http.get(), () => check(), () => group(1), () => open('x'), () => require('fs'), () => sleep(Symbol()), () => fail('x'),
         () => exec.vu.tags.x = {}, () => new Counter('late'), () => http.get('http://127.0.0.1:1/', { timeout: {} })]) {
         try { escapes(attempt(), 'result'); } catch (thrown) { escapes(thrown, 'thrown'); }
       }
       escapes(crypto.subtle.digest('SHA-256', new Uint8Array(2)), 'promise');
       escapes(await crypto.subtle.digest('SHA-256', new Uint8Array(2)), 'digest');
       await new Promise((done) => setTimeout(function (...args) { escapes(this, 'this'); escapes(arguments, 'arguments'); done(); }, 1));
       escapes(http.get('http://127.0.0.1:1/'), 'response');
       escapes(exec.test.options, 'options');`,
      `import http from 'k6/http'; import { check, group, sleep, fail } from 'k6'; import exec from 'k6/execution'; import { Counter } from 'k6/metrics';`,
    );
    expect(lines.at(-1)).toBe('found nothing');
  });

  it('cannot import Node modules from code made of strings', async () => {
    const lines = await findings(`
      const codes = ["import('node:fs')", "import /* x */ ('node:fs')", "import\\n('node:fs')", "eval('imp' + 'ort(\\"node:fs\\")')", "(0, eval)('imp' + 'ort(\\"node:fs\\")')"];
      const makers = [(c) => (0, eval)(c), (c) => new Function('return ' + c)(), (c) => Function('return ' + c)(),
        (c) => (function () {}).constructor('return ' + c)(), (c) => (async () => {}).constructor('return ' + c)(),
        (c) => (function* () {}).constructor('return ' + c)().next().value, (c) => (0, eval)('(async function* () {})').constructor('return ' + c)().next(),
        (c) => Reflect.construct(Function, ['return ' + c])(), (c) => new (class extends Function {})('return ' + c)(),
        (c) => Function('a = ' + c, 'return a')(), (c) => { let n = 0; return Function({ toString: () => n++ ? 'return ' + c : 'return 1' })(); }];
      for (const code of codes) for (const make of makers) {
        try { const value = await make(code); if (value !== undefined && value !== 1) { console.log('ran', code, String(make)); escapes(value, 'value'); } }
        catch (thrown) { if (!(thrown instanceof Error)) console.log('foreign', String(thrown)); escapes(thrown, 'thrown'); }
      }`);
    expect(lines).toEqual(['found nothing']);
  });

  it('cannot get at Node through stack traces', async () => {
    const lines = await findings(`
      let frames;
      Error.prepareStackTrace = (_error, trace) => { frames = trace; return 'x'; };
      new Error('1').stack;
      const { Error: Original } = globalThis;
      globalThis.Error = { prepareStackTrace: (_error, trace) => { frames = trace; return 'y'; } };
      try { null.x } catch (e) { e.stack; }
      try { open('x'); } catch (e) { e.stack; }
      globalThis.Error = Original;
      if (frames) for (const frame of [frames, ...frames]) {
        escapes(frame, 'frame');
        for (const name of ['getThis', 'getFunction']) escapes(frame[name]?.(), name);
      }`);
    expect(lines).toEqual(['found nothing']);
  });

  it('gets no error of the engine realm when it calls at the end of its stack', async () => {
    const lines = await findings(
      `const calls = [() => http.url\`x\${1}\`, () => check(1, { a: () => true }, { t: 'v' }), () => counter.add(1, { t: 'v' }), () => console.log.name.length,
         () => exec.vu.tags.a = 'b', () => group('g', () => 1), () => sleep(0), () => encoding.b64encode('x'), () => crypto.getRandomValues(new Uint8Array(1)), () => exec.scenario.progress];
       for (const call of calls) {
         const dive = () => { try { dive(); } catch (e) { try { call(); } catch (inner) { escapes(inner, 'inner'); } throw e; } };
         try { dive(); } catch (e) { escapes(e, 'outer'); }
       }`,
      `import http from 'k6/http'; import { check, group, sleep } from 'k6'; import exec from 'k6/execution'; import { Counter } from 'k6/metrics'; import encoding from 'k6/encoding';
       const counter = new Counter('deep');`,
    );
    expect(lines.at(-1)).toBe('found nothing');
  });

  it('sees nothing of the host when it patches every builtin the engine might use', async () => {
    const lines = await findings(
      `const seen = new Set();
       for (const proto of [Array.prototype, Map.prototype, Set.prototype, Object, Reflect, Array, JSON, String.prototype, Function.prototype, Promise.prototype, Uint8Array.prototype]) {
         for (const key of Object.getOwnPropertyNames(proto)) {
           const original = Object.getOwnPropertyDescriptor(proto, key);
           if (key === 'constructor' || key === 'prototype' || typeof original?.value !== 'function' || !original.configurable) continue;
           const { value } = original;
           Object.defineProperty(proto, key, { ...original, value: function (...args) { for (let i = 0; i < args.length; i++) setAdd(args[i]); setAdd(this); return reflectApply(value, this, args); } });
         }
       }
       try {
         http.get('http://127.0.0.1:1/', { tags: { a: 'b' }, headers: { A: 'b' } });
         check(1, { a: () => true }, { t: 'v' }); counter.add(1, { t: 'v' }); exec.vu.tags.a = 'b'; group('g', () => 1); exec.vu.tags.a; JSON.stringify(exec.vu.tags);
         encoding.b64encode('x');
       } finally { patched = false; }
       for (const value of list) escapes(value, 'argument');`,
      `import http from 'k6/http'; import { check, group } from 'k6'; import exec from 'k6/execution'; import { Counter } from 'k6/metrics'; import encoding from 'k6/encoding';
       const counter = new Counter('patched_things');
       const { apply: reflectApply } = Reflect; let patched = true; const list = [];
       function setAdd(value) { if (patched && ((typeof value === 'object' && value !== null) || typeof value === 'function')) list[list.length] = value; }`,
    );
    expect(lines.at(-1)).toBe('found nothing');
  });
});
