/** The one line before a run, and the whole plan of a dry run. */
import type { Plan } from '../../config/plan.ts';
import { describeLoad } from '../../suite/load.ts';
import { redactUrl } from '../../config/redact.ts';
import pc from 'picocolors';
import { visibleLength } from './live/fit.ts';

export interface PlanLine {
  readonly plan: Plan;
  readonly url: string;
  readonly engine: string;
  readonly scenarios: readonly string[];
  /** Counts the runs of one command from 1, where there may be several. */
  readonly run?: number | undefined;
}

/**
 * `baseline on local: 10 users for 30s · health, exercises · http://… · embedded 0.1.0`
 * @param columns width of the terminal, at which it goes on below; undefined where nothing wraps
 */
export function renderPlanLine({ plan, url, engine, scenarios, run }: PlanLine, columns = Infinity): string {
  const target = plan.target.baseUrl === null ? 'stand-in target' : redactUrl(url);
  const { repeat } = plan.comparison;
  const number =
    run === undefined || (run === 1 && repeat === 1) ? '' : `run ${run}${run > repeat ? '' : ` of ${repeat}`}, `;
  const what = pc.bold(`${number}${plan.profile} on ${plan.env}`);
  const parts = [`${what}: ${describeLoad(plan.load)}`, scenarios.join(', '), target, engine];
  return parts.reduce((text, part) => {
    const last = text.slice(text.lastIndexOf('\n') + 1);
    const fits = visibleLength(`${last} · ${part}`) <= columns;
    return fits ? `${text} ${pc.dim('·')} ${part}` : `${text}\n  ${part}`;
  });
}
