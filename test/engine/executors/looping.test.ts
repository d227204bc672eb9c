import { describe, expect, it } from 'vitest';
import { base, runInVirtualTime } from './virtual-time.ts';

const count = (iterations: readonly { readonly outcome: string }[], outcome: string): number =>
  iterations.filter((iteration) => iteration.outcome === outcome).length;

describe('shared-iterations', () => {
  const scenario = { ...base, executor: 'shared-iterations', vus: 3, iterations: 10, maxDuration: 60_000 } as const;

  it('runs exactly its iterations, a faster VU more of them', async () => {
    let calls = 0;
    const { iterations, took } = await runInVirtualTime(scenario, { takes: () => (calls++ % 3 === 0 ? 300 : 50) });
    expect(iterations).toHaveLength(10);
    expect(took).toBeLessThan(60_000);
  });

  it('stops beginning at maxDuration and interrupts after the graceful stop', async () => {
    const { iterations, took } = await runInVirtualTime(
      { ...scenario, maxDuration: 1000, gracefulStop: 500 },
      { takes: () => 700 },
    );
    expect(count(iterations, 'done')).toBe(6);
    expect(took).toBe(1400);
    const cut = await runInVirtualTime({ ...scenario, maxDuration: 1000, gracefulStop: 200 }, { takes: () => 700 });
    expect(count(cut.iterations, 'interrupted')).toBe(3);
    expect(cut.took).toBe(1200);
  });
});

describe('per-vu-iterations', () => {
  it('gives every VU the same number', async () => {
    const { iterations } = await runInVirtualTime({
      ...base,
      executor: 'per-vu-iterations',
      vus: 4,
      iterations: 5,
      maxDuration: 60_000,
    });
    for (const vu of [1, 2, 3, 4]) expect(iterations.filter((iteration) => iteration.vu === vu)).toHaveLength(5);
  });
});

describe('constant-vus', () => {
  const scenario = { ...base, executor: 'constant-vus', vus: 2, duration: 1000 } as const;

  it('loops for the duration and lets the last iterations finish', async () => {
    const { iterations, took, peak } = await runInVirtualTime(scenario, { takes: () => 400 });
    expect(iterations.map(({ begin }) => begin)).toEqual([0, 0, 400, 400, 800, 800]);
    expect(took).toBe(1200);
    expect(peak).toBe(2);
  });

  it('interrupts at once without a graceful stop', async () => {
    const { iterations, took } = await runInVirtualTime({ ...scenario, gracefulStop: 0 }, { takes: () => 400 });
    expect(count(iterations, 'interrupted')).toBe(2);
    expect(took).toBe(1000);
  });

  it('ends at once when the test is stopped', async () => {
    const { iterations, took } = await runInVirtualTime(scenario, {
      takes: () => 400,
      during: (clock, stop) => void clock.at(1500, () => stop('abort')),
    });
    expect(took).toBe(500);
    expect(count(iterations, 'interrupted')).toBe(2);
  });

  it('is not starved by iterations that never wait', async () => {
    const { iterations, took } = await runInVirtualTime(
      { ...scenario, duration: 1 + 1000 },
      { takes: () => 0, turnTakes: 0.01 },
    );
    expect(iterations.length).toBeGreaterThan(1000);
    expect(took).toBeLessThan(1100);
  });
});

describe('on a busy thread, whose timers come late,', () => {
  const looping = [
    { ...base, executor: 'constant-vus', vus: 1, duration: 1000 },
    { ...base, executor: 'ramping-vus', startVUs: 1, stages: [{ duration: 1000, target: 1 }], gracefulRampDown: 0 },
    { ...base, executor: 'shared-iterations', vus: 1, iterations: 100, maxDuration: 1000 },
    { ...base, executor: 'per-vu-iterations', vus: 1, iterations: 100, maxDuration: 1000 },
  ] as const;

  it.each(looping)('no iteration of $executor begins after the end', async (scenario) => {
    const { iterations, took } = await runInVirtualTime(scenario, {
      takes: () => 300,
      // The iteration that ends at 900 is heard of at 1050, and before the end is.
      during: (clock) => void clock.at(clock.now() + 850, () => clock.stall(200)),
    });
    expect(iterations.map(({ begin }) => begin)).toEqual([0, 300, 600]);
    expect(took).toBe(1050);
  });
});

describe('ramping-vus', () => {
  const scenario = {
    ...base,
    executor: 'ramping-vus',
    startVUs: 0,
    stages: [
      { duration: 500, target: 3 },
      { duration: 1000, target: 3 },
      { duration: 500, target: 0 },
    ],
    gracefulRampDown: 30_000,
  } as const;

  it('adds VUs at their share of the stage and takes them away again', async () => {
    const { iterations, peak, took } = await runInVirtualTime(scenario, { takes: () => 100 });
    const firstBegin = (vu: number) => Math.min(...iterations.filter((i) => i.vu === vu).map(({ begin }) => begin));
    expect(firstBegin(1)).toBeCloseTo(500 / 3);
    expect(firstBegin(2)).toBeCloseTo(1000 / 3);
    expect(firstBegin(3)).toBeCloseTo(500);
    expect(peak).toBe(3);
    expect(took).toBeLessThan(2100);
    expect(iterations.every(({ outcome }) => outcome === 'done')).toBe(true);
  });

  it('jumps in a stage without length', async () => {
    const { iterations, peak } = await runInVirtualTime({
      ...scenario,
      startVUs: 1,
      stages: [
        { duration: 600, target: 1 },
        { duration: 0, target: 4 },
        { duration: 800, target: 4 },
      ],
    });
    expect(peak).toBe(4);
    expect(iterations.filter(({ begin }) => begin < 600).every(({ vu }) => vu === 1)).toBe(true);
  });

  it('interrupts a VU whose ramp-down grace is over, and only that one', async () => {
    const { iterations } = await runInVirtualTime(
      {
        ...scenario,
        startVUs: 2,
        stages: [
          { duration: 100, target: 1 },
          { duration: 900, target: 1 },
        ],
        gracefulRampDown: 300,
      },
      { takes: () => 800 },
    );
    expect(iterations.filter(({ outcome }) => outcome === 'interrupted')).toEqual([
      expect.objectContaining({ vu: 2, end: 400 }),
    ]);
  });

  it.each([0, 50])('gives the VU of the last step its ramp-down grace of %d ms as well', async (gracefulRampDown) => {
    const { iterations } = await runInVirtualTime(
      { ...scenario, startVUs: 3, stages: [{ duration: 900, target: 0 }], gracefulRampDown },
      { takes: () => 5000 },
    );
    const ends = iterations.map(({ vu, end, outcome }) => ({ vu, end: Math.round(end), outcome }));
    expect(ends).toEqual([
      { vu: 3, end: 300 + gracefulRampDown, outcome: 'interrupted' },
      { vu: 2, end: 600 + gracefulRampDown, outcome: 'interrupted' },
      { vu: 1, end: 900 + gracefulRampDown, outcome: 'interrupted' },
    ]);
  });

  it('takes a VU back that is wanted again before its grace is over', async () => {
    const { vusMade, iterations } = await runInVirtualTime(
      {
        ...scenario,
        startVUs: 2,
        stages: [
          { duration: 100, target: 1 },
          { duration: 100, target: 2 },
          { duration: 1000, target: 2 },
        ],
      },
      { takes: () => 500 },
    );
    expect(vusMade).toBe(2);
    expect(iterations.filter(({ vu }) => vu === 2).map(({ begin }) => begin)).toEqual([0, 500, 1000]);
  });
});
