/** The script of `gravl-load run`: every scenario; those of the plan take turns, iteration by iteration. */
import exec from 'k6/execution';
import { plan } from '../src/suite/client.ts';
import { optionsOf } from '../src/suite/script.ts';
import exercises from './exercises.ts';
import health from './health.ts';
import journey from './journey.ts';
import metrics from './metrics.ts';

export { handleSummary } from '../src/suite/script.ts';

export const options = optionsOf();

const scenarios: Readonly<Record<string, () => void>> = { exercises, health, journey, metrics };

const chosen = plan.scenarios.map((name) => {
  const scenario = scenarios[name];
  if (scenario === undefined) throw new Error(`scenarios/load.ts does not list the scenario "${name}"`);
  return scenario;
});

export default function load(): void {
  chosen[exec.scenario.iterationInTest % chosen.length]?.();
}
