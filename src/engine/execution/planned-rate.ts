/** What the arrival rates of a test ask of one instance. */
import { scenarioDuration } from '../executors/index.ts';
import { rateAt } from '../executors/rates.ts';
import { shareOf, type Split } from '../executors/segment.ts';
import type { Scenario } from '../options/types.ts';

/**
 * @param elapsed milliseconds since the load began
 * @returns iterations per second; null outside of the load and for closed models
 */
export function plannedRate(scenarios: readonly Scenario[], instance: Split, elapsed: number): number | null {
  const open = scenarios.flatMap((scenario) => {
    const rate = rateAt(scenario, elapsed);
    return rate === undefined
      ? []
      : ['maxVUs' in scenario ? rate * shareOf(instance.inProportionTo(scenario.maxVUs)) : rate];
  });
  const end = Math.max(...scenarios.map((scenario) => scenario.startTime + scenarioDuration(scenario)));
  return open.length === 0 || elapsed >= end ? null : open.reduce((sum, rate) => sum + rate, 0);
}
