import { MetricsEngine } from '../../../src/engine/metrics/engine.ts';
import type { MetricsEngineOptions } from '../../../src/engine/metrics/engine.ts';
import type { SummaryInput } from '../../../src/engine/summary/data.ts';
import { feed } from '../outputs/samples.ts';
import type { TestSample } from '../outputs/samples.ts';

const TREND_STATS = ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)'];

/** What a run of these samples hands to the summary. */
export function summaryInput(
  samples: readonly TestSample[],
  thresholds: Readonly<Record<string, readonly string[]>> = {},
  checks: readonly (readonly [group: string, name: string, passed: boolean])[] = [],
  over: Partial<SummaryInput> = {},
): SummaryInput {
  const config = Object.entries(thresholds).map(([key, list]): [string, MetricsEngineOptions['thresholds'][string]] => [
    key,
    list.map((threshold) => ({ threshold, abortOnFail: false, delayAbortEval: 0 })),
  ]);
  const engine = new MetricsEngine({
    thresholds: Object.fromEntries(config),
    noThresholds: false,
    systemTags: ['expected_response'],
    sections: true,
    consumer: { metrics: [], tags: [], addSamples: () => undefined },
    log: () => undefined,
    now: () => 0,
  });
  feed(samples, () => undefined, engine.local);
  for (const [group, name, passed] of checks) engine.local.check(group, name, passed);
  engine.bindThresholds();
  engine.finish();
  return {
    series: engine.series(),
    checks: engine.local.checks,
    thresholds: engine.thresholds(),
    trendStats: TREND_STATS,
    timeUnit: '',
    noColor: true,
    isStdOutTTY: undefined,
    isStdErrTTY: true,
    durationMs: 2000,
    ...over,
  };
}
