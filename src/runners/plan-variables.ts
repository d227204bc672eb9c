/** Variables by which an engine is told the plan, and those that it must not be told. */
import type { ScriptPlan } from '../suite/script-plan.ts';

/** The plan for the script, and the hosts that the embedded engine keeps to; other engines do not know that option. */
export function planVariables(plan: ScriptPlan): Record<string, string> {
  return {
    GRAVL_LOAD_PLAN: JSON.stringify(plan),
    ...(plan.allowHostnames.length === 0 ? {} : { GRAVL_K6_ALLOW_HOSTNAMES: plan.allowHostnames.join(',') }),
  };
}

/**
 * Options that k6 takes from variables over the script's: they would change the load behind the plan's back, lift its
 * limits, or take away what the record is made of.
 */
const planned = new Set([
  'K6_VUS',
  'K6_DURATION',
  'K6_ITERATIONS',
  'K6_STAGES',
  'K6_RPS',
  'K6_EXECUTION_SEGMENT',
  'K6_EXECUTION_SEGMENT_SEQUENCE',
  'K6_PAUSED',
  'K6_BLACKLIST_IPS',
  'K6_BLOCK_HOSTNAMES',
  'GRAVL_K6_ALLOW_HOSTNAMES',
  'K6_NO_THRESHOLDS',
  'K6_NO_SUMMARY',
  'K6_SUMMARY_MODE',
  'K6_SUMMARY_TREND_STATS',
  'K6_SUMMARY_TIME_UNIT',
  'K6_SYSTEM_TAGS',
]);

/** The environment of an engine, without what the plan has the say of; the names of what was left out. */
export function engineEnvironment(env: NodeJS.ProcessEnv): { env: NodeJS.ProcessEnv; leftOut: string[] } {
  const leftOut = Object.keys(env).filter((name) => planned.has(name));
  return { env: Object.fromEntries(Object.entries(env).filter(([name]) => !planned.has(name))), leftOut };
}
