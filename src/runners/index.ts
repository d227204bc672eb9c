/** The engines, by name. */
import type { EngineName, Plan } from '../config/plan.ts';
import { dockerRunner } from './docker.ts';
import { embeddedRunner } from './embedded.ts';
import { findK6, k6Runner } from './k6.ts';
import { operatorRunner } from './operator/index.ts';
import type { Runner } from './types.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const runners: Readonly<Record<EngineName, (plan: Plan, env: Environment) => Runner>> = {
  embedded: embeddedRunner,
  k6: (_, env) => k6Runner(env),
  docker: (plan) => dockerRunner(plan.docker),
  operator: ({ operator, durationMs }) =>
    operatorRunner(
      {
        ...operator,
        // A plan without one only ever prints what it would apply.
        context: operator.context ?? '',
        kubeconfig: operator.kubeconfig ?? undefined,
        secret: operator.secret ?? undefined,
      },
      durationMs,
    ),
};

/** `auto`: a k6 that is here (K6_BIN, PATH), else the embedded engine; docker only when named. */
export function chooseRunner(plan: Plan, env: Environment): Runner {
  const name = plan.engine === 'auto' ? (findK6(env) === undefined ? 'embedded' : 'k6') : plan.engine;
  return runners[name](plan, env);
}

export { renderRun } from './operator/manifests.ts';
export type { RunOutcome } from './types.ts';
