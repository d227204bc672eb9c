import { formatDuration } from '../options/duration.ts';
import { startLoops } from './loop-group.ts';
import type { Executor } from './types.ts';

/** A fixed number of VUs loop for a fixed time. */
export const constantVus: Executor<'constant-vus'> = {
  duration: (scenario) => scenario.duration,
  needs: ({ vus, duration, gracefulStop }, split) => [
    { at: 0, planned: split.scale(vus), unplanned: 0 },
    { at: duration + gracefulStop, planned: 0, unplanned: 0 },
  ],
  describe: ({ vus, duration }, split) => `${split.scale(vus)} looping VUs for ${formatDuration(duration)} (`,
  start: ({ vus, duration, gracefulStop }, host) =>
    startLoops(
      {
        vus: host.split.scale(vus),
        duration,
        gracefulStop,
        progress: (elapsed) => elapsed / duration,
      },
      host,
    ),
};
