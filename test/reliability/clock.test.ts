/** The wall clock is set forward and back while a load goes on (libfaketime): results come from the monotonic clock. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSeries } from '../../src/results/store.ts';
import { gravlLoad, recordOf, target, temporaryFolder } from '../e2e/harness.ts';

/** Debian's libfaketime, for programs with threads. */
function faketime(): string | undefined {
  const folders = existsSync('/usr/lib') ? readdirSync('/usr/lib') : [];
  return folders.map((name) => `/usr/lib/${name}/faketime/libfaketimeMT.so.1`).find(existsSync);
}

const hour = 3_600_000;

const library = faketime();

describe.skipIf(library === undefined)('a wall clock that jumps', () => {
  it.each([
    ['users with pauses', ['--vus', '3']],
    ['a rate', ['--rate', '20', '--vus', '20']],
  ])('does not reach the results of %s', async (_, shape) => {
    // Slow enough for the clock to be set during requests.
    const { url } = await target({ latencyMs: 200 });
    const dir = temporaryFolder();
    const offset = path.join(dir, 'offset');
    const set = (text: string): void => writeFileSync(offset, `${text}\n`);
    set('+0');
    const env = {
      LD_PRELOAD: library ?? '',
      FAKETIME_TIMESTAMP_FILE: offset,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    };
    let jumps = 0;
    const results = path.join(dir, 'results');
    const args = ['run', '--scenario', 'exercises', ...shape, '--duration', '10s', '--base-url', url];
    const finished = await gravlLoad([...args, '--no-compare', '--json', '--results', results], {
      env,
      onStart(child) {
        const timer = setInterval(() => {
          const begun = readdirSync(dir, { recursive: true }).map(String);
          const series = begun.find((name) => name.endsWith('series.ndjson'));
          if (series === undefined || readFileSync(path.join(dir, series), 'utf8') === '') return;
          set(jumps++ % 2 === 0 ? '+3h' : '-2h');
        }, 300);
        child.once('close', () => clearInterval(timer));
      },
    });
    expect(jumps).toBeGreaterThan(2);
    const record = recordOf(finished);
    // Proof that the clock was set at all.
    set('+3h');
    const seen = Number(execFileSync(process.execPath, ['-p', 'Date.now()'], { env, encoding: 'utf8' }));
    expect(seen - Date.now()).toBeGreaterThan(2 * hour);

    expect(finished.stderr).toBe('');
    expect(record.interrupted).toBe(false);
    expect(record.durationSeconds).toBeGreaterThanOrEqual(10);
    // A user who sleeps for hours would be waited for, the whole graceful stop of thirty seconds.
    expect(record.durationSeconds).toBeLessThan(40);
    const took = Date.parse(record.endedAt) - Date.parse(record.startedAt);
    expect(took).toBeGreaterThanOrEqual(10_000);
    expect(took).toBeLessThan(hour / 2);
    expect(record.total.duration?.min).toBeGreaterThan(0);
    expect(record.total.duration?.max).toBeLessThan(hour / 2);
    expect(record.total.failed).toBe(0);
    const series = (await loadSeries(record.dir)).filter(({ endpoint }) => endpoint === '');
    expect(series.map(({ t }) => t)).toEqual(series.map((_line, index) => index));
    expect(series.filter(({ requests }) => requests > 0).length).toBeGreaterThanOrEqual(5);
    expect(readFileSync(path.join(record.dir, 'engine.log'), 'utf8')).not.toContain('did not give way');
  });
});
