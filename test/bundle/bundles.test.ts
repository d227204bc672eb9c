import { execFile } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile } from '../../src/bundle/compile.ts';
import { buildRelease, type BuiltScript } from '../../src/bundle/release.ts';
import type { SummaryData } from '../../src/suite/summary/index.ts';
import { startTarget, type RunningTarget } from '../../src/target/server.ts';

const root = path.resolve(import.meta.dirname, '../..');
let dir: string;
let target: RunningTarget;
let built: BuiltScript[];

beforeAll(async () => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'gravl-bundle-'));
  target = await startTarget({
    host: '127.0.0.1',
    port: 0,
    metricsPort: 0,
    latencyMs: 1,
    latencySigma: 0,
    errorRate: 0,
    concurrency: 0,
    slowStartSeconds: 0,
    seed: 1,
  });
  built = await buildRelease(root, path.join(dir, 'k6'));
});
afterAll(async () => {
  await target.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Runs a script as a user of plain k6 would; the summary data is what two bundles are compared by. */
async function run(script: string): Promise<SummaryData> {
  const summary = path.join(dir, `${path.basename(path.dirname(script))}.json`);
  const plan = {
    apiUrl: target.url,
    metricsUrl: target.metricsUrl,
    scenarios: ['health', 'exercises', 'metrics', 'journey'],
    thinkSeconds: 0,
    options: { vus: 2, iterations: 80, thresholds: { checks: ['rate>0.99'], 'http_reqs{name:health}': ['count>0'] } },
    summaryFile: summary,
  };
  await promisify(execFile)(process.execPath, [
    path.join(root, 'bin/gravl-k6.js'),
    'run',
    '--quiet',
    '-e',
    `GRAVL_LOAD_PLAN=${JSON.stringify(plan)}`,
    script,
  ]);
  return JSON.parse(readFileSync(summary, 'utf8')) as SummaryData;
}

describe('the two bundlers', () => {
  it('make scripts that behave the same', async () => {
    const { file } = await compile(path.join(root, 'scenarios', 'load.ts'), dir);
    const [ours, release] = [await run(file), await run(path.join(dir, 'k6', 'load.js'))];
    const shape = ({ metrics, root_group }: SummaryData) => ({
      metrics: Object.fromEntries(
        Object.entries(metrics)
          // Users are counted once a second: only a run that lasts as long has them.
          .filter(([name]) => !name.startsWith('vus'))
          .map(([name, { type, contains, thresholds }]) => [name, [type, contains, thresholds]]),
      ),
      iterations: metrics['iterations']?.values['count'],
      checks: metrics['checks']?.values['rate'],
      groups: root_group.groups
        .map(({ name, checks }) => [name, checks.map((check) => [check.name, check.fails])])
        .sort(),
    });
    expect(shape(release)).toEqual(shape(ours));
    expect(ours.metrics['checks']?.values['rate']).toBe(1);
    expect(ours.metrics['iterations']?.values['count']).toBe(80);
  });

  it('leave nothing to be imported but k6', async () => {
    const { file } = await compile(path.join(root, 'scenarios', 'load.ts'), dir);
    for (const script of [file, ...built.map((one) => one.file)]) {
      const imports = [...readFileSync(script, 'utf8').matchAll(/^import .* from ["'](.+)["'];?$/gm)].map(
        ([, from]) => from,
      );
      expect(imports.length).toBeGreaterThan(0);
      expect(imports.every((from) => from === 'k6' || from?.startsWith('k6/'))).toBe(true);
    }
  });
});

describe('the release build', () => {
  it('has a script per scenario, each with its source map', () => {
    expect(built.map(({ file }) => path.basename(file))).toEqual([
      'exercises.js',
      'health.js',
      'journey.js',
      'load.js',
      'metrics.js',
    ]);
    for (const { file } of built) {
      const map = JSON.parse(readFileSync(`${file}.map`, 'utf8')) as { sources: string[] };
      expect(map.sources.some((source) => source.includes(`scenarios/${path.basename(file, '.js')}.ts`))).toBe(true);
    }
  });
});

describe('the bundle of a run', () => {
  it('is taken from the cache until one of its sources changes', async () => {
    const project = path.join(dir, 'project');
    cpSync(path.join(root, 'scenarios'), path.join(project, 'scenarios'), { recursive: true });
    for (const folder of ['src', 'thresholds', 'node_modules'])
      symlinkSync(path.join(root, folder), path.join(project, folder));
    const entry = path.join(project, 'scenarios', 'load.ts');
    const first = await compile(entry, project);
    expect(first.cached).toBe(false);
    const touched = path.join(project, 'scenarios', 'health.ts');
    utimesSync(touched, new Date(), new Date());
    expect(await compile(entry, project)).toEqual({ ...first, cached: true, inputs: expect.any(Array) as string[] });
    appendFileSync(touched, 'export const changed = 1;\n');
    expect((await compile(entry, project)).cached).toBe(false);
  });

  it('is built again when the cache was damaged', async () => {
    const entry = path.join(root, 'scenarios', 'health.ts');
    const { file } = await compile(entry, dir);
    writeFileSync(path.join(path.dirname(file), 'inputs.json'), '{');
    expect((await compile(entry, dir)).cached).toBe(false);
  });

  it('takes `k6-summary` along', async () => {
    const entry = path.join(dir, 'own.ts');
    writeFileSync(
      entry,
      "import { textSummary } from 'k6-summary';\nexport const handleSummary = (data) => ({ stdout: textSummary(data) });\nexport default function () {}\n",
    );
    const { file, inputs } = await compile(entry, dir);
    expect(readFileSync(file, 'utf8')).not.toContain("from 'k6-summary'");
    expect(inputs).toContain(path.join(root, 'src/suite/summary/index.ts'));
  });
});
