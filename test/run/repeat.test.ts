import { describe, expect, it } from 'vitest';
import { repeatRuns } from '../../src/run/repeat.ts';
import type { FinishedRun } from '../../src/run/execute.ts';
import type { Outcome } from '../../src/analysis/compare/types.ts';

/** Runs whose comparisons come out like that; how many earlier ones each was given. */
async function row(comparison: { repeat: number; confirm: boolean }, said: readonly (Outcome | 'INVALID')[]) {
  const given: number[] = [];
  const options = { strict: false, minEffect: 0.05, minEffectMs: 1, ...comparison };
  const runs = await repeatRuns({ comparison: options }, (earlier) => {
    const outcome = said[given.push(earlier.length) - 1] ?? 'same';
    const run = {
      record: { interrupted: false, verdict: { state: outcome === 'INVALID' ? 'INVALID' : 'PASS', reasons: [] } },
      candidate: {},
      comparison: outcome === 'INVALID' ? { report: null } : { report: { outcome } },
    };
    return Promise.resolve(run as unknown as FinishedRun);
  });
  expect(runs).toHaveLength(given.length);
  return given;
}

describe('runs in a row', () => {
  it('are as many as asked for, each with the earlier ones', async () => {
    expect(await row({ repeat: 3, confirm: false }, ['worse', 'worse', 'worse'])).toEqual([0, 1, 2]);
  });

  it('end with one that is invalid', async () => {
    expect(await row({ repeat: 3, confirm: false }, ['same', 'INVALID'])).toEqual([0, 1]);
  });

  it('go on until an alarm was seen twice', async () => {
    expect(await row({ repeat: 1, confirm: true }, ['worse', 'worse', 'worse'])).toEqual([0, 1]);
    expect(await row({ repeat: 1, confirm: true }, ['worse', 'inconclusive', 'same'])).toEqual([0, 1, 2]);
  });

  it('go on while the question is open, three times at most', async () => {
    expect(await row({ repeat: 1, confirm: true }, Array<Outcome>(9).fill('inconclusive'))).toEqual([0, 1, 2, 3]);
    expect(await row({ repeat: 2, confirm: true }, ['same', 'same'])).toEqual([0, 1]);
  });
});
