import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readFileFor, resolveOpenPath } from '../../../src/engine/script/open-files.ts';
import { project, tempDir } from './project.ts';

describe('which file open() means', () => {
  it.each([
    ['./a.txt', '/base/a.txt'],
    ['a.txt', '/base/a.txt'],
    ['../a.txt', '/a.txt'],
    ['/abs/a.txt', '/abs/a.txt'],
    [pathToFileURL('/url/a b.txt').href, '/url/a b.txt'],
  ])('%s', (name, file) => {
    expect(resolveOpenPath(name, '/base')).toEqual({ ok: true, value: file });
  });

  it.each(['', 'https://example.test/x', 'file://host/x'])('refuses %j', (name) => {
    expect(resolveOpenPath(name, '/base').ok).toBe(false);
  });
});

describe('reading for a script', () => {
  const inside = (root: string, allowed: string[] = []) => ({ root, allowed });

  it('gives the bytes of a file below the root', () => {
    const root = project({ 'sub/a.bin': 'é' });
    const read = readFileFor(path.join(root, 'sub/a.bin'), inside(root));
    expect(read.ok && [...read.value]).toEqual([0xc3, 0xa9]);
  });

  it('refuses files outside, also through .. and symbolic links, unless their folder is allowed', () => {
    const [root, other] = [tempDir(), project({ 'secret.txt': 'secret' })];
    const link = path.join(root, 'link.txt');
    symlinkSync(path.join(other, 'secret.txt'), link);
    for (const file of [link, path.join(other, 'secret.txt')]) {
      const refused = readFileFor(file, inside(root));
      expect(refused).toMatchObject({ ok: false, message: expect.stringContaining('outside') as string });
      expect(readFileFor(file, inside(root, [other])).ok).toBe(true);
    }
    // A sibling whose name starts like the root's is not below it.
    expect(readFileFor(path.join(other, 'secret.txt'), inside(other.slice(0, -1))).ok).toBe(false);
  });

  it('says what is wrong with a missing file and with a folder', () => {
    const root = tempDir();
    const missing = readFileFor(path.join(root, 'none.txt'), inside(root));
    expect(missing).toMatchObject({ ok: false, message: `open ${root}/none.txt: no such file or directory` });
    expect(readFileFor(root, inside(root))).toMatchObject({
      ok: false,
      message: expect.stringContaining('directories') as string,
    });
  });
});
