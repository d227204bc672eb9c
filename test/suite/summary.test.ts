import { describe, expect, it } from 'vitest';
import { jUnit, runSummary, textSummary, type SummaryData } from '../../src/suite/summary/index.ts';

const data: SummaryData = {
  metrics: {
    http_req_duration: {
      type: 'trend',
      contains: 'time',
      values: { avg: 12.345, min: 0.25, med: 10, max: 1500, 'p(90)': 20, 'p(95)': 25, 'p(99)': 90, count: 40 },
      thresholds: { 'p(95)<200': { ok: true }, 'p(99)<50': { ok: false } },
    },
    'http_req_duration{name:health}': { type: 'trend', contains: 'time', values: { avg: 1, count: 4 } },
    data_received: { type: 'counter', contains: 'data', values: { count: 12_345, rate: 1234.5 } },
    checks: { type: 'rate', contains: 'default', values: { rate: 0.95, passes: 38, fails: 2 } },
    vus: { type: 'gauge', contains: 'default', values: { value: 1, min: 1, max: 10 } },
  },
  root_group: {
    name: '',
    path: '',
    checks: [],
    groups: [
      {
        name: 'health',
        path: '::health',
        groups: [],
        checks: [
          { name: 'status is 200', path: '::health::status is 200', passes: 20, fails: 0 },
          { name: 'body <ok> & "fine"', path: '::health::body <ok> & "fine"', passes: 18, fails: 2 },
        ],
      },
    ],
  },
  options: { summaryTrendStats: ['avg', 'max', 'p(95)', 'count'] },
  state: { testRunDurationMs: 10_000, isStdOutTTY: false, isStdErrTTY: false },
};

describe('textSummary', () => {
  it('shows checks by group and metrics in columns', () => {
    expect(textSummary(data)).toMatchInlineSnapshot(`
      "
      █ health
        ✓ status is 200
        ✗ body <ok> & "fine"
         ↳  90% — ✓ 18 / ✗ 2

        checks..............: 95.00% — ✓ 38 / ✗ 2
        data_received.......: 12.3 kB 1.2 kB/s
      ✗ http_req_duration...: avg=12.35ms max=1.5s p(95)=25ms count=40
          {name:health}.....: avg=1ms max=0s p(95)=0s count=4
        vus.................: 1 min=1 max=10
      "
    `);
  });

  it('has colours only when asked for, and none when the run has none', () => {
    expect(textSummary(data, { enableColors: true })).toContain('\u001b[32m');
    const plain = { ...data, options: { ...data.options, noColor: true } };
    expect(textSummary(plain, { enableColors: true })).not.toContain('\u001b');
  });

  it('indents every line', () => {
    const lines = textSummary(data, { indent: '> ' }).trimEnd().split('\n');
    expect(lines.every((line) => line.startsWith('>'))).toBe(true);
  });
});

describe('jUnit', () => {
  it('has a case per threshold and check, escaped, the failed ones as failures', () => {
    const xml = jUnit(data, { name: 'load', classname: 'gravl' });
    expect(xml).toContain('<testsuite name="load" tests="4" failures="2">');
    expect(xml).toContain('name="http_req_duration - p(95)&#60;200" classname="gravl" />');
    expect(xml).toContain('body &#60;ok&#62; &#38; &#34;fine&#34;');
    expect(xml).not.toContain('<ok>');
  });
});

it('exports the data unchanged for the run record', () => {
  expect(JSON.parse(runSummary(data))).toEqual(data);
});
