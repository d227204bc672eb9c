import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadlines, Expiring } from '../../../src/engine/http/deadlines.ts';

describe('Deadlines', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  class Owner extends Expiring {
    readonly expire: () => void;
    constructor(expire: () => void) {
      super();
      this.expire = expire;
    }
  }
  const owner = (name: string, expired: string[]): Expiring => new Owner(() => expired.push(name));

  it('expire in time, those cleared never', () => {
    const now = () => Date.now();
    const deadlines = new Deadlines(now);
    const expired: string[] = [];
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => owner(name, expired)) as [
      Expiring,
      Expiring,
      Expiring,
      Expiring,
    ];
    deadlines.set(a, 100, now());
    deadlines.set(c, 30, now());
    vi.advanceTimersByTime(20);
    deadlines.set(b, 100, now());
    deadlines.set(d, 100, now());
    deadlines.clear(b);
    vi.advanceTimersByTime(10);
    expect(expired).toEqual(['c']);
    vi.advanceTimersByTime(70);
    expect(expired).toEqual(['c', 'a']);
    vi.advanceTimersByTime(20);
    expect(expired).toEqual(['c', 'a', 'd']);
    vi.advanceTimersByTime(1000);
    expect(expired).toHaveLength(3);
  });

  it('may be set again while expiring', () => {
    const now = () => Date.now();
    const deadlines = new Deadlines(now);
    let times = 0;
    const again: Expiring = new Owner(() => {
      if (++times < 3) deadlines.set(again, 10, now());
    });
    deadlines.set(again, 10, now());
    vi.advanceTimersByTime(100);
    expect(times).toBe(3);
  });

  it('cost one timer however many there are', () => {
    const deadlines = new Deadlines(() => Date.now());
    const owners = Array.from({ length: 100 }, () => owner('x', []));
    for (const each of owners) deadlines.set(each, 50, Date.now());
    expect(vi.getTimerCount()).toBe(1);
    for (const each of owners) deadlines.clear(each);
    vi.advanceTimersByTime(50);
    expect(vi.getTimerCount()).toBe(0);
  });
});
