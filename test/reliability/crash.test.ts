/** Parts of the engine die in the middle of a load: the run ends, says so, and keeps what was measured. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { gravlLoad, recordOf, target, temporaryFolder, whenMeasured, type Finished } from '../e2e/harness.ts';

/** Loaded before everything else in every process and thread of the command; strikes once there is the file NOW. */
const saboteur = `
const { existsSync } = require('node:fs');
// There are as many engine threads as processors at most: two, also where there is one.
require('node:os').availableParallelism = () => 2;
const { isMainThread, workerData } = require('node:worker_threads');
const ways = {
  throw() { throw new Error('boom'); },
  exit() { process.exit(3); },
  memory() { for (const kept = []; ; ) kept.push(new Array(1e6).fill(Math.random())); },
  kill() { process.kill(process.pid, 'SIGKILL'); },
};
const engine = isMainThread && /gravl-k6/.test(process.argv[1] ?? '');
const thread = !isMainThread && workerData?.number === 1;
const { WAY, NOW } = process.env;
if (WAY === 'kill' ? engine : thread) setInterval(() => existsSync(NOW) && ways[WAY](), 50);
`;

async function sabotaged(way: string): Promise<Finished> {
  const { url } = await target();
  const results = temporaryFolder();
  const file = path.join(results, 'saboteur.cjs');
  const now = path.join(results, 'now');
  writeFileSync(file, saboteur);
  const args = ['run', '--scenario', 'health', '--vus', '4', '--duration', '10m', '--base-url', url];
  return gravlLoad([...args, '--no-compare', '--results', results, '--json'], {
    env: { WAY: way, NOW: now, GRAVL_K6_THREADS: '2', NODE_OPTIONS: `--require ${file} --max-old-space-size=200` },
    onStart: (child) => whenMeasured(results, child, () => writeFileSync(now, '')),
  });
}

describe('an engine thread', () => {
  it.each([
    ['throw', 'engine thread 1 failed: boom'],
    ['exit', 'engine thread 1 ended with code 3'],
    ['memory', 'memory limit'],
  ])('that dies by %s ends the run: exit code 109, INVALID, what was measured is kept', async (way, told) => {
    const finished = await sabotaged(way);
    expect(finished.exitCode).toBe(109);
    const record = recordOf(finished);
    expect(record).toMatchObject({ exitCode: 109, interrupted: true, verdict: { state: 'INVALID' } });
    expect(record.total.requests).toBeGreaterThan(0);
    expect(record.durationSeconds).toBeLessThan(600);
    expect(readFileSync(path.join(record.dir, 'summary.md'), 'utf8')).toContain('exit code 109');
    expect(readFileSync(path.join(record.dir, 'engine.log'), 'utf8')).toContain(told);
  });
});

describe('the engine', () => {
  it('that is killed leaves an interrupted record and exit code 6', async () => {
    const finished = await sabotaged('kill');
    expect(finished.exitCode).toBe(6);
    expect(recordOf(finished)).toMatchObject({ interrupted: true, verdict: { state: 'INVALID' } });
  });
});
