import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../../..');
const dir = mkdtempSync(path.join(os.tmpdir(), 'gravl-startup-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** Lists all files that were loaded: ES modules by a hook, CommonJS by what is left in its cache. */
const HOOKS = `
  import { appendFileSync } from 'node:fs';
  export async function load(url, context, next) {
    appendFileSync(process.env.LOADED, url + '\\n');
    return next(url, context);
  }`;
const REGISTER = `
  import { appendFileSync } from 'node:fs';
  import { createRequire, register } from 'node:module';
  register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(HOOKS)}));
  process.on('exit', () => appendFileSync(process.env.LOADED, Object.keys(createRequire('file:///').cache).join('\\n')));`;

function packagesOf(script: string): string[] {
  const file = path.join(dir, 'script.js');
  const loaded = path.join(dir, 'loaded.txt');
  writeFileSync(file, script);
  const env = { ...process.env, XDG_CACHE_HOME: path.join(dir, 'cache'), LOADED: loaded };
  const bin = path.join(root, 'bin/gravl-k6.js');
  const hooks = `data:text/javascript,${encodeURIComponent(REGISTER)}`;
  for (const args of [[], ['--import', hooks]]) {
    writeFileSync(loaded, '');
    const { status, stderr } = spawnSync(process.execPath, [...args, bin, 'run', '--quiet', file], {
      env,
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
  }
  const files = readFileSync(loaded, 'utf8').split('\n');
  expect(files.some((file) => file.includes('/dist/'))).toBe(true);
  return [...new Set(files.flatMap((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []))].sort();
}

describe('the start of a run that is in the cache', () => {
  test('loads no package at all', () => {
    expect(packagesOf('export default function () {}')).toEqual([]);
  });

  test('loads what a script asks for, when it asks', () => {
    expect(packagesOf("import grpc from 'k6/net/grpc'; new grpc.Client(); export default function () {}")).toContain(
      'protobufjs',
    );
  });
});
