import vm from 'node:vm';
import { describe, expect, it } from 'vitest';
import { load, project } from './project.ts';

const calm = `import http from 'k6/http'; export default function () { [1].map(() => http.get('http://x')); }`;
const plain = `import http from 'k6/http'; export default function () { http.get('http://x/' + Object.keys(lib)); }`;
const blockingGetter = `import http from 'k6/http';
class Page {
  get r() { return http.get('http://x'); }
}
export default function () { new Page().r; }`;

describe('the form of a program', () => {
  it('is fast when nothing speaks against it, with the same exports and imports', async () => {
    const dir = project({ 'script.js': calm });
    const [fast, exact] = [
      await load(dir, 'script.js', { strategy: 'auto' }),
      await load(dir, 'script.js', { strategy: 'exact' }),
    ];
    expect([fast.form, fast.exactReasons]).toEqual(['fast', []]);
    expect(exact.form).toBe('exact');
    expect([fast.exports, fast.imports, fast.sources]).toEqual([exact.exports, exact.imports, exact.sources]);
    expect(fast.code).not.toBe(exact.code);
    expect(() => new vm.Script(fast.code)).not.toThrow();
  });

  it('is exact with the reason and its place in the user’s file', async () => {
    const dir = project({ 'script.js': blockingGetter });
    const program = await load(dir, 'script.js', { strategy: 'auto' });
    expect(program.form).toBe('exact');
    expect(program.exactReasons[0]).toMatch(/^getter or setter at file:.*\/script\.js:3:\d+: /);
  });

  it('is what the user asks for, and the reasons are given all the same', async () => {
    const dir = project({ 'script.js': blockingGetter });
    const program = await load(dir, 'script.js', { strategy: 'fast' });
    expect(program.form).toBe('fast');
    expect(program.exactReasons.length).toBeGreaterThan(0);
  });

  it.each([
    'https://jslib.k6.io/k6-utils/1.4.0/index.js',
    'https://jslib.k6.io/k6-summary/0.1.0/index.js',
    'https://raw.githubusercontent.com/benc-uk/k6-reporter/main/dist/bundle.js',
    'https://jslib.k6.io/formdata/0.0.2/index.js',
    'https://jslib.k6.io/httpx/0.1.0/index.js',
    'https://jslib.k6.io/url/1.0.0/index.js',
    'https://jslib.k6.io/expect/0.0.5/index.js',
    'https://jslib.k6.io/papaparse/5.1.1/index.js',
  ])('stays fast, in a shared realm, for a script that imports %s', async (address) => {
    const dir = project({
      'script.js': `import * as lib from '${address}'; ${plain}`,
    });
    const program = await load(dir, 'script.js', { strategy: 'auto' });
    expect(program.exactReasons).toEqual([]);
    expect(program.form).toBe('fast');
    expect(program.ownRealm).toBe(false);
  });
});
