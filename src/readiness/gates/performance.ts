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

/** What a search of this environment says of the least rate; undefined: nothing. */
function ofCapacity({
  capacity,
  environment,
  now,
}: GateContext): (Outcome & { readonly observedAt: Date }) | undefined {
  if (capacity?.environment !== environment || ageInDays(capacity.at, now) > maxDays) return undefined;
  const { knee, atLeast } = capacity.report;
  if (knee <= leastRate && atLeast) return undefined;
  const text = `${atLeast ? 'at least ' : ''}${knee.toFixed(0)} requests a second were served within the limits`;
  return {
    ...judge(knee > leastRate ? [] : [{ message: text }], `${capacity.id}: ${text}`),
    observedAt: capacity.at,
  };
}

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
    check(context) {
      const { runs, environment, now } = context;
      const recent = runs.filter(({ endedAt }) => ageInDays(new Date(endedAt), now) <= maxDays);
      // A run that asked for less cannot show more: it neither proves nor disproves.
      const enough = recent.find(
        ({ total, generator }) => total.rate > leastRate || (generator.plannedRate ?? 0) > leastRate,
      );
      const searched = ofCapacity(context);
      if (searched !== undefined && (enough === undefined || searched.observedAt > new Date(enough.endedAt))) {
        return searched;
      }
      if (enough === undefined) {
        return notChecked(
          `no run or capacity search of ${environment} in the last ${maxDays} days asked for more than ${leastRate} requests a second`,
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
    id: 'headroom',
    area: 'performance',
    title: 'the measured capacity is above the expected peak',
    verify: 'cat results/capacity/*/*/capacity.md',
    fix: 'gravl-load capacity --env staging --expect PEAK; when it is not enough, add replicas or remove the bottleneck.',
    check({ capacity, now, environment }) {
      if (capacity === undefined) {
        return notChecked(
          `no capacity of ${environment} was measured (gravl-load capacity --env staging --expect PEAK)`,
        );
      }
      const { id, report, at } = capacity;
      const place = capacity.environment === environment ? '' : `, measured on ${capacity.environment}`;
      if (ageInDays(at, now) > maxDays) {
        return { ...notChecked(`${id} is ${Math.floor(ageInDays(at, now))} days old${place}`), observedAt: at };
      }
      const { expected, knee, atLeast } = report;
      const found = `${id}: ${atLeast ? 'at least ' : ''}${knee.toFixed(0)} requests a second${place}`;
      if (expected === null) return { ...notChecked(`${found}; no peak was expected (--expect)`), observedAt: at };
      const text = `${found}, expected ${expected.rate}`;
      if (expected.enough === null) {
        return { ...notChecked(`${text}; the search ended before it came there`), observedAt: at };
      }
      return { ...judge(expected.enough ? [] : [{ message: text }], text), observedAt: at };
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
    check: ofNewest((run, { comparison }) => {
      const state = `${run.id}: ${run.verdict.state}, exit code ${run.exitCode}`;
      if (run.exitCode !== 0) {
        return judge(
          [{ message: `${run.id} ended with exit code ${run.exitCode}: ${run.verdict.reasons.join('; ')}` }],
          state,
        );
      }
      // Exit code 0 also means that there was nothing to compare with.
      const report = comparison?.report;
      if (report == null) {
        const why = comparison?.reasons.join('; ') ?? 'it was made without comparing';
        return notChecked(`${state}; not compared with a baseline: ${why}`);
      }
      if (report.outcome === 'inconclusive') return notChecked(`${state}; the comparison is inconclusive`);
      const runs = `${report.baselineRuns.length} baseline runs${report.weak ? ', which is few' : ''}`;
      return judge(
        report.outcome === 'worse' ? [{ message: `${run.id} is worse than the baseline` }] : [],
        `${state}; ${report.outcome} against ${runs}`,
      );
    }),
  },
];
