/** What makes a scenario file a k6 script: its options and what it does with the summary. */
import type { Options } from 'k6/options';
import { plan } from './client.ts';
import { readScriptPlan } from './script-plan.ts';
import { jUnit, runSummary, textSummary, type SummaryData } from './summary/index.ts';

/** The options of the given plan; of a script run on its own, those of its scenarios (all of the plan's by default). */
export function optionsOf(...scenarios: readonly string[]): Options {
  if (__ENV['GRAVL_LOAD_PLAN'] !== undefined || scenarios.length === 0) return plan.options;
  return readScriptPlan({ ...__ENV, GRAVL_SCENARIOS: scenarios.join(',') }).options;
}

/** The summary data for the run record, or, when nobody asked for it, what k6 would print. */
export function handleSummary(data: SummaryData): Record<string, string> {
  // On a stream it must be a line of its own.
  if (plan.summaryFile === 'stderr') return { stderr: `\n${runSummary(data)}\n` };
  if (plan.summaryFile !== null) return { [plan.summaryFile]: runSummary(data) };
  const junitFile = __ENV['GRAVL_JUNIT'];
  return {
    stdout: textSummary(data, { indent: ' ', enableColors: data.state.isStdOutTTY }),
    ...(junitFile === undefined ? {} : { [junitFile]: jUnit(data) }),
  };
}
