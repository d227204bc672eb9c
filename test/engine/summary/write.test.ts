import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSummaryFiles, writeSummaryFiles } from '../../../src/engine/summary/write.ts';
import { temporaryFolder } from '../outputs/samples.ts';

describe('readSummaryFiles', () => {
  it('takes text, and bytes as the guest sends them', () => {
    expect(readSummaryFiles({ stdout: 'a', 'b.bin': { $bytes: 'AQI=' } })).toEqual({
      files: { stdout: 'a', 'b.bin': Buffer.from([1, 2]) },
    });
    expect(readSummaryFiles(undefined)).toEqual({ files: {} });
  });

  it.each([[['a']], ['text'], [{ x: 1 }], [{ x: null }]])('explains what is wrong with %j', (returned) => {
    expect(readSummaryFiles(returned)).toEqual({ error: expect.stringContaining('handleSummary()') as string });
  });
});

describe('writeSummaryFiles', () => {
  it('writes each where it belongs; a failure keeps no other from it', async () => {
    const folder = temporaryFolder();
    const out: string[] = [];
    const failures = await writeSummaryFiles(
      { [join(folder, 'no', 'such')]: 'x', stdout: 'to out', stderr: 'to err', [join(folder, 'a.txt')]: 'text' },
      { stdout: (text) => out.push(`out ${String(text)}`), stderr: (text) => out.push(`err ${String(text)}`) },
    );
    expect(out).toEqual(['out to out', 'err to err']);
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('text');
    expect(failures).toEqual([expect.stringContaining('could not save the summary to')]);
  });
});
