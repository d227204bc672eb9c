import { describe, expect, it } from 'vitest';
import { summaryData } from '../../../src/engine/summary/data.ts';
import { exportSummary } from '../../../src/engine/summary/export.ts';
import { machineReadableSummary } from '../../../src/engine/summary/machine-readable.ts';
import { summaryInput } from './fixture.ts';

const DATA = summaryData(
  summaryInput(
    [
      { metric: 'http_reqs', value: 6 },
      { metric: 'http_req_duration', value: 3 },
      { metric: 'checks', value: 1 },
      { metric: 'checks', value: 0 },
      { metric: 'own', value: 1 },
    ],
    { checks: ['rate>0.9'], http_reqs: ['count>1'] },
    [
      ['', 'a', true],
      ['::g', 'b', false],
    ],
  ),
);

describe('exportSummary', () => {
  it('has values under the metrics, true for crossed thresholds, checks and groups by name', () => {
    const document = JSON.parse(exportSummary(DATA)) as Record<string, unknown>;
    expect(document).toMatchObject({
      metrics: {
        checks: { passes: 1, fails: 1, value: 0.5, thresholds: { 'rate>0.9': true } },
        http_reqs: { count: 6, rate: 3, thresholds: { 'count>1': false } },
        http_req_duration: { avg: 3, 'p(95)': 3 },
      },
      root_group: {
        name: '',
        checks: { a: { path: '::a', passes: 1 } },
        groups: { g: { checks: { b: { fails: 1 } } } },
      },
    });
  });
});

describe('machineReadableSummary', () => {
  const summary = machineReadableSummary({
    data: DATA,
    trendCounts: { http_req_duration: 1 },
    script: 'script.js',
    k6Version: '2.2.0',
    generatedAt: new Date(0),
  });

  it('follows the public schema: categories, the count of trends, checks of all groups', () => {
    expect(summary).toMatchObject({
      version: '1.0.0',
      metadata: { generatedAt: '1970-01-01T00:00:00.000Z', k6Version: '2.2.0' },
      config: { execution: 'local', script: 'script.js', duration: 2 },
    });
    expect(summary.results.metrics.map(({ name, category }) => [name, category])).toEqual([
      ['http_req_duration', 'http'],
      ['http_reqs', 'http'],
      ['own', 'custom'],
    ]);
    expect(summary.results.metrics[0]?.values).toMatchObject({ count: 1, avg: 3 });
    expect(summary.results.checks?.results).toEqual([
      { name: 'a', passes: 1, fails: 0 },
      { name: 'b', passes: 0, fails: 1 },
    ]);
    expect(summary.results.checks?.metrics.map(({ name, values }) => [name, values])).toEqual([
      ['checks_total', { count: 2, rate: 1 }],
      ['checks_succeeded', { rate: 0.5, passes: 1, fails: 1 }],
      ['checks_failed', { rate: 0.5, passes: 1, fails: 1 }],
    ]);
  });

  it('passed when no threshold was crossed', () => {
    expect(summary.results.passed).toBe(false);
  });
});
