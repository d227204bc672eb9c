import { formatDuration } from '../options/duration.ts';
import { startLoops } from './loop-group.ts';
import type { Executor } from './types.ts';

/** Each VU runs the same number of iterations. */
export const perVuIterations: Executor<'per-vu-iterations'> = {
  duration: (scenario) => scenario.maxDuration,
  needs: ({ vus, maxDuration, gracefulStop }, split) => [
    { at: 0, planned: split.scale(vus), unplanned: 0 },
    { at: maxDuration + gracefulStop, planned: 0, unplanned: 0 },
  ],
  describe: ({ vus, iterations, maxDuration }, split) =>
    `${iterations} iterations for each of ${split.scale(vus)} VUs (maxDuration: ${formatDuration(maxDuration)}`,
  start({ vus, iterations, maxDuration, gracefulStop }, host) {
    const ours = host.split.scale(vus);
    return startLoops(
      {
        vus: ours,
        duration: maxDuration,
        gracefulStop,
        iterations,
        progress: (_, begun) => begun / Math.max(1, ours * iterations),
      },
      host,
    );
  },
};
