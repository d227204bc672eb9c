/** What the user is told about a run before it begins. */
import { describeScenario, requirements, scenarioDuration } from '../executors/index.ts';
import { progressColumns } from '../executors/progress-text.ts';
import type { Split } from '../executors/segment.ts';
import type { LoadedTest } from './load-test.ts';
import type { RunObserver } from './types.ts';

export function describeRun(
  { label, options: { scenarios } }: LoadedTest,
  split: Split,
  outputs: Parameters<RunObserver['described']>[0]['outputs'],
): Parameters<RunObserver['described']>[0] {
  const { maxVUs, duration } = requirements(scenarios, split);
  return {
    script: label,
    outputs,
    scenarios: scenarios.map((scenario) => ({
      name: scenario.name,
      text: describeScenario(scenario, split),
      startTime: scenario.startTime,
      duration: scenarioDuration(scenario),
      columns: (standing) => progressColumns(scenario, split, standing),
    })),
    maxVUs,
    maxDuration: duration,
  };
}
