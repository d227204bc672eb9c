import { describe, expect, it } from 'vitest';
import type { VuFactory } from '../../../src/engine/contracts/vu.ts';
import { RunCounters } from '../../../src/engine/execution/counters.ts';
import { SegmentRun } from '../../../src/engine/execution/segment-run.ts';
import { makeSplit } from '../../../src/engine/executors/segment.ts';
import { consolidate } from '../../../src/engine/options/consolidate.ts';
import { layerFromJson } from '../../../src/engine/options/layers.ts';
import { TimedVu, VirtualClock } from '../executors/virtual-time.ts';

/** Runs a script with these options whose iterations take 50 ms, in virtual time. */
async function runFor(script: object, during?: (clock: VirtualClock, run: SegmentRun) => void) {
  const clock = new VirtualClock();
  const startAt = clock.now();
  const begins: number[] = [];
  const takes = (): number => {
    begins.push(clock.now() - startAt);
    return 50;
  };
  const factory: VuFactory = {
    exports: new Set(['default']),
    options: script,
    metrics: [],
    strategy: { mode: 'fast', reasons: [] },
    configure: () => undefined,
    setSetupData: () => undefined,
    create: (id) => Promise.resolve(new TimedVu(id, clock, takes)),
    stage: () => Promise.reject(new Error('it has none')),
    distortions: () => 0,
    dispose: () => Promise.resolve(),
  };
  const counters = RunCounters.forScenarios(1);
  const { options } = consolidate([['script', layerFromJson(script).layer]], factory.exports);
  const run = new SegmentRun({
    factory,
    options,
    clock,
    counters,
    instance: makeSplit(),
    split: makeSplit(),
    onDropped: () => undefined,
    log: () => undefined,
  });
  await run.init();
  during?.(clock, run);
  await clock.until(run.run(startAt));
  const completed = counters.get('iterationsCompleted');
  return { begins, completed, took: clock.now() - startAt };
}

describe('minIterationDuration', () => {
  const loop = { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '500ms' };
  const rate = {
    executor: 'constant-arrival-rate',
    rate: 1,
    duration: '1s',
    preAllocatedVUs: 1,
    gracefulStop: '500ms',
  };

  it('is the least time from one begin to the next', async () => {
    const { begins, took } = await runFor({ minIterationDuration: '200ms', scenarios: { loop } });
    expect(begins).toEqual([0, 200, 400, 600, 800]);
    expect(took).toBe(1000);
  });

  it('holds nothing up that takes longer', async () => {
    const { begins } = await runFor({ minIterationDuration: '50ms', scenarios: { loop } });
    expect(begins).toHaveLength(20);
  });

  it.each([
    ['looping VUs', loop],
    ['a rate', rate],
  ])('of %s ends with the graceful stop and with the run; the iteration is complete', async (_, scenario) => {
    const script = { minIterationDuration: '1m', scenarios: { scenario } };
    expect(await runFor(script)).toEqual({ begins: [0], completed: 1, took: 1500 });
    const stopped = await runFor(script, (clock, run) => {
      clock.at(clock.now() + 300, () => run.stop('aborted'));
    });
    expect(stopped).toEqual({ begins: [0], completed: 1, took: 300 });
  });
});
