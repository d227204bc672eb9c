import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeBehaviour, seededRandom, type BehaviourOptions } from '../../src/target/behaviour.ts';

const steady: BehaviourOptions = {
  latencyMs: 10,
  latencySigma: 0,
  errorRate: 0,
  concurrency: 0,
  slowStartSeconds: 0,
  seed: 1,
};

describe('behaviour', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  const serveMany = async (
    options: Partial<BehaviourOptions>,
    n: number,
  ): Promise<{ order: number[]; times: number[] }> => {
    const behaviour = makeBehaviour({ ...steady, ...options });
    const start = performance.now();
    const order: number[] = [];
    const times: number[] = [];
    const all = Array.from({ length: n }, (_, i) =>
      behaviour.serve().then(() => {
        order.push(i);
        times.push(performance.now() - start);
      }),
    );
    await vi.runAllTimersAsync();
    await Promise.all(all);
    return { order, times };
  };

  it('serves at once without a limit', async () => {
    const { times } = await serveMany({}, 50);
    expect(Math.max(...times)).toBe(10);
  });

  it('serves k at a time, the others in the order of their arrival: k/s is its capacity', async () => {
    const { order, times } = await serveMany({ concurrency: 4 }, 40);
    expect(order).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect(Math.max(...times)).toBe(100);
  });

  it('keeps order and capacity through a long queue', async () => {
    const { order, times } = await serveMany({ concurrency: 10, latencyMs: 1 }, 5000);
    expect(order).toEqual(Array.from({ length: 5000 }, (_, i) => i));
    expect(Math.max(...times)).toBe(500);
  });

  it('is five times as slow right after the start, and normal when it is warm', async () => {
    const behaviour = makeBehaviour({ ...steady, slowStartSeconds: 10 });
    const timed = async (): Promise<number> => {
      const start = performance.now();
      const served = behaviour.serve();
      await vi.runAllTimersAsync();
      await served;
      return performance.now() - start;
    };
    expect(await timed()).toBe(50);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await timed()).toBe(10);
  });

  it('has the median service time it was told, lognormally spread', async () => {
    const { times } = await serveMany({ latencyMs: 200, latencySigma: 0.5, seed: 3 }, 2000);
    times.sort((a, b) => a - b);
    expect(times[1000]! / 200).toBeCloseTo(1, 1);
    expect(times[1900]! / (200 * Math.exp(0.5 * 1.645))).toBeCloseTo(1, 1);
  });
});

it('draws the same numbers for the same seed', () => {
  const draw = (seed: number): number[] => Array.from({ length: 5 }, seededRandom(seed));
  expect(draw(42)).toEqual(draw(42));
  expect(draw(42)).not.toEqual(draw(43));
  expect(draw(42).every((value) => value >= 0 && value < 1)).toBe(true);
});
