import { describe, expect, it } from 'vitest';
import { summaryData, summarySections } from '../../../../src/engine/summary/data.ts';
import { renderLegacySummary } from '../../../../src/engine/summary/text/legacy.ts';
import { renderTextSummary } from '../../../../src/engine/summary/text/render.ts';
import { summaryInput } from '../fixture.ts';

const REQUEST = { scenario: 'default', group: '::shop::cart', expected_response: 'true' };
const INPUT = summaryInput(
  [
    { metric: 'http_reqs', value: 1, tags: REQUEST },
    { metric: 'http_req_duration', value: 12.345, tags: REQUEST },
    { metric: 'http_req_waiting', value: 11, tags: REQUEST },
    { metric: 'http_req_failed', value: 0, tags: REQUEST },
    { metric: 'checks', value: 1, tags: { ...REQUEST, check: 'found' } },
    { metric: 'checks', value: 0, tags: { ...REQUEST, check: 'fast' } },
    { metric: 'group_duration', value: 20, tags: { scenario: 'default', group: '::shop' } },
    { metric: 'iterations', value: 1, tags: { scenario: 'default' } },
    { metric: 'iteration_duration', value: 1500, tags: { scenario: 'default' } },
    { metric: 'vus', value: 3 },
    { metric: 'data_sent', value: 4912, tags: { scenario: 'default' } },
    { metric: 'my_trend', value: 5, type: 'trend' },
  ],
  { checks: ['rate==1'], http_req_duration: ['p(95)<200'], 'http_req_duration{expected_response:true}': ['avg<1'] },
  [
    ['::shop::cart', 'found', true],
    ['::shop::cart', 'fast', false],
  ],
);
const DATA = summaryData(INPUT);

function trimmed(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

describe('renderTextSummary', () => {
  it('shows thresholds, checks and the metrics that matter most', () => {
    expect(trimmed(renderTextSummary(DATA, { mode: 'compact', colors: false }))).toBe(`  █ THRESHOLDS

    checks
    ✗ 'rate==1' rate=50.00%

    http_req_duration
    ✓ 'p(95)<200' p(95)=12.34ms

      { expected_response:true }
      ✗ 'avg<1' avg=12.34ms


  █ TOTAL RESULTS

    checks_total.......: 2      1/s
    checks_succeeded...: 50.00% 1 out of 2
    checks_failed......: 50.00% 1 out of 2

    ✓ found
    ✗ fast
      ↳  0% — ✓ 0 / ✗ 1

    CUSTOM
    my_trend.......................: avg=5       min=5       med=5       max=5       p(90)=5       p(95)=5

    HTTP
    http_req_duration..............: avg=12.34ms min=12.34ms med=12.34ms max=12.34ms p(90)=12.34ms p(95)=12.34ms
      { expected_response:true }...: avg=12.34ms min=12.34ms med=12.34ms max=12.34ms p(90)=12.34ms p(95)=12.34ms
    http_req_failed................: 0.00%  0 out of 1
    http_reqs......................: 1      0.5/s

    EXECUTION
    iteration_duration.............: avg=1.5s    min=1.5s    med=1.5s    max=1.5s    p(90)=1.5s    p(95)=1.5s
    iterations.....................: 1      0.5/s
    vus............................: 3      min=3      max=3

    NETWORK
    data_sent......................: 4.9 kB 2.5 kB/s
`);
  });

  it('shows every phase, and groups on their own, in the full mode', () => {
    const text = trimmed(renderTextSummary(DATA, { mode: 'full', colors: false, sections: summarySections(INPUT) }));
    expect(text).toContain('    http_req_waiting...............: avg=11ms');
    const sections = text.slice(text.indexOf('  █ GROUP: '));
    expect(sections.split('\n').slice(0, 12)).toEqual([
      '  █ GROUP: shop',
      '',
      '    ↳ GROUP: cart',
      '',
      '      checks_total.......: 2      1/s',
      '      checks_succeeded...: 50.00% 1 out of 2',
      '      checks_failed......: 50.00% 1 out of 2',
      '',
      '      ✓ found',
      '      ✗ fast',
      '        ↳  0% — ✓ 0 / ✗ 1',
      '',
    ]);
    expect(sections).toContain('\n      http_reqs...........: 1     0.5/s');
  });

  it('shows scenarios that the script has named', () => {
    const input = summaryInput([{ metric: 'iterations', value: 4, tags: { scenario: 'buyers' } }]);
    const text = renderTextSummary(summaryData(input), {
      mode: 'full',
      colors: false,
      sections: summarySections(input),
    });
    expect(trimmed(text)).toContain('  █ SCENARIO: buyers\n\n    EXECUTION\n    iterations...: 4 2/s');
  });

  it('colours marks and values only when it may', () => {
    const plain = renderTextSummary(DATA, { mode: 'compact', colors: false });
    const coloured = renderTextSummary(DATA, { mode: 'compact', colors: true });
    expect(plain).not.toContain('\u001b');
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(plain);
    expect(coloured).toContain('\u001b[31m✗\u001b[0m');
  });

  it('says nothing of checks when there were none', () => {
    const text = renderTextSummary(summaryData(summaryInput([{ metric: 'iterations', value: 1 }])), {
      mode: 'compact',
      colors: false,
    });
    expect(text).not.toContain('checks');
  });
});

describe('renderLegacySummary', () => {
  it('lists checks by group and then all metrics with their thresholds marked', () => {
    const lines = trimmed(renderLegacySummary(DATA, { indent: ' ' })).split('\n');
    expect(lines.slice(0, 9)).toEqual([
      '     █ shop',
      '',
      '       █ cart',
      '',
      '         ✓ found',
      '         ✗ fast',
      '          ↳  0% — ✓ 0 / ✗ 1',
      '',
      '   ✗ checks.........................: 50.00% ✓ 1      ✗ 1',
    ]);
    expect(lines).toContain(
      '   ✓ http_req_duration..............: avg=12.34ms min=12.34ms med=12.34ms max=12.34ms p(90)=12.34ms p(95)=12.34ms',
    );
    expect(lines).toContain('     vus............................: 3      min=3    max=3');
  });
});
