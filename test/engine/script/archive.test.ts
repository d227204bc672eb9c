import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ArchiveContents, writeArchive } from '../../../src/engine/script/archive.ts';
import { evaluate, load, project, tempDir } from './project.ts';

const files = {
  'tests/script.js': `import { v } from '../lib/v.js'; export const options = { vus: 1 }; export const seen = [v, open('../data/a.txt')].join();`,
  'lib/v.js': `export const v = 'lib';`,
  'data/a.txt': 'text',
};

/** Archives tests/script.js of a project and takes the project away. */
async function archived(more: Partial<ArchiveContents> = {}): Promise<{ tar: string; cacheDir: string }> {
  const [dir, cacheDir, out] = [project(files), tempDir(), tempDir()];
  const program = await load(dir, 'tests/script.js', { cacheDir });
  const tar = path.join(out, 'archive.tar');
  const opened = [path.join(dir, 'data/a.txt')];
  await writeArchive(tar, { program, opened, options: { vus: 3 }, env: { A: 'b' }, version: '1', ...more }, cacheDir);
  rmSync(dir, { recursive: true });
  return { tar, cacheDir };
}

describe('an archive', () => {
  it('runs without the files it was made from', async () => {
    const { tar, cacheDir } = await archived();
    const program = await load(path.dirname(tar), 'archive.tar', { cacheDir });
    expect((await evaluate(program)).exports['seen']).toBe('lib,text');
    expect(program.archive).toEqual({ options: { vus: 3 }, env: { A: 'b' } });
  });

  it('runs without a cache, twice from one with, and by type whatever its name', async () => {
    const { tar, cacheDir } = await archived();
    const renamed = path.join(path.dirname(tar), 'renamed.bin');
    writeFileSync(renamed, readFileSync(tar));
    for (const [name, options] of [
      ['archive.tar', { cacheDir: false }],
      ['archive.tar', { cacheDir }],
      ['archive.tar', { cacheDir }],
      ['renamed.bin', { cacheDir, type: 'archive' }],
    ] as const) {
      const { exports } = await evaluate(await load(path.dirname(tar), name, options));
      expect(exports['seen']).toBe('lib,text');
    }
  });

  it('is a plain tar file with metadata, the entry, and every file once', async () => {
    const { tar } = await archived();
    const names = execFileSync('tar', ['-tf', tar]).toString().trim().split('\n');
    expect(names.slice(0, 2)).toEqual(['metadata.json', 'data']);
    expect(names.slice(2).map((name) => name.replace(/^file\/.*?\/(?=tests|lib|data)/, ''))).toEqual([
      'data/a.txt',
      'lib/v.js',
      'tests/script.js',
    ]);
    const metadata = JSON.parse(execFileSync('tar', ['-xOf', tar, 'metadata.json']).toString()) as Record<
      string,
      unknown
    >;
    expect(metadata).toMatchObject({
      type: 'js',
      options: { vus: 3 },
      env: { A: 'b' },
      filename: expect.stringMatching(/^file:.*script\.js$/) as string,
    });
  });

  it('brings its remote modules along', async () => {
    let requests = 0;
    const server = http.createServer((_, response) => {
      requests++;
      response.end(`export const far = 'away';`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const [dir, cacheDir, out] = [
      project({ 'script.js': `export { far } from 'http://127.0.0.1:${port}/far.js';` }),
      tempDir(),
      tempDir(),
    ];
    const tar = path.join(out, 'archive.tar');
    try {
      const program = await load(dir, 'script.js', { cacheDir });
      await writeArchive(tar, { program, opened: [], options: {}, env: {}, version: '1' }, cacheDir);
    } finally {
      server.close();
    }
    const { exports } = await evaluate(await load(out, 'archive.tar', { cacheDir: tempDir(), noRemote: true }));
    expect(exports['far']).toBe('away');
    expect(requests).toBe(1);
  });

  it('that is no archive is refused with a clear message', async () => {
    const dir = project({ 'archive.tar': 'not a tar', 'other/x.txt': 'x' });
    await expect(load(dir, 'archive.tar', { cacheDir: tempDir() })).rejects.toThrow(
      /could not read the archive .*archive\.tar: /,
    );
    execFileSync('tar', ['-cf', path.join(dir, 'plain.tar'), '-C', path.join(dir, 'other'), 'x.txt']);
    await expect(load(dir, 'plain.tar', { cacheDir: tempDir() })).rejects.toThrow('no readable metadata.json');
  });

  it('cannot write outside of its own folder', async () => {
    const dir = tempDir();
    mkdirSync(path.join(dir, 'in'));
    writeFileSync(path.join(dir, 'evil.txt'), 'evil');
    symlinkSync('/etc', path.join(dir, 'in', 'link'));
    writeFileSync(path.join(dir, 'in', 'metadata.json'), '{}');
    execFileSync('tar', [
      '-cPf',
      path.join(dir, 'evil.tar'),
      '-C',
      path.join(dir, 'in'),
      'link',
      'metadata.json',
      '../evil.txt',
    ]);
    await expect(load(dir, 'evil.tar', { cacheDir: tempDir() })).rejects.toThrow(
      'it holds a file outside of itself: ../evil.txt',
    );
  });
});
