import { EngineError, ExitCode } from '../contracts/errors.ts';
import type { Executor } from './types.ts';

/** Controlled over the REST API of k6, which can change the number of VUs; refused, because this engine's cannot. */
export const externallyControlled: Executor<'externally-controlled'> = {
  duration: (scenario) => scenario.duration,
  needs: ({ duration, maxVUs }, split) => [
    { at: 0, planned: split.scale(maxVUs), unplanned: 0 },
    { at: duration, planned: 0, unplanned: 0 },
  ],
  describe: ({ maxVUs }, split) => `Externally controlled execution with up to ${split.scale(maxVUs)} VUs (`,
  start(scenario) {
    throw new EngineError(
      `scenario ${scenario.name}: the externally-controlled executor is not supported; use ramping-vus or constant-vus, or run this script with k6`,
      ExitCode.invalidConfig,
    );
  },
};
