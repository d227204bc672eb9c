import { describe, expect, it } from 'vitest';
import { formatBytes, formatClock, formatMs, formatShare } from '../../src/report/format.ts';
import { renderJUnit } from '../../src/report/junit.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { renderVerdict } from '../../src/report/terminal/verdict.ts';
import { endpointResult, runRecord } from '../fixtures/record.ts';

const hostile = '<script>alert("1")</script> | `x` & \'y\'\n# z \u0000';
const failed = runRecord({
  exitCode: 99,
  verdict: { state: 'FAIL', reasons: ['threshold crossed: http_req_failed: rate<0.01'] },
  thresholds: [
    { metric: 'http_req_failed', expression: 'rate<0.01', ok: false, value: 0.05, limit: 0.01, abortOnFail: false },
    {
      metric: 'http_req_duration{name:health}',
      expression: 'p(95)<200',
      ok: true,
      value: 10,
      limit: 200,
      abortOnFail: false,
    },
  ],
  checks: [{ name: 'status is 200', path: '::health::status is 200', passes: 285, fails: 15 }],
  endpoints: [endpointResult({ failed: 15, errors: { 'status 500': 15 } })],
  total: endpointResult({ name: '', failed: 15, errors: { 'status 500': 15 } }),
});
const strange = runRecord({
  env: hostile,
  target: { url: hostile, version: null, restarted: null },
  verdict: { state: 'INVALID', reasons: [hostile] },
  endpoints: [endpointResult({ name: hostile })],
  checks: [{ name: hostile, path: `::${hostile}`, passes: 1, fails: 1 }],
  thresholds: [{ metric: hostile, expression: 'rate<1', ok: false, value: null, limit: null, abortOnFail: false }],
});
const empty = runRecord({
  verdict: { state: 'INVALID', reasons: ['no request was made'] },
  total: endpointResult({ name: '', requests: 0, rate: 0, duration: null }),
  endpoints: [],
  thresholds: [],
  checks: [],
});

describe('junit.xml', () => {
  it('has a case for the verdict, each threshold and each check', () => {
    const xml = renderJUnit(failed);
    expect(xml).toContain('<testsuites name="gravl-load" tests="4" failures="2" errors="0">');
    expect(xml).toContain('<failure message="observed 5 %" />');
    expect(xml).toContain('name="health › status is 200" time="0"><failure message="15 of 300 failed" />');
  });
  it('stays well-formed whatever the names are', () => {
    const xml = renderJUnit(strange);
    expect(xml).not.toContain('<script>');
    expect(xml).not.toContain('\u0000');
    expect(xml.match(/<testcase/g)).toHaveLength(xml.match(/<\/testcase>|<testcase[^>]*\/>/g)!.length);
  });
});

describe('summary.md', () => {
  it('has the verdict, the endpoints and the thresholds', () => {
    expect(renderMarkdown(failed)).toMatchSnapshot();
  });
  it('lets no name break out of its cell', () => {
    const text = renderMarkdown(strange);
    expect(text).not.toContain('<script>');
    const rows = text.split('\n').filter((line) => line.startsWith('| '));
    for (const row of rows) expect(row.replaceAll('\\|', '').split('|').length).toBeGreaterThanOrEqual(5);
  });
});

describe('the verdict on the terminal', () => {
  const context = {
    dir: 'results/runs/local/x',
    comparison: {
      schemaVersion: 1 as const,
      against: 'local/baseline',
      state: 'no-baseline' as const,
      reasons: ['there is no baseline of local/baseline yet'],
      report: null,
    },
    savedBaseline: false,
    engineErrors: [],
  };
  it('fits one screen and says what to do next', () => {
    const text = renderVerdict(runRecord(), context);
    expect(text).toMatchSnapshot();
    expect(text.split('\n').length).toBeLessThan(24);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
  });
  it('is as wide as the terminal: columns go, what is judged stays, names are cut last', () => {
    const long = runRecord({ endpoints: [endpointResult({ name: 'a-name-that-is-much-too-long-for-this' })] });
    const table = (columns?: number): string[] =>
      renderVerdict(long, { ...context, columns })
        .split('\n')
        .filter((line) => /^(endpoint|a-name)/.test(line));
    expect(table()[0]).toMatch(/avg .* p90 .* max/);
    for (const columns of [100, 80, 60, 40]) {
      for (const line of table(columns)) expect(line.trimEnd().length, line).toBeLessThan(columns);
      expect(table(columns)[0]).toMatch(/^endpoint .*p95 .*errors/);
    }
    expect(table()[1]).toContain('a-name-that-is-much-too-long-for-this');
    expect(table(80)[1]).toMatch(/^a-name-that-is-much-too-…/);
  });
  it('tells a command that finds the run, wherever it is', () => {
    const elsewhere = renderVerdict(runRecord(), { ...context, results: '/srv/load' });
    expect(elsewhere).toContain('npx gravl-load baseline save 1a2b3c --results /srv/load');
  });
  it('shows what was crossed and what failed', () => {
    expect(renderVerdict(failed, context)).toMatchSnapshot();
  });
  it('has something to say of a run without a request', () => {
    expect(renderVerdict(empty, context)).toContain('no request was made');
    for (const render of [renderJUnit, renderMarkdown]) expect(render(empty)).toContain('no request was made');
  });
});

it('writes numbers as people read them', () => {
  expect([0.456, 4.567, 45.67, 456.7, 4567, 45_678, null].map(formatMs)).toEqual([
    '0.46 ms',
    '4.57 ms',
    '45.7 ms',
    '457 ms',
    '4.57 s',
    '45.7 s',
    '–',
  ]);
  expect([9.996, 99.96, 999.6, 9996].map(formatMs)).toEqual(['10.0 ms', '100 ms', '1.00 s', '10.0 s']);
  expect([0, 0.00001, 0.0005, 0.0123, 1].map(formatShare)).toEqual(['0 %', '<0.01 %', '0.05 %', '1.2 %', '100 %']);
  expect([0, 999, 1000, 1_234_567].map(formatBytes)).toEqual(['0 B', '999 B', '1.0 kB', '1.2 MB']);
  expect([0, 7400, 754_000, 3_723_000].map(formatClock)).toEqual(['0:00', '0:07', '12:34', '1:02:03']);
});
