/** The scripts of the project say what they take, and refuse what they do not know before they do anything. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../e2e/harness.ts';

const scripts = [
  ...readdirSync(path.join(root, 'scripts'))
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => `scripts/${name}`),
  'bench/main.mjs',
  'bench/micro/http/run.mjs',
  'bench/verdict/main.mjs',
  'test/conformance/conform.mjs',
];

const run = (script: string, ...args: string[]) =>
  spawnSync(process.execPath, [path.join(root, script), ...args], { encoding: 'utf8', timeout: 120_000 });

describe.each(scripts)('%s', (script) => {
  it('--help shows how it is called', () => {
    const { status, stdout, stderr } = run(script, '--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/npm run|node /);
  });

  it.each(['--no-such-option', 'no-such-word'])('refuses %s with exit code 2 and one message', (argument) => {
    const { status, stdout, stderr } = run(script, argument);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(argument);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

it.each([
  ['bench/main.mjs', '--runs', '0'],
  ['bench/main.mjs', '--seconds', 'many'],
  ['bench/main.mjs', '--only', 'no-such-row'],
  ['bench/main.mjs', '--only'],
  ['bench/verdict/main.mjs', 'lanes=none'],
  ['bench/micro/http/run.mjs', '--vus', '-1'],
])('%s refuses %s', (script, ...args) => {
  const { status, stdout, stderr } = run(script, ...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain(args[0]?.split('=')[0]);
  expect(stderr).not.toMatch(/\n\s+at /);
});
