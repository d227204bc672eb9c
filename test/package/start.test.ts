/** What a command says where it cannot run. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { root, temporaryFolder } from '../e2e/harness.ts';

const bins = ['gravl-load', 'gravl-k6'];
const run = (file: string, ...node: string[]) =>
  spawnSync(process.execPath, [...node, file, '--version'], { encoding: 'utf8', timeout: 120_000 });

it.each(bins)('%s names the Node it needs on one that is too old', (name) => {
  const old = path.join(temporaryFolder(), 'old.cjs');
  writeFileSync(
    old,
    `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.9' } });`,
  );
  const { status, stdout, stderr } = run(path.join(root, 'bin', `${name}.js`), '--require', old);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toBe(`${name} needs Node 20.20 or newer; this is Node 20.19.9\n`);
});

it.each([
  ['gravl-load', ['run', '--help'], 0],
  ['gravl-k6', ['run', '--help'], 141],
])('%s says nothing when nobody reads to the end', async (name, args, exitCode) => {
  const child = spawn(process.execPath, [path.join(root, 'bin', `${name}.js`), ...args]);
  child.stdout.destroy();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  expect(await once(child, 'close')).toEqual([exitCode, null]);
  expect(stderr).toBe('');
});

it.each(bins)('%s says how to build it', (name) => {
  const dir = temporaryFolder();
  cpSync(path.join(root, 'bin'), path.join(dir, 'bin'), { recursive: true });
  writeFileSync(path.join(dir, 'package.json'), '{ "type": "module" }');
  const { status, stdout, stderr } = run(path.join(dir, 'bin', `${name}.js`));
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toBe(`${name} is not built yet: npm run build\n`);
});
