/** What `gravl-k6 run` shows while a test runs. */
import { describe, expect, it } from 'vitest';
import { createProgress } from '../../../src/engine/cli/progress.ts';
import { describeRun } from '../../../src/engine/execution/describe-run.ts';
import type { LoadedTest } from '../../../src/engine/execution/load-test.ts';
import type { RunStatus } from '../../../src/engine/execution/types.ts';
import { makeSplit } from '../../../src/engine/executors/segment.ts';
import { consolidate } from '../../../src/engine/options/consolidate.ts';
import { layerFromJson } from '../../../src/engine/options/layers.ts';

type Standing = Omit<RunStatus['scenarios'][number], 'name'>;

const NOTHING_YET = {
  phase: 'done',
  stopped: false,
  elapsed: 0,
  vusActive: 0,
  vusInitialized: 0,
  iterationsCompleted: 0,
  iterationsInterrupted: 0,
} as const;

/** The last lines for scenarios that stand so; the order of scenarios is that of start times and names. */
function lines(scenarios: object, standings: readonly Standing[], over: Partial<RunStatus> = {}): string[] {
  const { options } = consolidate([['script', layerFromJson({ scenarios }).layer]], new Set(['default']));
  let text = '';
  const stdout = { isTTY: false, write: (more: string) => (text += more) } as unknown as NodeJS.WriteStream;
  const progress = createProgress({ quiet: false }, { stdout });
  progress.described(describeRun({ label: 's.js', options } as LoadedTest, makeSplit(), '-'));
  text = '';
  progress.closed({
    ...NOTHING_YET,
    elapsed: standings[0]?.elapsed ?? 0,
    vusActive: 2,
    vusInitialized: 20,
    iterationsCompleted: 7,
    iterationsInterrupted: 1,
    scenarios: options.scenarios.map(({ name }, index) => ({ name, ...(standings[index] as Standing) })),
    ...over,
  });
  return text.trim().split('\n');
}

const running = (elapsed: number, vus: number, progress: number): Standing => ({
  state: 'running',
  elapsed,
  vus,
  progress,
});
const done = (elapsed: number): Standing => ({ state: 'done', elapsed, vus: 0, progress: 1 });

describe('progress', () => {
  it('makes room for the summary on a terminal, and stands below it', () => {
    let text = '';
    const stdout = {
      isTTY: true,
      columns: 80,
      write: (more: string) => (text += more),
    } as unknown as NodeJS.WriteStream;
    const progress = createProgress({ quiet: false }, { stdout });
    const status: RunStatus = { ...NOTHING_YET, scenarios: [] };
    progress.described({ script: 's.js', outputs: '-', scenarios: [], maxVUs: 1, maxDuration: 1000 });
    progress.progress(status);
    text = '';
    progress.ended();
    expect(text).toBe('\u001B[1A\r\u001B[J');
    progress.closed(status);
    expect(text).toMatch(/\n\r\u001B\[Krunning \(0\.0s\), 0\/0 VUs, 0 complete and 0 interrupted iterations\n$/);
  });

  it('counts iterations where they are counted, in columns', () => {
    const scenarios = {
      all: { executor: 'shared-iterations', vus: 10, iterations: 100 },
      each: { executor: 'per-vu-iterations', vus: 2, iterations: 4, maxDuration: '30s', gracefulStop: '0s' },
    };
    expect(lines(scenarios, [running(2700, 10, 0.5), done(4260)])).toEqual([
      'running (00m02.7s), 02/20 VUs, 7 complete and 1 interrupted iterations',
      'all    [  50% ] 10 VUs  00m02.7s/10m0s  040/100 shared iters',
      'each ✓ [ 100% ] 2 VUs   04.2s/30s       8/8 iters, 4 per VU',
    ]);
  });

  it('shows what waits, and what ends after its time', () => {
    const scenarios = {
      first: { executor: 'constant-vus', vus: 5, duration: '10s' },
      later: { executor: 'ramping-vus', startTime: '1m10s', stages: [{ duration: '1m', target: 12 }] },
    };
    const waiting: Standing = { state: 'waiting', elapsed: 0, vus: 0, progress: 0 };
    expect(lines(scenarios, [running(11_000, 2, 1), waiting]).slice(1)).toEqual([
      'first ↓ [ 100% ] 5 VUs    10s',
      'later • [   0% ] waiting  0m59.0s',
    ]);
    const over = { stopped: true, elapsed: 73_000 };
    const stopped = { state: 'done', elapsed: 3000, vus: 0, progress: 0.05 } as const;
    expect(lines(scenarios, [done(10_000), stopped], over).slice(1)).toEqual([
      'first ✓ [ 100% ] 5 VUs      10s',
      'later ✗ [   5% ] 00/12 VUs  0m03.0s/1m00.0s',
    ]);
  });

  it('shows rates as they are now', () => {
    const pool = { preAllocatedVUs: 20, maxVUs: 1000 };
    const scenarios = {
      flat: { executor: 'constant-arrival-rate', rate: 90, timeUnit: '1m', duration: '30s', ...pool },
      ramp: { executor: 'ramping-arrival-rate', startRate: 0, stages: [{ duration: '2s', target: 100 }], ...pool },
    };
    expect(lines(scenarios, [done(30_000), running(500, 33, 0.25)]).slice(1)).toEqual([
      'flat ✓ [ 100% ] 0000/0020 VUs  30s      1.50 iters/s',
      'ramp   [  25% ] 0033/0033 VUs  0.5s/2s  025.00 iters/s',
    ]);
  });
});
