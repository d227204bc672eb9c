import { formatDuration } from '../options/duration.ts';
import { startLoops } from './loop-group.ts';
import type { Executor } from './types.ts';

/** A number of iterations shared by a number of VUs: whoever is free takes the next. */
export const sharedIterations: Executor<'shared-iterations'> = {
  duration: (scenario) => scenario.maxDuration,
  needs: ({ vus, maxDuration, gracefulStop }, split) => [
    { at: 0, planned: split.scale(vus), unplanned: 0 },
    { at: maxDuration + gracefulStop, planned: 0, unplanned: 0 },
  ],
  describe: ({ vus, iterations, maxDuration }, split) =>
    `${split.inProportionTo(vus).scale(iterations)} iterations shared among ${split.scale(vus)} VUs (maxDuration: ${formatDuration(maxDuration)}`,
  start({ vus, iterations, maxDuration, gracefulStop }, host) {
    const ours = Math.max(1, host.split.inProportionTo(vus).scale(iterations));
    return startLoops(
      {
        vus: host.split.scale(vus),
        duration: maxDuration,
        gracefulStop,
        shared: true,
        progress: (_, begun) => begun / ours,
      },
      host,
    );
  },
};
