import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secrets } from '../../../src/engine/ops/secrets.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'secrets-'));
  writeFileSync(path.join(folder, 'a.secret'), '# comment\ncool=some\n\nelse=a=b\n');
  writeFileSync(path.join(folder, 'bad.secret'), 'x=1\nnonsense\n');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const make = (...specs: string[]) => {
  const secrets = new Secrets();
  secrets.configure(specs, folder, {});
  return secrets;
};

describe('secret sources', () => {
  it('reads a file of lines key=value', () => {
    const secrets = make('file=a.secret');
    expect([secrets.get(undefined, 'cool'), secrets.get(undefined, 'else')]).toEqual(['some', 'a=b']);
    expect(make(`file=name=f,filename=${folder}/a.secret`).get('f', 'cool')).toBe('some');
  });

  it('takes the default source when none is named', () => {
    const secrets = make('mock=default,cool=cool secret', 'mock=name=another,cool=not cool secret');
    expect([secrets.get(undefined, 'cool'), secrets.get('another', 'cool')]).toEqual([
      'cool secret',
      'not cool secret',
    ]);
    expect([secrets.has('another'), secrets.has('third')]).toEqual([true, false]);
  });

  it('names what is missing', () => {
    expect(() => make().get(undefined, 'x')).toThrow('no default secret source');
    expect(() => make('mock=a=1').get(undefined, 'x')).toThrow('no secret with key "x"');
    expect(() => make('mock=a=1').get('other', 'x')).toThrow('no secret source with name "other"');
  });

  it('redacts what a script has taken, the longest first', () => {
    const secrets = make('mock=a=tok,b=token,c=unused');
    expect(secrets.redact('tok')).toBe('tok');
    void secrets.get(undefined, 'a');
    void secrets.get(undefined, 'b');
    expect(secrets.redact('token, tok, unused')).toBe('***SECRET_REDACTED***, ***SECRET_REDACTED***, unused');
  });

  it.each([
    ['vault=http://x', 'there is no such kind'],
    ['constructor=x', 'there is no such kind'],
    ['__proto__=x', 'there is no such kind'],
    ['mock', 'it has no key=value'],
    ['mock=a=1,', 'part 2 is not of the form key=value'],
    ['file=a,b', 'there is more than a file and a name'],
    ['file=', 'the file is missing'],
    ['file=missing.secret', 'cannot read'],
    ['file=bad.secret', 'bad.secret:2 is not of the form key=value'],
    ['mock=a=1,nonsense', 'part 2 is not of the form key=value'],
  ])('refuses %s with exit code 104', (spec, message) => {
    expect(() => make(spec)).toThrow(
      expect.objectContaining({ exitCode: 104, message: expect.stringContaining(message) as string }),
    );
  });

  it('refuses a second source of the same name', () => {
    expect(() => make('mock=a=1', 'mock=b=2')).toThrow('already a source named "default"');
  });
});
