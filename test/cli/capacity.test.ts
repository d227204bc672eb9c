import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { capacityReportSchema } from '../../src/analysis/capacity/report.ts';
import { gravlK6, gravlLoad, target, temporaryFolder } from '../e2e/harness.ts';

it('searches in steps, never beyond --max-rate, and keeps report, table and chart', { timeout: 300_000 }, async () => {
  const { url, metricsUrl } = await target({ latencyMs: 5 });
  const results = temporaryFolder();
  const args = [
    ...['--base-url', url, '--metrics-url', metricsUrl, '--results', results],
    ...['--step', '5s', '--start-rate', '10', '--max-rate', '10', '--expect', '15', '--strict', '--json'],
    // Whether ten a second are held must not depend on this machine: neither on its speed nor on how busy it is.
    ...['--p95', '10000', '--p99', '10000'],
  ];
  const finished = await gravlLoad(['capacity', ...args], { env: { K6_BIN: gravlK6 } });
  // Ten requests a second are held, and whether fifteen would be is not known.
  expect(finished.exitCode).toBe(4);
  const report = capacityReportSchema.parse(JSON.parse(finished.stdout));
  expect(report).toMatchObject({
    knee: 10,
    atLeast: true,
    stoppedBy: 'max-rate',
    expected: { rate: 15, enough: null },
    rows: [200, 500, 1000].map((rate) => ({ rate, verdict: 'not run' })),
    steps: [{ rate: 10, holds: true }],
  });
  expect(Object.keys(report.steps[0]?.server ?? {})).toEqual(
    expect.arrayContaining(['eventLoopLagP99Ms', 'memoryMb', 'cpu', 'inFlight']),
  );
  const [dir = ''] = readdirSync(path.join(results, 'capacity', 'local'));
  expect(readdirSync(path.join(results, 'capacity', 'local', dir))).toEqual(
    expect.arrayContaining(['capacity.json', 'capacity.md', 'capacity.svg', 'report.html', 'runs']),
  );
});
