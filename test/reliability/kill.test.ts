/**
 * SIGKILL at random moments of a run, from the start of the process to its end, and as soon as something was measured.
 * KILLS=200 makes the long run of docs/reliability.md.
 */
import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadRunFolder, loadSeries, openRunFiles } from '../../src/results/store.ts';
import { gravlLoad, target, temporaryFolder, whenMeasured } from '../e2e/harness.ts';

const kills = Number(process.env['KILLS'] ?? 12);
const lanes = 3;

const folders = (dir: string): string[] => {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
};

/** Processes that have this text in their command line. */
function processesWith(text: string): number[] {
  return folders('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
      } catch {
        return false;
      }
    });
}

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 100));
};

describe('a run that is killed', () => {
  it('leaves what it measured, and never claims to be complete', { timeout: 600_000 + kills * 60_000 }, async () => {
    const results = temporaryFolder();
    const runs = path.join(results, 'runs', 'local');
    const outcomes = { killed: 0, ended: 0 };

    const lane = async (count: number): Promise<void> => {
      const { url } = await target();
      const args = ['run', '--profile', 'smoke', '--rate', '40', '--base-url', url, '--results', results, '--json'];
      const short = [...args, '--duration', '2s'];
      const began = performance.now();
      // A busy machine may cross a threshold.
      expect([0, 99]).toContain((await gravlLoad(short)).exitCode);
      const whole = performance.now() - began;
      // How many of the others come in time depends on the machine; this one does.
      const long = [...args, '--duration', '10m'];
      const onStart = (child: ChildProcess): void => whenMeasured(results, child, () => child.kill('SIGKILL'));
      expect((await gravlLoad(long, { onStart })).exitCode).toBeNull();
      outcomes.killed++;
      for (let i = 1; i < count; i++) {
        let timer: NodeJS.Timeout | undefined;
        const { exitCode } = await gravlLoad(short, {
          onStart(child) {
            timer = setTimeout(() => child.kill('SIGKILL'), Math.sqrt(Math.random()) * whole);
          },
        });
        clearTimeout(timer);
        outcomes[exitCode === null ? 'killed' : 'ended']++;
      }
    };
    await Promise.all(Array.from({ length: lanes }, (_, index) => lane(Math.ceil((kills - index) / lanes))));
    // Neither an engine nor a stand-in target goes on alone.
    await until(() => processesWith(results).length === 0);

    const open = folders(runs).filter((name) => name.startsWith('.'));
    // One that was killed before it could say whose it is counts as about to begin, for a minute.
    const before = new Date(Date.now() - 120_000);
    for (const name of open) {
      if (existsSync(path.join(runs, name, openRunFiles.journal))) continue;
      for (const file of ['.', ...folders(path.join(runs, name))])
        utimesSync(path.join(runs, name, file), before, before);
    }
    const recovered = await gravlLoad(['report', '--partial', '--results', results]);
    expect(recovered.stderr).toBe('');
    expect(recovered.exitCode).toBe(0);
    expect(folders(runs).filter((name) => name.startsWith('.'))).toEqual([]);

    const stored = folders(runs);
    const all = await Promise.all(stored.map((name) => loadRunFolder(path.join(runs, name))));
    const interrupted = all.filter(({ record }) => record.interrupted);
    for (const { dir, record } of all) {
      const series = await loadSeries(dir);
      const sum = series.filter(({ endpoint }) => endpoint === '').reduce((total, line) => total + line.requests, 0);
      expect(sum).toBe(record.total.requests);
      expect(folders(dir)).toEqual(expect.arrayContaining(['report.html', 'junit.xml', 'summary.md']));
      expect(folders(dir)).not.toContain('work');
      if (record.interrupted) {
        expect(record).toMatchObject({ verdict: { state: 'INVALID' }, exitCode: 137 });
        expect(series.length).toBeGreaterThan(0);
        expect(record.missing['thresholds']).toBeDefined();
      } else {
        expect(record.iterations + record.generator.droppedIterations).toBe(80);
        expect(folders(dir)).toEqual(expect.arrayContaining(['summary.json']));
      }
    }
    // Runs that came to their end are all there; what was killed is there as soon as a second of it was measured.
    expect(all.length - interrupted.length).toBeGreaterThanOrEqual(outcomes.ended + lanes);
    process.stdout.write(
      `${kills} kills: ${outcomes.ended} came too late; of the others ${open.length} left an open folder, ` +
        `${interrupted.length} became an interrupted record, ${all.length - interrupted.length - outcomes.ended - lanes} were whole\n`,
    );
  });
});
