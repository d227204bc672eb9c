/** What the script is told, out of the plan. */
import type { Plan } from '../config/plan.ts';
import { scriptOptions, type ScriptPlan } from '../suite/script-plan.ts';

export function scriptPlanOf(
  plan: Plan,
  apiUrl: string,
  metricsUrl: string | null,
  scenarios: readonly string[],
): ScriptPlan {
  return {
    apiUrl,
    metricsUrl,
    scenarios,
    thinkSeconds: plan.thinkSeconds,
    options: scriptOptions({
      profile: plan.profile,
      load: plan.load,
      abortOnFail: plan.abortOnFail,
      environment: plan.env,
      scenarios,
      thresholds: plan.thresholds,
      tags: plan.tags,
      maxRps: plan.caps.maxRps,
      forbidden: plan.reach.never,
    }),
    allowHostnames: plan.reach.only,
    summaryFile: null,
  };
}
