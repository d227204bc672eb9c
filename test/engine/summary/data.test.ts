import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { forScript, summaryData, summarySections } from '../../../src/engine/summary/data.ts';
import type { TestSample } from '../outputs/samples.ts';
import { summaryInput } from './fixture.ts';

interface Golden {
  readonly summary: { readonly metrics: Record<string, Record<string, unknown>>; readonly root_group: unknown };
  readonly points: Record<
    string,
    { type: TestSample['type']; contains: TestSample['contains']; sets: Record<string, number> }
  >;
}

/** The samples of a recorded case whose golden keeps the values: `tag=…, tag=… => value`, with a count. */
function recordedSamples(golden: Golden, metrics: readonly string[]): TestSample[] {
  return metrics.flatMap((metric) => {
    const { type, contains, sets } = golden.points[metric]!;
    return Object.entries(sets).flatMap(([key, count]) => {
      const [tags, value] = key.split(' => ');
      const pairs = tags!.split(', ').map((pair) => pair.split('=') as [string, string]);
      const sample: TestSample = {
        metric,
        value: Number(value),
        tags: Object.fromEntries(pairs),
        type: type!,
        contains: contains!,
      };
      return Array.from({ length: count }, () => sample);
    });
  });
}

describe('summaryData', () => {
  it('computes from the recorded points what k6 computed', () => {
    const golden = JSON.parse(readFileSync('test/conformance/cases/39-custom-metrics/golden.json', 'utf8')) as Golden;
    const names = ['m_counter', 'm_data', 'm_rate', 'm_trend', 'm_time'];
    const trendStats = ['min', 'avg', 'med', 'max', 'p(50)', 'p(90)', 'p(99.9)', 'count'];
    const thresholds = {
      m_rate: ['rate>0.6', 'rate<0.7'],
      m_trend: ['avg==3', 'med==3', 'p(90)<5.1', 'min==1', 'max==5'],
    };
    const data = forScript(summaryData(summaryInput(recordedSamples(golden, names), thresholds, [], { trendStats })));
    for (const name of names) {
      const { values, ...rest } = golden.summary.metrics[name]!;
      const { values: got, ...gotRest } = data.metrics[name]!;
      if (name in thresholds) expect(gotRest).toEqual(rest);
      for (const [stat, value] of Object.entries(values as Record<string, unknown>)) {
        if (typeof value === 'number') expect([name, stat, got[stat]]).toEqual([name, stat, expect.closeTo(value, 9)]);
      }
    }
  });

  it('gives groups and checks the ids and order k6 gave them', () => {
    const golden = JSON.parse(readFileSync('test/conformance/cases/50-checks/golden.json', 'utf8')) as Golden;
    interface Group {
      readonly path: string;
      readonly checks: { name: string; passes: number; fails: number }[];
      readonly groups: Group[];
    }
    const outcomes = (group: Group): [string, string, boolean][] => [
      ...group.checks.flatMap(({ name, passes, fails }): [string, string, boolean][] => [
        ...Array.from({ length: passes }, (): [string, string, boolean] => [group.path, name, true]),
        ...Array.from({ length: fails }, (): [string, string, boolean] => [group.path, name, false]),
      ]),
      ...group.groups.flatMap(outcomes),
    ];
    const root = golden.summary.root_group as Group;
    expect(summaryData(summaryInput([], {}, outcomes(root))).root_group).toEqual(root);
  });

  it('shows a metric when it has samples or a threshold, and series with tags beside it', () => {
    const data = summaryData(
      summaryInput([{ metric: 'http_req_duration', value: 4, tags: { expected_response: 'true' } }], {
        'ws_sessions{a:b}': ['count<1'],
        checks: ['rate>0.5'],
      }),
    );
    expect(Object.keys(data.metrics)).toEqual([
      'checks',
      'http_req_duration',
      'http_req_duration{expected_response:true}',
      'ws_sessions{a:b}',
    ]);
    expect(data.metrics['checks']).toMatchObject({
      values: { rate: 0, passes: 0, fails: 0 },
      thresholds: { 'rate>0.5': { ok: true } },
    });
    expect(data.state).toEqual({ isStdOutTTY: false, isStdErrTTY: true, testRunDurationMs: 2000 });
    expect('setup_data' in data).toBe(false);
    expect(summaryData(summaryInput([], {}, [], { setupData: null }))).toMatchObject({ setup_data: null });
  });

  it('keeps what was observed from the script', () => {
    const data = summaryData(summaryInput([{ metric: 'vus', value: 4 }], { vus: ['value<3'] }));
    expect(data.metrics['vus']?.thresholds).toEqual({ 'value<3': { ok: false, observed: 4 } });
    expect(forScript(data).metrics['vus']?.thresholds).toEqual({ 'value<3': { ok: false } });
  });
});

describe('summarySections', () => {
  it('has a section per scenario and per group of it, with its checks', () => {
    const tags = { scenario: 's', group: '::g', check: 'ok' };
    const sections = summarySections(
      summaryInput([
        { metric: 'checks', value: 1, tags },
        { metric: 'checks', value: 0, tags: { ...tags, group: '' } },
        { metric: 'iterations', value: 1 },
      ]),
    );
    expect(sections.map(({ scenario, group, checks }) => [scenario, group, checks])).toEqual([
      ['s', '', [{ name: 'ok', passes: 1, fails: 1 }]],
      ['s', '::g', [{ name: 'ok', passes: 1, fails: 0 }]],
    ]);
  });
});
