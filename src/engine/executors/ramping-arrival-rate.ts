import { formatDuration } from '../options/duration.ts';
import { startArrivals } from './arrival.ts';
import { arrivalNeeds, poolText, rateText } from './arrival-text.ts';
import { arrivalTimes, stagesDuration } from './ramp.ts';
import type { Executor } from './types.ts';

/** Iterations start at a rate that follows stages, whatever the VUs do. */
export const rampingArrivalRate: Executor<'ramping-arrival-rate'> = {
  duration: (scenario) => stagesDuration(scenario.stages),
  needs: (scenario, split) => arrivalNeeds(scenario, stagesDuration(scenario.stages), split),
  describe(scenario, split) {
    const { startRate, stages, timeUnit } = scenario;
    const peak = Math.max(startRate, ...stages.map(({ target }) => target));
    const length = formatDuration(stagesDuration(stages));
    const ours = split.inProportionTo(scenario.maxVUs);
    return `Up to ${rateText(peak, timeUnit, ours)} iterations/s for ${length} over ${stages.length} stages (${poolText(scenario, split)}`;
  },
  start(scenario, host) {
    const ours = host.split.inProportionTo(scenario.maxVUs);
    const times = arrivalTimes(scenario.startRate, scenario.stages, scenario.timeUnit);
    return startArrivals(
      {
        preAllocatedVUs: host.split.scale(scenario.preAllocatedVUs),
        maxVUs: host.split.scale(scenario.maxVUs),
        duration: stagesDuration(scenario.stages),
        gracefulStop: scenario.gracefulStop,
        timeOf: ours.scale(2 ** 40) === 0 ? () => undefined : (n) => times(ours.global(n)),
      },
      host,
    );
  },
};
