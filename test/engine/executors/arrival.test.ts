import { describe, expect, it } from 'vitest';
import { makeSplit } from '../../../src/engine/executors/segment.ts';
import { base, runInVirtualTime } from './virtual-time.ts';

const scenario = {
  ...base,
  executor: 'constant-arrival-rate',
  rate: 20,
  timeUnit: 1000,
  duration: 1000,
  preAllocatedVUs: 5,
  maxVUs: 5,
} as const;

describe('constant-arrival-rate', () => {
  it('starts the planned number, each within half a millisecond of its time, without drift', async () => {
    const { iterations, dropped } = await runInVirtualTime(
      { ...scenario, rate: 1000, duration: 5000, preAllocatedVUs: 50, maxVUs: 50 },
      { takes: () => 10 },
    );
    expect(dropped).toBe(0);
    expect(iterations).toHaveLength(5000);
    for (const { begin, intended } of iterations) expect(Math.abs(begin - (intended ?? NaN))).toBeLessThanOrEqual(0.5);
    expect(Math.max(...iterations.map(({ intended }) => intended ?? NaN))).toBe(4999);
  });

  it.each([100, 1000, 1900])(
    'starts each of %d a second at its time, where the clock has a finer grain',
    async (rate) => {
      const { iterations } = await runInVirtualTime(
        { ...scenario, rate, duration: 1000, preAllocatedVUs: 50, maxVUs: 50 },
        { takes: () => 10, grain: 0.1 },
      );
      expect(iterations).toHaveLength(rate);
      for (const { begin, intended } of iterations)
        expect(Math.abs(begin - (intended ?? NaN))).toBeLessThanOrEqual(0.051);
    },
  );

  it('drops iterations when no VU is free, and warns once', async () => {
    const { iterations, dropped, warnings } = await runInVirtualTime(
      { ...scenario, preAllocatedVUs: 1, maxVUs: 1 },
      { takes: () => 450 },
    );
    expect(iterations).toHaveLength(3);
    expect(iterations.length + dropped).toBe(20);
    expect(warnings).toEqual(['Insufficient VUs, reached 1 active VUs and cannot initialize more']);
  });

  it('takes a VU whose answer waits to be read, after a start that was late', async () => {
    const { iterations, dropped } = await runInVirtualTime(
      { ...scenario, rate: 1000, duration: 100, preAllocatedVUs: 10, maxVUs: 10 },
      // The first turn takes longer than ten arrivals are apart.
      { takes: () => 0.1, turnTakes: 12 },
    );
    expect(dropped).toBe(0);
    expect(iterations).toHaveLength(100);
  });

  it('drops and makes nothing after it was stopped', async () => {
    const { dropped, vusMade, took } = await runInVirtualTime(
      { ...scenario, rate: 1, duration: 5000, preAllocatedVUs: 1, maxVUs: 50 },
      {
        takes: () => 1e6,
        turnTakes: 1,
        initTakes: 3000,
        // The second arrival has found no VU free, and waits for its second look.
        during: (clock, stop) => clock.at(1000 + 999.8, () => stop('abort')),
      },
    );
    expect({ dropped, vusMade, took }).toEqual({ dropped: 0, vusMade: 1, took: expect.closeTo(1000, -1) as number });
  });

  it('makes more VUs on the way, up to maxVUs', async () => {
    const { vusMade, dropped, warnings } = await runInVirtualTime(
      { ...scenario, preAllocatedVUs: 1, maxVUs: 4 },
      { takes: () => 190, initTakes: 20 },
    );
    expect(vusMade).toBe(4);
    expect(dropped).toBe(3);
    expect(warnings).toEqual([]);
  });

  it('interrupts what runs on past the graceful stop', async () => {
    const { iterations, took } = await runInVirtualTime(
      { ...scenario, gracefulStop: 100, preAllocatedVUs: 20, maxVUs: 20 },
      { takes: () => 5000 },
    );
    expect(took).toBe(1100);
    expect(iterations.every(({ outcome }) => outcome === 'interrupted')).toBe(true);
  });

  it('is the same timeline when several segments share it', async () => {
    const parts = await Promise.all(
      [0, 1, 2].map((index) =>
        runInVirtualTime(
          { ...scenario, preAllocatedVUs: 7, maxVUs: 7 },
          { takes: () => 1, split: makeSplit([{ weights: [1, 1, 1], index }]) },
        ),
      ),
    );
    const all = parts.flatMap(({ iterations }) => iterations.map(({ intended }) => intended ?? NaN));
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n * 50));
  });
});

describe('ramping-arrival-rate', () => {
  it('starts as many as the area under its stages, denser where the rate is higher', async () => {
    const { iterations } = await runInVirtualTime(
      {
        ...base,
        executor: 'ramping-arrival-rate',
        startRate: 0,
        timeUnit: 1000,
        preAllocatedVUs: 10,
        maxVUs: 10,
        stages: [
          { target: 25, duration: 1000 },
          { target: 10, duration: 900 },
        ],
      },
      { takes: () => 5 },
    );
    expect(iterations).toHaveLength(28);
    const begins = iterations.map(({ begin }) => begin);
    expect(begins.filter((begin) => begin < 500).length).toBe(3);
    expect(begins.filter((begin) => begin >= 500 && begin <= 1000).length).toBe(9);
  });
});
