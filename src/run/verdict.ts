/** PASS, FAIL or INVALID: what a run says, and whether it may say anything at all. */
import type { RunRecord, RunVerdict } from '../results/record.ts';

/** Beyond these the generator, not the target, shaped the result. */
const limits = { lagP99Ms: 50, cpu: 0.9, droppedShare: 0.01, lateShare: 0.1, achievedShare: 0.9 };

/** Rates of shorter loads say little: one iteration more or less is a lot of them. */
const shortestRatedSeconds = 5;

type Judged = Pick<
  RunRecord,
  'durationSeconds' | 'exitCode' | 'generator' | 'interrupted' | 'iterations' | 'target' | 'thresholds' | 'total'
>;

/** Exit codes of a run that was carried out to its end. */
const complete = [0, 99, 110];
/** Those of a run that we, or somebody else, put an end to. */
const endedFromOutside = [6, 130, 137, 143];

export function judge(run: Judged): RunVerdict {
  const failures = failureReasons(run);
  const invalid = invalidReasons(run, failures.length > 0);
  if (invalid.length > 0) return { state: 'INVALID', reasons: invalid };
  return { state: failures.length === 0 ? 'PASS' : 'FAIL', reasons: failures };
}

function failureReasons({ thresholds, exitCode }: Judged): string[] {
  const crossed = thresholds.filter(({ ok }) => !ok).map(({ metric, expression }) => `${metric}: ${expression}`);
  if (crossed.length > 0) return crossed.map((name) => `threshold crossed: ${name}`);
  if (exitCode === 99) return ['thresholds crossed'];
  return exitCode === 110 ? ['the script marked the run as failed'] : [];
}

function invalidReasons({ generator, ...run }: Judged, failed: boolean): string[] {
  const reasons: string[] = [];
  if (run.interrupted) reasons.push('the run was interrupted');
  const told = run.interrupted && endedFromOutside.includes(run.exitCode);
  if (!told && !complete.includes(run.exitCode)) reasons.push(`the engine ended with exit code ${run.exitCode}`);
  if (run.total.requests === 0) reasons.push('no request was made');
  if (run.target.restarted === true) reasons.push('the target restarted during the run');
  const { distortions, droppedIterations } = generator;
  const limit = generatorLimit(generator, run.iterations);
  if (limit !== undefined) reasons.push(limit);
  if (distortions !== null && distortions > 0) reasons.push(`${distortions} blocking calls held up other users`);
  const planned = run.iterations + droppedIterations;
  // A target that is too slow exhausts the users, too: then its thresholds have the word.
  if (!failed && droppedIterations > limits.droppedShare * planned) {
    reasons.push(`${droppedIterations} of ${planned} iterations were dropped: too few users for the rate (--vus)`);
  }
  reasons.push(...fewRequests(run), ...(failed ? [] : missedRate(run.durationSeconds, generator)));
  return reasons;
}

/**
 * A percentile needs a request beyond it: p95 twenty requests, p99 a hundred. The lowest one that is asked for decides;
 * of the higher ones the largest value stands in, which is on the safe side.
 */
function fewRequests({ thresholds, total }: Pick<Judged, 'thresholds' | 'total'>): string[] {
  const percentiles = thresholds
    .filter(({ metric }) => metric === 'http_req_duration')
    .flatMap(({ expression }) => /p\((\d+(?:\.\d+)?)\)/.exec(expression)?.[1] ?? [])
    .map(Number);
  if (percentiles.length === 0 || total.requests === 0) return [];
  const lowest = Math.min(...percentiles);
  const needed = Math.ceil(100 / Math.max(0.001, 100 - lowest));
  return total.requests < needed ? [`${total.requests} requests are too few for p${lowest}: it takes ${needed}`] : [];
}

/** Why the generator, not the target, shaped the result; undefined when it did not. */
export function generatorLimit(
  { eventLoopLagP99, cpu, lateIterations }: Judged['generator'],
  iterations: number,
): string | undefined {
  const reasons: string[] = [];
  if (eventLoopLagP99 !== null && eventLoopLagP99 > limits.lagP99Ms) {
    reasons.push(`the generator was late: event-loop lag p99 ${eventLoopLagP99.toFixed(0)} ms`);
  }
  if (cpu !== null && cpu > limits.cpu) reasons.push(`the generator was busy: ${(cpu * 100).toFixed(0)} % CPU`);
  if (lateIterations !== null && lateIterations > Math.max(20, limits.lateShare * iterations)) {
    reasons.push(`${lateIterations} of ${iterations} iterations began late: the generator fell behind`);
  }
  return reasons.length === 0 ? undefined : reasons.join('; ');
}

/** Too slow a target shows in its thresholds or in dropped iterations; what is left is the generator. */
function missedRate(seconds: number, generator: Judged['generator']): string[] {
  const { plannedRate, achievedRate } = generator;
  const reasons: string[] = [];
  if (plannedRate !== null && achievedRate !== null && seconds >= shortestRatedSeconds) {
    if (achievedRate < limits.achievedShare * plannedRate) {
      reasons.push(`the planned rate was missed: ${achievedRate.toFixed(1)} of ${plannedRate.toFixed(1)} iterations/s`);
    }
  }
  return reasons;
}
