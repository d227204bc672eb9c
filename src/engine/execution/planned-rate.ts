/** What the arrival rates of a test ask of one instance. */
import { scenarioDuration } from '../executors/index.ts';
import type { Split } from '../executors/segment.ts';
import type { Scenario } from '../options/types.ts';
import { rateAt } from './threads.ts';

/**
 * @param elapsed milliseconds since the load began
 * @returns iterations per second; null outside of the load and for closed models
 */
export function plannedRate(scenarios: readonly Scenario[], instance: Split, elapsed: number): number | null {
  const open = scenarios.flatMap((scenario) => {
    const rate = rateAt(scenario, elapsed);
    return rate === undefined ? [] : [rate * shareOf(scenario, instance)];
  });
  const end = Math.max(...scenarios.map((scenario) => scenario.startTime + scenarioDuration(scenario)));
  return open.length === 0 || elapsed >= end ? null : open.reduce((sum, rate) => sum + rate, 0);
}

/** What of the scenario's arrival rate is this instance's, 0 to 1. */
function shareOf(scenario: Scenario, instance: Split): number {
  if (!('maxVUs' in scenario)) return 1;
  const many = 2 ** 30;
  return instance.inProportionTo(scenario.maxVUs).scale(many) / many;
}
