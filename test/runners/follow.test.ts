import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { followLines } from '../../src/runners/follow.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'gravl-follow-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const untilSeen = async (lines: string[], n: number): Promise<void> => {
  while (lines.length < n) await new Promise((resolve) => setTimeout(resolve, 20));
};

it('reads lines while they are written, joins those written in pieces, and stops with the writer', async () => {
  const file = path.join(dir, 'out');
  const lines: string[] = [];
  let end = (): void => undefined;
  const writer = new Promise<void>((resolve) => (end = resolve));
  const followed = followLines(file, writer, (line) => lines.push(line));

  await appendFile(file, 'first\nsec');
  await untilSeen(lines, 1);
  expect(lines).toEqual(['first']);
  await appendFile(file, 'ond é\n\nthird');
  await untilSeen(lines, 2);
  end();
  await followed;
  expect(lines).toEqual(['first', 'second é', 'third']);
});

it('reads what was written before it looked, however much', async () => {
  const file = path.join(dir, 'out');
  const expected = Array.from({ length: 60_000 }, (_, i) => `line ${i} ${'x'.repeat(40)}`);
  await appendFile(file, expected.join('\n'));
  const lines: string[] = [];
  await followLines(file, Promise.resolve(), (line) => lines.push(line));
  expect(lines).toEqual(expected);
});

it('ends when the writer fails or never writes', async () => {
  const lines: string[] = [];
  await followLines(path.join(dir, 'none'), Promise.reject(new Error('no engine')), (line) => lines.push(line));
  expect(lines).toEqual([]);
});
