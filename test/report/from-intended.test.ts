import { describe, expect, it } from 'vitest';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { endpointsTable } from '../../src/report/html/sections/tables.ts';
import { renderVerdict } from '../../src/report/terminal/verdict.ts';
import { endpointResult, runRecord } from '../fixtures/record.ts';

const read = { min: 1, avg: 20, med: 18, p90: 30, p95: 40, p99: 80, max: 90 };
const run = (p95: number | undefined) => {
  const fromIntended = p95 === undefined ? null : { ...read, p95, p99: Math.max(80, p95) };
  return runRecord({
    endpoints: [endpointResult({ duration: read, fromIntended })],
    total: endpointResult({ name: '', duration: read, fromIntended }),
  });
};
const context = { dir: 'results/x', comparison: undefined, savedBaseline: false, engineErrors: [] };
const reports = (p95: number | undefined): string[] => [
  renderVerdict(run(p95), context),
  renderMarkdown(run(p95)),
  endpointsTable(run(p95)).text,
];

describe('latency from the intended start', () => {
  it('is told in every report when iterations began late', () => {
    for (const report of reports(340)) {
      expect(report.toLowerCase()).toContain(
        'iterations began late: counted from when they were due, p95 340 ms instead',
      );
    }
  });
  it('is not told when both readings agree, or nothing was due', () => {
    for (const report of [...reports(43), ...reports(undefined)])
      expect(report.toLowerCase()).not.toContain('began late');
  });
});
