import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FileWriter } from '../../../src/engine/outputs/file-writer.ts';
import { temporaryFolder } from './samples.ts';

describe('FileWriter', () => {
  it('writes everything in order', async () => {
    const path = join(temporaryFolder(), 'x');
    const writer = new FileWriter(path, () => undefined);
    await writer.open();
    for (let i = 0; i < 500; i++) writer.write(`${i} é\n`);
    await writer.close();
    expect(readFileSync(path, 'utf8')).toBe(Array.from({ length: 500 }, (_, i) => `${i} é\n`).join(''));
    expect(writer.backlog.droppedLines).toBe(0);
  });

  it('drops and counts what comes while too much waits, and says so', async () => {
    const path = join(temporaryFolder(), 'x');
    const logged: string[] = [];
    const writer = new FileWriter(path, (_, message) => logged.push(message), 10);
    await writer.open();
    for (let i = 0; i < 5; i++) writer.write('eight..\n');
    await writer.close();
    expect(writer.backlog).toEqual({ peakBytes: 16, droppedLines: 3 });
    expect(readFileSync(path, 'utf8')).toBe('eight..\n'.repeat(2));
    expect(logged).toEqual([expect.stringContaining('3 lines were not written')]);
  });

  it('tells of a disk that cannot be written once, and ends without failing', async () => {
    const logged: string[] = [];
    const writer = new FileWriter('/dev/full', (level, message) => logged.push(`${level} ${message}`));
    await writer.open();
    writer.write('a\n');
    await expect.poll(() => logged).toHaveLength(1);
    writer.write('b\n');
    await writer.close();
    expect(logged).toEqual([
      expect.stringMatching(/^error writing \/dev\/full failed.*ENOSPC/),
      expect.stringContaining('2 lines were not written'),
    ]);
  });
});
