/** The script of `gravl-load run`: every scenario; those of the plan take turns, iteration by iteration. */
import { optionsOf } from '../src/suite/script.ts';
import { takeTurns } from '../src/suite/turns.ts';
import exercises from './exercises.ts';
import health from './health.ts';
import journey from './journey.ts';
import metrics from './metrics.ts';

export { handleSummary } from '../src/suite/script.ts';

export const options = optionsOf();

export default takeTurns({ exercises, health, journey, metrics });
