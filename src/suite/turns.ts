/** How several scenarios share one script: turn by turn, so that one user still meets them all. */
import exec from 'k6/execution';
import { plan } from './client.ts';
import { authorised } from './request.ts';

/**
 * The default function of a script that holds scenarios: those of the plan take turns, iteration by iteration.
 * @throws Error when the plan names one that is not there
 */
export function takeTurns(scenarios: Readonly<Record<string, () => void>>): () => void | Promise<void> {
  const chosen = wanted(Object.keys(scenarios)).map((name) => {
    const scenario = scenarios[name];
    if (scenario === undefined) throw new Error(`the script does not list the scenario "${name}"`);
    return scenario;
  });
  return authorised(() => chosen[exec.scenario.iterationInTest % chosen.length]?.());
}

/** A script on its own was given no names: then the profile's, or, in a project with other scenarios, all. */
function wanted(here: readonly string[]): readonly string[] {
  const given = __ENV['GRAVL_LOAD_PLAN'] ?? __ENV['GRAVL_SCENARIOS'];
  return given !== undefined || plan.scenarios.every((name) => here.includes(name)) ? plan.scenarios : here;
}
