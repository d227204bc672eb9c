import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { capacityReportSchema } from '../../src/analysis/capacity/report.ts';
import { gravlLoad, target, temporaryFolder } from '../e2e/harness.ts';

it('searches in steps, never beyond --max-rate, and keeps report, table and chart', async () => {
  const { url, metricsUrl } = await target({ latencyMs: 5 });
  const results = temporaryFolder();
  const finished = await gravlLoad([
    'capacity',
    ...['--base-url', url, '--metrics-url', metricsUrl, '--results', results, '--engine', 'embedded'],
    ...['--step', '5s', '--start-rate', '10', '--max-rate', '10', '--expect', '15', '--strict', '--json'],
    ...['--p95', '10000', '--p99', '10000'],
  ]);
  const report = capacityReportSchema.parse(JSON.parse(finished.stdout));
  const rows = [200, 500, 1000].map((rate) => ({ rate, verdict: 'not run' }));
  // A machine that is busy with other things may not bring about ten requests a second; then the report says so.
  const holds = report.steps[0]?.holds === true;
  expect(report).toMatchObject({
    rows,
    steps: [{ rate: 10, holds, why: holds ? null : (expect.any(String) as string) }],
    ...(holds
      ? { knee: 10, atLeast: true, stoppedBy: 'max-rate' }
      : { knee: 0, stoppedBy: expect.stringMatching(/^(?:generator|nothing-holds)$/) as string }),
    // Whether fifteen would be held is not known.
    expected: { rate: 15, enough: report.atLeast ? null : false },
  });
  expect(finished.exitCode).toBe(report.atLeast ? 4 : 99);
  expect(Object.keys(report.steps[0]?.server ?? {})).toEqual(
    expect.arrayContaining(['eventLoopLagP99Ms', 'memoryMb', 'cpu', 'inFlight']),
  );
  const [dir = ''] = readdirSync(path.join(results, 'capacity', 'local'));
  expect(readdirSync(path.join(results, 'capacity', 'local', dir))).toEqual(
    expect.arrayContaining(['capacity.json', 'capacity.md', 'capacity.svg', 'report.html', 'runs']),
  );
});

it('takes all scenarios of a project that has others than Gravl', async () => {
  const { url } = await target();
  const cwd = temporaryFolder();
  await gravlLoad(['init'], { cwd });
  const load = ['--base-url', url, '--step', '5s', '--max-rate', '5', '--json'];
  const { stdout, stderr } = await gravlLoad(['capacity', ...load], { cwd });
  expect(stderr).not.toContain('unknown scenario');
  const { steps } = capacityReportSchema.parse(JSON.parse(stdout));
  // A machine that is too busy for five a second is asked for less.
  expect(Math.max(...steps.map(({ rate }) => rate))).toBe(5);
});
