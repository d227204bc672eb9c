/**
 * The package as it would be published, in a project of its own. Dependencies are those of package.json and no others,
 * linked to this checkout's; with PACK_INSTALL=1 npm installs them from the registry, as a user's machine would.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import { expectPass, recordOf, root, unhurry } from '../e2e/harness.ts';

const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};
const reallyInstall = process.env['PACK_INSTALL'] === '1';

let tarball = '';
let listed: string[] = [];
beforeAll(() => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'gravl-pack-'));
  const printed = execFileSync('npm', ['pack', '--json', '--pack-destination', dir], { cwd: root, encoding: 'utf8' });
  const [packed] = JSON.parse(printed.slice(printed.search(/^\[/m))) as {
    filename: string;
    files: { path: string }[];
  }[];
  tarball = path.join(dir, packed?.filename ?? '');
  listed = (packed?.files ?? []).map((file) => file.path);
  return () => rmSync(dir, { recursive: true, force: true });
});

function project(): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'gravl-project-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  if (reallyInstall) {
    // Strict, as some users are: npm refuses a package anywhere in the tree that asks for a newer Node.
    const env = { ...process.env, npm_config_engine_strict: 'true' };
    execFileSync('npm', ['install', '--no-audit', '--no-fund', tarball], { cwd: dir, env, stdio: 'pipe' });
    return dir;
  }
  const installed = path.join(dir, 'node_modules/gravl-load');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  for (const name of Object.keys(manifest.dependencies)) {
    const link = path.join(dir, 'node_modules', name);
    mkdirSync(path.dirname(link), { recursive: true });
    symlinkSync(path.join(root, 'node_modules', name), link);
  }
  return dir;
}

const run = (cwd: string, bin: string, args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(cwd, 'node_modules/gravl-load/bin', bin), ...args],
    { cwd, encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '', HOME: cwd, NO_COLOR: '1' } },
  );
  return { status, stdout, stderr };
};

describe('the packed package', () => {
  it('holds what it needs and nothing else', () => {
    const folders = [...new Set(listed.map((file) => file.split('/')[0]))].sort();
    expect(folders).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'bin',
      'dist',
      'docs',
      'package.json',
      'scenarios',
      'src',
      'thresholds',
      'webpack.config.js',
    ]);
    expect(listed.filter((file) => file.startsWith('src/') && !file.startsWith('src/suite/'))).toEqual([]);
    expect(listed.filter((file) => /\.test\.|\.env|\.tgz$|node_modules|^dist\/k6\//.test(file))).toEqual([]);
  });

  it('makes a project that loads, with types', () => {
    const dir = project();
    const init = run(dir, 'gravl-load.js', ['init']);
    expect(init).toMatchObject({ status: 0, stderr: '' });
    unhurry(dir);
    const load = run(dir, 'gravl-load.js', ['run', '--vus', '10', '--iterations', '50', '--json']);
    const record = recordOf({ ...load, exitCode: load.status });
    expectPass(record);
    expect(load.status).toBe(0);
    expect(record.scenarios).toEqual(['health']);
    expect(readdirSync(path.join(dir, 'results/runs/local'))).toHaveLength(1);

    writeFileSync(
      path.join(dir, 'script.js'),
      `import { check } from 'k6';\nexport default () => { check(1, { one: (n) => n === 1 }); };\n`,
    );
    const k6 = run(dir, 'gravl-k6.js', ['run', '--iterations', '3', 'script.js']);
    expect(k6.status).toBe(0);
    expect(k6.stdout).toContain('✓ one');

    writeFileSync(
      path.join(dir, 'scenarios/wrong.ts'),
      `import { get } from 'gravl-load/suite';\nimport { defineConfig } from 'gravl-load';\nget('not an endpoint');\ndefineConfig({ proflie: 'smoke' });\n`,
    );
    const tsc = spawnSync(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '--noEmit'], {
      cwd: dir,
      encoding: 'utf8',
    });
    const errors = tsc.stdout.split('\n').filter((line) => /^\S+\(\d+,\d+\): error/.test(line));
    expect(errors.map((line) => /^(\S+?)\(\d+,\d+\): error (TS\d+)/.exec(line)?.slice(1))).toEqual([
      ['scenarios/wrong.ts', 'TS2554'],
      ['scenarios/wrong.ts', 'TS2561'],
    ]);
  });

  it('names tools of the release build that are missing', () => {
    if (reallyInstall || !existsSync(tarball)) return;
    const dir = project();
    run(dir, 'gravl-load.js', ['init']);
    expect(run(dir, 'gravl-load.js', ['build'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('webpack is not installed') as string,
    });
  });
});
