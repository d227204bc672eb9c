import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isRemote } from '../../../src/engine/script/remote.ts';
import { createStackMapper } from '../../../src/engine/script/source-map.ts';
import { evaluate, load, project, tempDir } from './project.ts';

const files: Record<string, string> = {};
let requests: string[] = [];
const server = http.createServer((request, response) => {
  const url = request.url ?? '';
  requests.push(url);
  const text = files[url];
  response.writeHead(text === undefined ? 404 : 200, { 'content-type': 'text/javascript' }).end(text ?? 'not here');
});
let base = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(() => {
  requests = [];
  Object.assign(files, {
    '/lib/index.js': `import { part } from './part.js'; import http from 'k6/http'; export const whole = part + http; export function boom() {\n  throw new Error('remote'); }`,
    '/lib/part.js': `export const part = 'part-';`,
    '/broken.js': `export const x = ;`,
  });
});

const script = (from: string): string =>
  project({
    'script.js': `import { whole, boom } from '${base}${from}'; export { whole }; export default function () { boom(); }`,
  });
const modules = { 'k6/http': { default: 'http' } };

describe('modules from the network', () => {
  it('are fetched with what they import, once, and kept', async () => {
    const [dir, cacheDir] = [script('/lib/index.js'), tempDir()];
    const { exports } = await evaluate(await load(dir, 'script.js', { cacheDir }), modules);
    expect(exports['whole']).toBe('part-http');
    expect(requests).toEqual(['/lib/index.js', '/lib/part.js']);
    writeFileSync(path.join(dir, 'script.js'), `${readFileSync(path.join(dir, 'script.js'), 'utf8')}// changed`);
    await load(dir, 'script.js', { cacheDir });
    expect(requests).toHaveLength(2);
  });

  it('are fetched every time without a cache', async () => {
    const dir = script('/lib/index.js');
    await load(dir);
    await load(dir);
    expect(requests).toHaveLength(4);
  });

  it('show their own address in stacks', async () => {
    const program = await load(script('/lib/index.js'));
    const { exports } = await evaluate(program, modules);
    try {
      (exports['default'] as () => void)();
      expect.unreachable();
    } catch (error) {
      const { name, message, stack } = error as Error;
      const log = createStackMapper(program).describe({ name, message, stack: stack ?? '' });
      expect(log).toContain(`\tat boom (${base}/lib/index.js:2:9)\n`);
    }
  });

  it('are refused when they change, until their lock is deleted', async () => {
    const [dir, cacheDir] = [script('/lib/index.js'), tempDir()];
    await load(dir, 'script.js', { cacheDir });
    const folder = path.join(cacheDir, 'remote');
    const kept = readdirSync(folder).filter((file) => file.endsWith('.js'));
    expect(kept).toHaveLength(2);
    for (const file of kept) writeFileSync(path.join(folder, file), 'export const tampered = 1;');
    // Damaged copies are fetched again, and accepted because they are what was locked.
    const { exports } = await evaluate(await load(dir, 'script.js', { cacheDir }), modules);
    expect(exports['whole']).toBe('part-http');

    for (const file of kept) writeFileSync(path.join(folder, file), '');
    files['/lib/part.js'] = `export const part = 'other-';`;
    await expect(load(dir, 'script.js', { cacheDir })).rejects.toThrow(
      /has changed since it was first loaded.*lock\.json/s,
    );
  });

  it('are refused with noRemote, except those that ship with the engine', async () => {
    await expect(load(script('/lib/index.js'), 'script.js', { noRemote: true })).rejects.toThrow('--no-remote');
    expect(requests).toEqual([]);
    const dir = project({
      'script.js': `import { uuidv4 } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js'; export default uuidv4;`,
    });
    expect((await load(dir, 'script.js', { noRemote: true })).exports).toEqual(['default']);
  });

  it('that are not there or cannot be reached end with one clear message', async () => {
    await expect(load(script('/none.js'))).rejects.toMatchObject({
      exitCode: 107,
      message: expect.stringContaining(`wrong status code (404) for ${base}/none.js`) as string,
    });
    const dir = project({ 'script.js': `import 'http://127.0.0.1:1/x.js';` });
    await expect(load(dir)).rejects.toThrow(
      /couldn't be retrieved from the resolved url "http:\/\/127\.0\.0\.1:1\/x\.js"/,
    );
  });

  it('with a syntax error show it at their own address', async () => {
    await expect(load(script('/broken.js'))).rejects.toThrow(
      `${base}/broken.js: Line 1:18 Unexpected token ;\n> 1 | export const x = ;\n`,
    );
  });
});

it.each([
  ['https://example.test/x.js', true],
  ['http://localhost:8080/x.js', true],
  ['http://example.test/x.js', false],
  ['./https://x', false],
])('%s is a remote module: %s', (specifier, expected) => {
  expect(isRemote(specifier)).toBe(expected);
});
