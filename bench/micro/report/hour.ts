/**
 * Report generation for an hour at 1,000 requests a second: a series of 3,600 seconds and 6 endpoints, made as the tests
 * make it, rendered as HTML, Markdown and JUnit. Time and peak memory are those of a process that does nothing else;
 * the half hour beside it shows whether memory grows with the run.
 *
 *     npx esbuild bench/micro/report/hour.ts --bundle --packages=external --platform=node --format=esm --outfile=.cache/report.mjs && node .cache/report.mjs
 */
import { execFileSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeReports } from '../../../src/report/index.ts';
import { loadRunFolder, runFiles } from '../../../src/results/store.ts';
import { newResults, storeRun } from '../../../test/fixtures/run-folder.ts';

const ROUNDS = 5;
const MEGABYTE = 1_000_000;

interface Figures {
  readonly ms: number;
  /** Resident memory before and at its peak. */
  readonly before: number;
  readonly peak: number;
}

const [dir] = process.argv.slice(2);
if (dir === undefined) {
  for (const seconds of [1800, 3600]) await measure(seconds);
} else {
  process.stdout.write(JSON.stringify(await render(dir)));
}

async function measure(seconds: number): Promise<void> {
  const root = newResults();
  try {
    const run = await storeRun({ seconds, rate: 1000 }, root);
    const rounds = Array.from({ length: ROUNDS }, () => {
      const text = execFileSync(process.execPath, [fileURLToPath(import.meta.url), run.dir], { encoding: 'utf8' });
      return JSON.parse(text) as Figures;
    }).sort((a, b) => a.ms - b.ms);
    const middle = rounds[Math.floor(ROUNDS / 2)];
    const size = (file: string): string => `${(statSync(path.join(run.dir, file)).size / MEGABYTE).toFixed(2)} MB`;
    const megabytes = (bytes: number): string => (bytes / MEGABYTE).toFixed(0);
    console.log(
      `${seconds} s × 6 endpoints (series ${size(runFiles.series)}): report.html of ${size(runFiles.html)} in ` +
        `${middle?.ms.toFixed(0)} ms (${rounds[0]?.ms.toFixed(0)} to ${rounds.at(-1)?.ms.toFixed(0)}), ` +
        `memory ${megabytes(middle?.before ?? 0)} MB before, ${megabytes(middle?.peak ?? 0)} MB at the peak`,
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function render(folder: string): Promise<Figures> {
  const before = process.memoryUsage.rss();
  const start = performance.now();
  const { record } = await loadRunFolder(folder);
  await writeReports(folder, record, undefined);
  // maxRSS is in kilobytes.
  return { ms: performance.now() - start, before, peak: process.resourceUsage().maxRSS * 1024 };
}
