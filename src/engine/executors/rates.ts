/** What arrival rates ask for, all parts of a test together. */
import type { Scenario } from '../options/types.ts';
import { rateInStages } from './ramp.ts';

/** Iterations per second; 0 for closed models. */
export function peakRate(scenario: Scenario): number {
  if (scenario.executor === 'constant-arrival-rate') return (scenario.rate / scenario.timeUnit) * 1000;
  if (scenario.executor !== 'ramping-arrival-rate') return 0;
  const peak = Math.max(scenario.startRate, ...scenario.stages.map(({ target }) => target));
  return (peak / scenario.timeUnit) * 1000;
}

/** Iterations per second a scenario asks for, `at` milliseconds after the load began; undefined for closed models. */
export function rateAt(scenario: Scenario, at: number): number | undefined {
  const since = at - scenario.startTime;
  if (scenario.executor === 'constant-arrival-rate') {
    return since >= 0 && since < scenario.duration ? peakRate(scenario) : 0;
  }
  if (scenario.executor !== 'ramping-arrival-rate') return undefined;
  if (since < 0) return 0;
  return ((rateInStages(scenario.startRate, scenario.stages, since) ?? 0) / scenario.timeUnit) * 1000;
}
