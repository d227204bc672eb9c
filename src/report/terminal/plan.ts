/** The one line before a run, and the whole plan of a dry run. */
import type { Plan } from '../../config/plan.ts';
import { describeLoad } from '../../suite/load.ts';
import { redactUrl } from '../../config/redact.ts';
import pc from 'picocolors';

export interface PlanLine {
  readonly plan: Plan;
  readonly url: string;
  readonly engine: string;
  readonly scenarios: readonly string[];
}

/** `baseline on local: 10 users for 30s · health, exercises · http://… · embedded 0.1.0` */
export function renderPlanLine({ plan, url, engine, scenarios }: PlanLine): string {
  const target = plan.target.baseUrl === null ? 'stand-in target' : redactUrl(url);
  const what = pc.bold(`${plan.profile} on ${plan.env}`);
  return `${what}: ${describeLoad(plan.load)} ${pc.dim('·')} ${scenarios.join(', ')} ${pc.dim('·')} ${target} ${pc.dim('·')} ${engine}`;
}
