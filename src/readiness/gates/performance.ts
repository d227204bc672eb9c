/** Performance: what the newest valid run of the environment proves, and no more than it proves. */
import type { RunRecord } from '../../results/record.ts';
import { ageInDays, judge, notChecked, type Gate, type GateContext, type Outcome } from './model.ts';

const maxDays = 7;
const leastRate = 100;
const verify = 'gravl-load report --list && gravl-load report latest --format markdown';

/** A gate on the newest run. */
function ofNewest(judgeRun: (run: RunRecord, context: GateContext) => Outcome): Gate['check'] {
  return (context) => {
    const [run] = context.runs;
    if (run === undefined)
      return notChecked(
        `there is no valid run of ${context.environment} (gravl-load run --env ${context.environment})`,
      );
    return { ...judgeRun(run, context), observedAt: new Date(run.endedAt) };
  };
}

const quantile = (name: 'p95' | 'p99', limit: number): Gate => ({
  id: `latency-${name}`,
  area: 'performance',
  title: `${name} is below ${limit} ms`,
  verify,
  fix: 'Find the endpoint in the report, and make it faster; then run again.',
  check: ofNewest((run) => {
    const value = run.total.duration?.[name];
    if (value === undefined) return notChecked(`${run.id} has no durations`);
    const findings = value < limit ? [] : [{ message: `${name} is ${value.toFixed(1)} ms` }];
    return judge(findings, `${run.id}: ${value.toFixed(1)} ms over ${run.total.requests} requests`);
  }),
});

export const performanceGates: readonly Gate[] = [
  quantile('p95', 200),
  quantile('p99', 500),
  {
    id: 'errors',
    area: 'performance',
    title: 'less than 0.1 % of the requests fail',
    verify,
    fix: 'The report names the errors and samples of the failing requests.',
    check: ofNewest((run) => {
      const { failed, requests } = run.total;
      // With fewer requests even none failing says nothing about one in a thousand.
      if (failed === 0 && requests < 1000)
        return notChecked(`${run.id} made ${requests} requests; 0.1 % needs 1000 at least`);
      const share = requests === 0 ? 1 : failed / requests;
      const findings = share < 0.001 ? [] : [{ message: `${failed} of ${requests} requests failed` }];
      return judge(findings, `${run.id}: ${failed} of ${requests} failed`);
    }),
  },
  {
    id: 'throughput',
    area: 'performance',
    title: `more than ${leastRate} requests a second are served`,
    verify,
    fix: 'gravl-load run --profile stress (or capacity) on this environment.',
    check({ runs, environment, now }) {
      const recent = runs.filter(({ endedAt }) => ageInDays(new Date(endedAt), now) <= maxDays);
      // A run that asked for less cannot show more: it neither proves nor disproves.
      const enough = recent.find(
        ({ total, generator }) => total.rate > leastRate || (generator.plannedRate ?? 0) > leastRate,
      );
      if (enough === undefined) {
        return notChecked(
          `no run of ${environment} in the last ${maxDays} days asked for more than ${leastRate} requests a second`,
        );
      }
      const { rate, failed, requests } = enough.total;
      // A refusal is quickly answered: only what succeeded was served.
      const served = requests === 0 ? 0 : (rate * (requests - failed)) / requests;
      const text = `${served.toFixed(1)} requests a second were served`;
      return {
        ...judge(served > leastRate ? [] : [{ message: text }], `${enough.id}: ${text}`),
        observedAt: new Date(enough.endedAt),
      };
    },
  },
  {
    id: 'run-fresh',
    area: 'performance',
    title: `the newest run is not older than ${maxDays} days`,
    verify,
    fix: 'Run again: gravl-load run --env staging',
    check: ofNewest((run, { now }) => {
      const days = ageInDays(new Date(run.endedAt), now);
      return judge(
        days <= maxDays ? [] : [{ message: `${run.id} is ${Math.floor(days)} days old` }],
        `${run.id}: ${run.endedAt}`,
      );
    }),
  },
  {
    id: 'no-regression',
    area: 'performance',
    title: 'the newest run passed: no threshold crossed, no regression',
    verify,
    fix: 'Look at what changed since the baseline; accept it with gravl-load baseline save only when it is meant.',
    check: ofNewest((run) => {
      const findings =
        run.exitCode === 0
          ? []
          : [{ message: `${run.id} ended with exit code ${run.exitCode}: ${run.verdict.reasons.join('; ')}` }];
      return judge(findings, `${run.id}: ${run.verdict.state}, exit code ${run.exitCode}`);
    }),
  },
];
