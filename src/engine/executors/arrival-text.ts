/** VU needs and wording of the arrival-rate executors. */
import type { ConstantArrivalRateScenario, RampingArrivalRateScenario } from '../options/types.ts';
import type { Split } from './segment.ts';
import type { VuNeed } from './types.ts';

type Arrival = ConstantArrivalRateScenario | RampingArrivalRateScenario;

/** Large enough to show a part's share of a rate to all the digits that are printed. */
const SHARE = 1_000_000;

export function arrivalNeeds(scenario: Arrival, duration: number, split: Split): readonly VuNeed[] {
  const planned = split.scale(scenario.preAllocatedVUs);
  return [
    { at: 0, planned, unplanned: split.scale(scenario.maxVUs) - planned },
    { at: duration + scenario.gracefulStop, planned: 0, unplanned: 0 },
  ];
}

export function rateText(rate: number, timeUnit: number, split: Split): string {
  return ((rate / timeUnit) * 1000 * (split.scale(SHARE) / SHARE)).toFixed(2);
}

export function poolText({ preAllocatedVUs, maxVUs }: Arrival, split: Split): string {
  const [low, high] = [split.scale(preAllocatedVUs), split.scale(maxVUs)];
  return `maxVUs: ${low === high ? low : `${low}-${high}`}`;
}
