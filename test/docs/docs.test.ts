/** What the documentation says works: links lead somewhere, commands run. */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { register } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands.ts';
import { root, writeUnhurriedConfig, type Finished } from '../e2e/harness.ts';
import { anchors, commandBlocks, documents, links } from './markdown.ts';

const reference = 'docs/commands.md';

describe('links', () => {
  it.each(documents)('of %s lead somewhere', (file) => {
    const broken = links(file).filter(({ target }) => {
      if (/^(https?|mailto):/.test(target)) return false;
      const [to = '', anchor] = target.split('#');
      const at = to === '' ? file : path.join(path.dirname(file), to);
      if (!existsSync(path.join(root, at))) return true;
      return anchor !== undefined && at.endsWith('.md') && !anchors(at).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('reach every page from docs/README.md', () => {
    const seen = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file) || !file.endsWith('.md') || !existsSync(path.join(root, file))) return;
      seen.add(file);
      for (const { target } of links(file)) {
        if (!/^\w+:/.test(target)) visit(path.join(path.dirname(file), target.split('#')[0] ?? ''));
      }
    };
    visit('docs/README.md');
    expect(documents.filter((file) => file.startsWith('docs/') && !seen.has(file))).toEqual([]);
  });
});

it('docs/architecture.md names every folder of src and of the engine', () => {
  const text = readFileSync(path.join(root, 'docs/architecture.md'), 'utf8');
  const foldersOf = (dir: string): string[] =>
    readdirSync(path.join(root, dir), { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
  const missing = ['src', 'src/engine']
    .flatMap(foldersOf)
    .filter((name) => !text.includes(`      ${name}/`) && !text.includes(`src/${name}/`));
  expect(missing).toEqual([]);
});

it(`the examples of ${reference} are commands that exist, with options they have`, async () => {
  const examples = commandBlocks(reference).flatMap(({ script }) => script.split('\n'));
  const ours = examples.filter((line) => line.startsWith('gravl-load '));
  expect(ours.length).toBeGreaterThan(20);
  for (const line of ours) {
    const program = new Command('gravl-load').exitOverride().configureOutput({ writeErr: () => undefined });
    const specs = commands.map((spec) => ({ ...spec, run: () => Promise.resolve(0) }));
    register(program, specs, { env: {}, cwd: root, stdout: process.stdout, stderr: process.stderr }, () => undefined);
    const words = line
      .replace(/\s#\s.*$/, '')
      .replace(/\s[|>].*$/, '')
      .trim();
    await expect(program.parseAsync(words.split(' ').slice(1), { from: 'user' }), line).resolves.toBeDefined();
  }
});

describe('commands', () => {
  const pages = documents
    .filter((file) => file !== reference)
    .map((file) => [file, commandBlocks(file)] as const)
    .filter(([, blocks]) => blocks.length > 0);
  let folder = '';
  let project = '';

  /** A checkout of its own: what the commands write never lands in ours. */
  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'gravl-docs-'));
    // A page is not wrong because this machine is slow. Configuration is found upwards, so it is not part of the checkout.
    writeUnhurriedConfig(folder);
    project = path.join(folder, 'checkout');
    mkdirSync(project);
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      encoding: 'utf8',
    });
    for (const file of listed.split('\0').filter((name) => name !== '' && !/^(test|bench)\//.test(name))) {
      if (!existsSync(path.join(root, file))) continue;
      mkdirSync(path.join(project, path.dirname(file)), { recursive: true });
      cpSync(path.join(root, file), path.join(project, file));
    }
    cpSync(path.join(root, 'dist'), path.join(project, 'dist'), { recursive: true });
    symlinkSync(path.join(root, 'node_modules'), path.join(project, 'node_modules'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const bash = (script: string): Promise<Finished> =>
    new Promise((resolve, reject) => {
      const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
        cwd: project,
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: project,
          NO_COLOR: '1',
          // Flags of a command still say otherwise.
          GRAVL_LOAD_DURATION: '3s',
          GRAVL_LOAD_VUS: '10',
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let [stdout, stderr] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
      child.once('error', reject);
      child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
    });

  it.each(pages)('of %s run, or say why not', async (_, blocks) => {
    for (const { file, line, script, notRun } of blocks) {
      if (notRun !== undefined) continue;
      const { exitCode, stdout, stderr } = await bash(script);
      expect(exitCode, `${file}:${line}\n${script}\n${stdout}\n${stderr}`).toBe(0);
    }
  });
});
