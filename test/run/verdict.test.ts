import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/results/record.ts';
import { judge } from '../../src/run/verdict.ts';
import { endpointResult, runRecord } from '../fixtures/record.ts';

const verdict = (changes: Partial<RunRecord>) => judge(runRecord(changes));
const generator = (changes: Partial<RunRecord['generator']>) => ({
  generator: { ...runRecord().generator, ...changes },
});
const crossed = {
  thresholds: [{ metric: 'checks', expression: 'rate>0.99', ok: false, value: 0.5, limit: 0.99, abortOnFail: false }],
  exitCode: 99,
};

describe('the verdict', () => {
  it('is PASS when all held', () => {
    expect(verdict({})).toEqual({ state: 'PASS', reasons: [] });
  });

  it('is FAIL with each threshold that was crossed', () => {
    expect(verdict(crossed)).toEqual({ state: 'FAIL', reasons: ['threshold crossed: checks: rate>0.99'] });
    expect(verdict({ exitCode: 110 }).state).toBe('FAIL');
  });

  it.each([
    ['an interruption', { interrupted: true, exitCode: 130 }, /interrupted/],
    ['an engine that broke', { exitCode: 107 }, /exit code 107/],
    ['no request', { total: endpointResult({ requests: 0, duration: null }) }, /no request/],
    ['a target that restarted', { target: { url: '', version: null, restarted: true } }, /restarted/],
    ['a late generator', generator({ eventLoopLagP99: 80 }), /event-loop lag p99 80 ms/],
    ['a busy generator', generator({ cpu: 0.97 }), /97 % CPU/],
    ['users held up by others', generator({ distortions: 3 }), /3 blocking calls/],
    ['dropped iterations', generator({ droppedIterations: 50 }), /50 of 650 iterations were dropped/],
    ['late iterations', generator({ lateIterations: 90 }), /90 of 600 iterations began late/],
    ['a missed rate', generator({ plannedRate: 100, achievedRate: 80 }), /80\.0 of 100\.0 iterations/],
    ['too few requests', { total: endpointResult({ requests: 19 }) }, /19 requests are too few for p95: it takes 20/],
  ])('is INVALID after %s', (_, changes, reason) => {
    const { state, reasons } = verdict(changes);
    expect(state).toBe('INVALID');
    expect(reasons.join()).toMatch(reason);
  });

  it('lets a short load miss its rate, and twenty requests carry a p95', () => {
    const short = { durationSeconds: 2, ...generator({ plannedRate: 100, achievedRate: 80 }) };
    expect(verdict({ ...short, total: endpointResult({ requests: 20 }) }).state).toBe('PASS');
  });

  it('leaves the word to the thresholds when a slow target exhausted the users', () => {
    expect(verdict({ ...crossed, ...generator({ droppedIterations: 500 }) }).state).toBe('FAIL');
  });

  it('does not hold a crossed threshold against a target that an unhealthy generator measured', () => {
    expect(verdict({ ...crossed, ...generator({ cpu: 1 }) }).state).toBe('INVALID');
  });
});
