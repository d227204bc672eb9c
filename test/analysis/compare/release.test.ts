import { describe, expect, it } from 'vitest';
import { gravlWorld, simulateRun } from '../../../bench/verdict/simulate.ts';
import { comparisonExitCode, compareWithBaseline, type Candidate } from '../../../src/analysis/compare/release.ts';
import type { StoredDigest } from '../../../src/results/baselines.ts';
import type { RunKey } from '../../../src/results/run-key.ts';

const key: RunKey = {
  env: 'staging',
  profile: 'baseline',
  scenarios: ['health'],
  planHash: 'abc',
  engine: 'embedded 0',
  machine: '2x CPU',
};
const calm = { ...gravlWorld, drift: 0.01, windowNoise: 0.01 };
const stored = (seed: number, changes: Partial<RunKey> = {}, latency = 1): StoredDigest => ({
  key: { ...key, ...changes },
  pinned: false,
  suiteVersion: '0.1.0',
  commit: null,
  verdict: 'PASS',
  digest: simulateRun(calm, seed, { latency }),
});
const candidate = (run: StoredDigest): Candidate => ({ stored: run, verdict: { state: 'PASS', reasons: [] } });
const baseline = (runs: StoredDigest[]) => ({ env: 'staging', profile: 'baseline', runs });
const series = [1, 2, 3, 4, 5].map((seed) => stored(seed));

describe('a release against its baseline', () => {
  it('is compared with the runs of the same key', () => {
    const runs = baseline([...series, stored(6, { engine: 'k6 2' })]);
    const comparison = compareWithBaseline(runs, [candidate(stored(9, {}, 1.4))]);
    expect(comparison).toMatchObject({ against: 'staging/baseline', state: 'compared', report: { outcome: 'worse' } });
    expect(comparison.report?.baselineRuns).toHaveLength(5);
    expect(comparison.report?.notes).toEqual(['1 stored run is of another key and left out']);
    expect(comparisonExitCode(comparison, false)).toBe(3);
  });

  it('is not compared with itself', () => {
    const comparison = compareWithBaseline(baseline(series), [candidate(series[0]!)]);
    expect(comparison.report?.baselineRuns).toHaveLength(4);
    expect(compareWithBaseline(baseline([series[0]!]), [candidate(series[0]!)]).state).toBe('no-baseline');
  });

  it('says which part of the key differs, and takes that as inconclusive only with --strict', () => {
    const comparison = compareWithBaseline(baseline(series), [candidate(stored(9, { engine: 'k6 2' }))]);
    expect(comparison).toMatchObject({
      state: 'not-comparable',
      reasons: ['engine differs (embedded 0 vs k6 2)'],
      report: null,
    });
    expect(comparisonExitCode(comparison, false)).toBe(0);
    expect(comparisonExitCode(comparison, true)).toBe(4);
  });

  it('names the scenarios, not the plan that follows from them', () => {
    const other = stored(9, { scenarios: ['health', 'metrics'], planHash: 'def' });
    expect(compareWithBaseline(baseline(series), [candidate(other)]).reasons).toEqual([
      'scenario set differs (health vs health+metrics)',
    ]);
  });

  it('refuses an invalid run with its reason', () => {
    const invalid: Candidate = { stored: stored(9), verdict: { state: 'INVALID', reasons: ['the target restarted'] } };
    const { state, reasons } = compareWithBaseline(baseline(series), [invalid]);
    expect(state).toBe('not-comparable');
    expect(reasons).toEqual(['run-9 is INVALID: the target restarted']);
  });

  it('refuses candidates that differ among themselves', () => {
    const runs = [candidate(stored(9)), candidate(stored(10, { machine: '8x CPU' }))];
    expect(compareWithBaseline(baseline(series), runs).reasons).toEqual([
      'among the candidates, machine differs (2x CPU vs 8x CPU)',
    ]);
  });

  it('refuses runs that had much less of the machine, or much more, than the baseline', () => {
    const sharing = (run: StoredDigest, othersCpu: number | null): StoredDigest => ({
      ...run,
      digest: { ...run.digest, othersCpu },
    });
    const usual = baseline(series.map((run, index) => sharing(run, 0.1 * index)));
    const compared = (runs: ReturnType<typeof baseline>, othersCpu: number | null) =>
      compareWithBaseline(runs, [candidate(sharing(stored(9), othersCpu))]);
    expect(compared(usual, 0.8)).toMatchObject({
      state: 'not-comparable',
      reasons: [
        'other programs used 80 % of this machine (20 % in the baseline): measure again when it is as busy as then',
      ],
    });
    for (const othersCpu of [0, 0.6, null]) expect(compared(usual, othersCpu).state).toBe('compared');
    const busy = baseline(series.map((run) => sharing(run, 0.9)));
    expect(compared(busy, 0.1).state).toBe('not-comparable');
    expect(compared(baseline(series), 0.9).state).toBe('compared');
  });

  it('has nothing to say without a baseline', () => {
    const comparison = compareWithBaseline(undefined, [candidate(stored(9))]);
    expect(comparison).toMatchObject({ state: 'no-baseline', against: 'staging/baseline' });
  });
});
