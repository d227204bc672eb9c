import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvModule } from '../../../../src/engine/guest/modules/csv/index.ts';
import { fsModule } from '../../../../src/engine/guest/modules/fs.ts';
import { secretsModule } from '../../../../src/engine/guest/modules/secrets.ts';
import { secrets } from '../../../../src/engine/ops/secrets.ts';
import { testVu } from './module-context.ts';

interface File {
  readonly path: string;
  read(into: unknown): Promise<number | null>;
  seek(offset: number, whence: number): Promise<number>;
  stat(): Promise<{ name: string; size: number }>;
}
interface Fs {
  open(name: unknown): Promise<File>;
  readonly SeekMode: { Start: number; Current: number; End: number };
}
interface Csv {
  parse(file: File, options?: object): Promise<unknown[]>;
  readonly Parser: new (file: File, options?: object) => { next(): Promise<{ done: boolean; value: unknown }> };
}

let folder: string;
let fs: Fs;
let csv: Csv;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'files-'));
  writeFileSync(path.join(folder, 'bonjour.txt'), 'Bonjour, tout le monde!');
  writeFileSync(path.join(folder, 'people.csv'), 'name,note\r\nanna,"says ""hi"", twice"\n\nbert,"two\nlines"\nzoe,\n');
  writeFileSync(path.join(folder, 'bad.csv'), 'a,b\n1,x"y\n');
  const { ctx } = testVu('init', folder);
  fs = fsModule(ctx) as unknown as Fs;
  csv = csvModule(ctx) as unknown as Csv;
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('k6/experimental/fs', () => {
  it('reads on from its position until nothing is left', async () => {
    const file = await fs.open('./x/../bonjour.txt');
    expect([file.path, await file.stat()]).toEqual([
      path.join(folder, 'bonjour.txt'),
      { name: 'bonjour.txt', size: 23 },
    ]);
    const buffer = new Uint8Array(16);
    expect([await file.read(buffer), Buffer.from(buffer).toString()]).toEqual([16, 'Bonjour, tout le']);
    expect([await file.read(buffer), await file.read(buffer)]).toEqual([7, null]);
    expect([await file.seek(-6, fs.SeekMode.End), await file.read(buffer)]).toEqual([17, 6]);
    expect([await file.seek(2, fs.SeekMode.Start), await file.seek(3, fs.SeekMode.Current)]).toEqual([2, 5]);
  });

  it('refuses positions outside of the file and what is not a buffer', async () => {
    const file = await fs.open('bonjour.txt');
    await expect(file.seek(-1, fs.SeekMode.Start)).rejects.toThrow('before the start');
    await expect(file.seek(24, fs.SeekMode.Start)).rejects.toThrow('beyond the end');
    await expect(file.seek(1, fs.SeekMode.End)).rejects.toThrow('cannot be positive');
    await expect(file.seek(1, 7)).rejects.toThrow('SeekMode');
    await expect(file.read([])).rejects.toThrow('Uint8Array');
    await expect(fs.open('')).rejects.toThrow('path cannot be empty');
    await expect(fs.open('missing')).rejects.toThrow(/ENOENT/);
    await expect((fsModule(testVu('vu').ctx) as unknown as Fs).open('x')).rejects.toThrow('VU context');
  });
});

describe('k6/experimental/csv', () => {
  it('parses a file to a shared array of records', async () => {
    const rows = await csv.parse(await fs.open('people.csv'));
    expect([...rows]).toEqual([
      ['name', 'note'],
      ['anna', 'says "hi", twice'],
      ['bert', 'two\nlines'],
      ['zoe', ''],
    ]);
    expect(() => rows.push(1)).toThrow('immutable');
  });

  it('selects lines, and makes objects of them', async () => {
    const file = await fs.open('people.csv');
    expect(await csv.parse(file, { skipFirstLine: true }).then((rows) => rows.length)).toBe(3);
    expect(await csv.parse(file, { fromLine: 1, toLine: 3 }).then((rows) => rows.length)).toBe(2);
    expect((await csv.parse(file, { asObjects: true }))[2]).toEqual({ name: 'zoe', note: '' });
    expect((await csv.parse(file, { delimiter: ';', toLine: 0 }))[0]).toEqual(['name,note']);
  });

  it('reads one record at a time', async () => {
    const parser = new csv.Parser(await fs.open('people.csv'), { fromLine: 4 });
    expect(await parser.next()).toEqual({ done: false, value: ['zoe', ''] });
    expect(await parser.next()).toEqual({ done: true, value: [] });
  });

  it('says what is wrong', async () => {
    await expect(csv.parse(await fs.open('bad.csv'))).rejects.toThrow(
      'parse error on line 2: bare " in non-quoted field',
    );
    await expect(csv.parse({} as File)).rejects.toThrow('takes a file of k6/experimental/fs');
    const file = await fs.open('people.csv');
    for (const options of [
      { delimiter: ',,' },
      { fromLine: 2, toLine: 1 },
      { asObjects: true, skipFirstLine: true },
      { fromLine: -1 },
    ]) {
      await expect(csv.parse(file, options)).rejects.toThrow();
    }
  });
});

it('gives secrets to scripts and to nobody else', async () => {
  secrets.configure(['mock=default,key=s3cret', 'mock=name=other,key=0ther'], '.', {});
  const module = secretsModule(testVu().ctx) as unknown as {
    get(key: string): Promise<string>;
    source(name: string): { get(key: string): Promise<string> };
  };
  expect([await module.get('key'), await module.source('other').get('key')]).toEqual(['s3cret', '0ther']);
  await expect(module.get('nope')).rejects.toThrow('no secret with key "nope"');
  expect(() => module.source('nope')).toThrow('no secret source');
  expect(secrets.redact('a s3cret')).toBe('a ***SECRET_REDACTED***');
});
