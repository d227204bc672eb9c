import { describe, expect, it } from 'vitest';
import { RateLimiter } from '../../../src/engine/http/rate-limit.ts';

describe('the limit of requests', () => {
  it('lets a burst through, and then one after the other', () => {
    let now = 5000;
    const limiter = new RateLimiter(1, undefined, 3, () => now);
    const wait = (): number => limiter.take();
    expect([wait(), wait(), wait(), wait(), wait()]).toEqual([0, 0, 0, 1000, 2000]);
    now += 2500;
    expect(wait()).toBe(500);
    now += 60_000;
    expect([wait(), wait(), wait(), wait()]).toEqual([0, 0, 0, 1000]);
  });
});
