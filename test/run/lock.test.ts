import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lockFile, lockHolder, lockTarget } from '../../src/run/lock.ts';
import { bundleProgram, gravlLoad, target, temporaryFolder } from '../e2e/harness.ts';

/** A port nobody else locks. */
let port = 40_000 + (process.pid % 10_000);
const freshUrl = (): string => `http://127.0.0.1:${port++}`;

const held = (url: string, changes: object): void => {
  const unlock = lockTarget(url, 'local', 'r1');
  onTestFinished(unlock);
  const lock = JSON.parse(readFileSync(lockFile(url), 'utf8')) as { owner: object };
  writeFileSync(lockFile(url), JSON.stringify({ ...lock, owner: { ...lock.owner, ...changes } }));
};
const deadPid = (): number => spawnSync(process.execPath, ['--version']).pid;

describe('the lock of a target', () => {
  it('is held by one load at a time, and free after it', () => {
    const url = freshUrl();
    const unlock = lockTarget(url, 'staging', 'r1');
    expect(lockHolder(url)).toMatchObject({ run: 'r1', env: 'staging' });
    expect(() => lockTarget(url, 'staging', 'r2')).toThrow(
      expect.objectContaining({ code: 'target.busy', exitCode: 6 }) as Error,
    );
    lockTarget(freshUrl(), 'staging', 'r3')();
    unlock();
    expect(lockHolder(url)).toBeUndefined();
    lockTarget(url, 'staging', 'r2')();
  });

  it('is one for all names of this machine, and of a host', () => {
    const { port: own } = new URL(freshUrl());
    const names = ['localhost', '127.0.0.1', '127.0.0.2', '[::1]', '2130706433', 'localhost.'];
    expect(new Set(names.map((name) => lockFile(`http://${name}:${own}`)))).toHaveLength(1);
    expect(lockFile('https://GRAVL.app./x')).toBe(lockFile('https://gravl.app'));
    expect(lockFile('http://gravl.app')).not.toBe(lockFile('https://gravl.app'));
  });

  it.each([
    ['whose process is gone', { pid: deadPid(), started: null }],
    ['whose pid belongs to another process now', { started: 'another-boot:1' }],
  ])('is taken over from a run %s', (_, owner) => {
    const url = freshUrl();
    held(url, owner);
    expect(lockHolder(url)).toBeUndefined();
    lockTarget(url, 'local', 'r2')();
    expect(existsSync(lockFile(url))).toBe(false);
  });

  it('of another machine is not taken over', () => {
    const url = freshUrl();
    held(url, { host: 'elsewhere', pid: deadPid() });
    expect(() => lockTarget(url, 'local', 'r2')).toThrow(expect.objectContaining({ code: 'target.busy' }) as Error);
  });

  it('that is damaged is taken over', () => {
    const url = freshUrl();
    lockTarget(url, 'local', 'r1')();
    writeFileSync(lockFile(url), '{"owner":');
    lockTarget(url, 'local', 'r2')();
  });

  it('goes to exactly one of many processes that find it stale', async () => {
    const url = freshUrl();
    held(url, { pid: deadPid(), started: null });
    const dir = temporaryFolder();
    const script = path.join(dir, 'contender.mjs');
    const contents = `
      import { lockTarget } from './src/run/lock.ts';
      try { lockTarget(process.argv[2], 'local', process.argv[3]); console.log('mine'); await new Promise((r) => process.stdin.once('end', r).resume()); }
      catch (error) { console.log(error.code); }`;
    await bundleProgram(contents, script);
    const contenders = Array.from({ length: 8 }, (_, index) =>
      spawn(process.execPath, [script, url, `c${index}`], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    const said = await Promise.all(
      contenders.map(
        (child) =>
          new Promise<string>((resolve) =>
            child.stdout.once('data', (text: Buffer) => resolve(text.toString().trim())),
          ),
      ),
    );
    for (const child of contenders) child.stdin.end();
    expect(said.filter((text) => text === 'mine')).toHaveLength(1);
    expect(said.filter((text) => text === 'target.busy')).toHaveLength(contenders.length - 1);
  });

  it('keeps a second load out, is shown by --dry-run, and is gone after the run', async () => {
    const { url } = await target();
    const args = ['run', '--profile', 'smoke', '--duration', '10m', '--base-url', url, '--results', temporaryFolder()];
    let stop: () => void = () => undefined;
    const first = gravlLoad(args, { onStart: (child) => (stop = () => child.kill('SIGINT')) });
    while (lockHolder(url) === undefined) await new Promise((resolve) => setTimeout(resolve, 50));
    const second = await gravlLoad(args);
    expect(second).toMatchObject({ exitCode: 6, stdout: '' });
    expect(second.stderr).toMatch(/another load goes on there: run \S+-smoke-\w+ \(local, http.*\), process \d+/);
    const shown = JSON.parse((await gravlLoad([...args, '--dry-run'])).stdout) as { lock: { heldBy: { run: string } } };
    expect(shown.lock.heldBy.run).toContain('-smoke-');
    stop();
    expect((await first).exitCode).toBe(130);
    expect(existsSync(lockFile(url))).toBe(false);
  });
});
