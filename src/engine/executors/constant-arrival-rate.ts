import { formatDuration } from '../options/duration.ts';
import { startArrivals } from './arrival.ts';
import type { Executor, ScenarioOf } from './types.ts';
import { arrivalNeeds, poolText, rateText } from './arrival-text.ts';

/** Iterations start at a fixed rate, whatever the VUs do. */
export const constantArrivalRate: Executor<'constant-arrival-rate'> = {
  duration: (scenario) => scenario.duration,
  needs: (scenario, split) => arrivalNeeds(scenario, scenario.duration, split),
  describe(scenario, split) {
    const { rate, timeUnit, duration } = scenario;
    const ours = split.inProportionTo(scenario.maxVUs);
    return `${rateText(rate, timeUnit, ours)} iterations/s for ${formatDuration(duration)} (${poolText(scenario, split)}`;
  },
  start(scenario, host) {
    const ours = host.split.inProportionTo(scenario.maxVUs);
    return startArrivals(
      {
        preAllocatedVUs: host.split.scale(scenario.preAllocatedVUs),
        maxVUs: host.split.scale(scenario.maxVUs),
        duration: scenario.duration,
        gracefulStop: scenario.gracefulStop,
        timeOf: ours.scale(2 ** 40) === 0 ? () => undefined : (n) => dueTime(scenario, ours.global(n)),
      },
      host,
    );
  },
};

function dueTime({ rate, timeUnit, duration }: ScenarioOf<'constant-arrival-rate'>, n: number): number | undefined {
  const at = (n * timeUnit) / rate;
  return at < duration ? at : undefined;
}
