import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheKey, defaultCacheDir, readCache } from '../../../src/engine/script/cache.ts';
import { evaluate, load, project, tempDir } from './project.ts';

const files = { 'script.js': `import { v } from './lib.js'; export const seen = v;`, 'lib.js': 'export const v = 1;' };
const entryFile = (cacheDir: string): string => {
  const [name, ...others] = readdirSync(path.join(cacheDir, 'scripts'));
  expect(others).toEqual([]);
  return path.join(cacheDir, 'scripts', name ?? '');
};

describe('the program cache', () => {
  it('gives the same program again', async () => {
    const [dir, cacheDir] = [project(files), tempDir()];
    const first = await load(dir, 'script.js', { cacheDir });
    const text = readFileSync(entryFile(cacheDir), 'utf8');
    expect(await load(dir, 'script.js', { cacheDir })).toEqual(first);
    expect(readFileSync(entryFile(cacheDir), 'utf8')).toBe(text);
  });

  it('answers from the entry on disk, not by bundling again', async () => {
    const [dir, cacheDir] = [project(files), tempDir()];
    const program = await load(dir, 'script.js', { cacheDir });
    const source = readFileSync(path.join(dir, 'script.js'), 'utf8');
    const variants = readdirSync(path.join(cacheDir, 'scripts'));
    expect(variants).toHaveLength(1);
    const cached = await readCache(cacheDir, path.basename(variants[0]!, '.json'));
    expect(cached?.program).toEqual(program);
    expect(Object.keys(cached?.inputs ?? {})).toEqual([path.join(dir, 'lib.js')]);
    expect(cacheKey({ file: 'a', source }, '')).not.toBe(cacheKey({ file: 'b', source }, ''));
  });

  it('sees a change of an imported file', async () => {
    const [dir, cacheDir] = [project(files), tempDir()];
    await load(dir, 'script.js', { cacheDir });
    writeFileSync(path.join(dir, 'lib.js'), 'export const v = 2;');
    const { exports } = await evaluate(await load(dir, 'script.js', { cacheDir }));
    expect(exports['seen']).toBe(2);
  });

  it('reports an imported file that has gone, instead of using the old program', async () => {
    const [dir, cacheDir] = [project(files), tempDir()];
    await load(dir, 'script.js', { cacheDir });
    rmSync(path.join(dir, 'lib.js'));
    await expect(load(dir, 'script.js', { cacheDir })).rejects.toThrow('./lib.js');
  });

  it.each([
    ['cut short', (text: string) => text.slice(0, text.length / 2)],
    ['changed', (text: string) => text.replace('lib.js', 'lab.js')],
    ['empty', () => ''],
  ])('ignores and replaces an entry that was %s', async (_, damage) => {
    const [dir, cacheDir] = [project(files), tempDir()];
    await load(dir, 'script.js', { cacheDir });
    const entry = entryFile(cacheDir);
    const text = readFileSync(entry, 'utf8');
    writeFileSync(entry, damage(text));
    const { exports } = await evaluate(await load(dir, 'script.js', { cacheDir }));
    expect(exports['seen']).toBe(1);
    expect(readFileSync(entry, 'utf8')).toBe(text);
  });

  it('works without a cache where the folder cannot be made', async () => {
    const dir = project({ ...files, blocker: '' });
    const program = await load(dir, 'script.js', { cacheDir: path.join(dir, 'blocker', 'cache') });
    expect(program.exports).toEqual(['seen']);
  });

  it('lives below XDG_CACHE_HOME, or ~/.cache', () => {
    expect(defaultCacheDir({ XDG_CACHE_HOME: '/x' })).toBe('/x/gravl-load');
    expect(defaultCacheDir({})).toMatch(/\.cache\/gravl-load$/);
    expect(defaultCacheDir({ XDG_CACHE_HOME: 'relative' })).toMatch(/\.cache\/gravl-load$/);
  });
});
